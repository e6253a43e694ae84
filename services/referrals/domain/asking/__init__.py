"""The form as people fill it in: its pages and questions as data, and the contract's own rules applied to each."""

from services.referrals.domain.asking.completeness import Wanted, wanted, way_of
from services.referrals.domain.asking.judging import (
    Problem,
    Progress,
    form_of,
    judged,
    on_page,
    placed,
    problems,
    progress,
)
from services.referrals.domain.asking.page import Page
from services.referrals.domain.asking.pages import BY_SLUG, PAGES, applying, following, preceding
from services.referrals.domain.asking.questions import (
    PARTS,
    Answers,
    Option,
    Question,
    parsed,
    said,
    shown,
    value_at,
)

__all__ = [
    "BY_SLUG",
    "PAGES",
    "PARTS",
    "Answers",
    "Option",
    "Page",
    "Problem",
    "Progress",
    "Question",
    "Wanted",
    "applying",
    "following",
    "form_of",
    "judged",
    "on_page",
    "parsed",
    "placed",
    "preceding",
    "problems",
    "progress",
    "said",
    "shown",
    "value_at",
    "wanted",
    "way_of",
]
