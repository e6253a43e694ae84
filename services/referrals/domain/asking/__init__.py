"""The form as people fill it in: its pages and questions as data, and the contract's own rules applied to each."""

from services.referrals.domain.asking.judging import (
    Problem,
    Progress,
    form_of,
    judged,
    on_page,
    problems,
    progress,
)
from services.referrals.domain.asking.page import Page
from services.referrals.domain.asking.pages import BY_SLUG, PAGES, applying, following, preceding
from services.referrals.domain.asking.questions import Answers, Option, Question, parsed, shown, value_at

__all__ = [
    "BY_SLUG",
    "PAGES",
    "Answers",
    "Option",
    "Page",
    "Problem",
    "Progress",
    "Question",
    "applying",
    "following",
    "form_of",
    "judged",
    "on_page",
    "parsed",
    "preceding",
    "problems",
    "progress",
    "shown",
    "value_at",
]
