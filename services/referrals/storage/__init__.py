"""The tables of this service, and the questions that its pages ask of them."""

from typing import Any

from chassis.erasing import ERASURES
from chassis.storage import Column, JsonTable, Lookup
from services.referrals.domain.holding import LEGAL_HOLD
from services.referrals.storage import children, enquiries, register, staff, uploads
from services.referrals.storage import referrals as _referrals
from services.referrals.storage.drafts import DRAFTS, draft, drafts_of
from services.referrals.storage.evidence import (
    FILES,
    belonging,
    claim_to_scan,
    file_of,
    files_of,
    in_hand,
    in_hand_of,
    kept_after,
    referrals_with,
    release_claims,
    some_objects,
    to_delete,
    twin_of,
)
from services.referrals.storage.family_words import FAMILY_WORDS, words_of_family, words_that_wait
from services.referrals.storage.page_codes import PAGE_CODES, page_codes_of
from services.referrals.storage.referrals import (
    REFERRALS,
    Queue,
    Wanted,
    by_id,
    by_reference,
    children_by_old_reference,
    left_by,
    page,
    papers_of,
    persons_of,
    queues,
    waiting_for,
)
from services.referrals.storage.repeats import Alike, EarlierReferrals, alike_of, likely_duplicates, repeated
from services.referrals.storage.tabs import (
    SCHOOL_TABS,
    SORTS,
    TABS,
    Asked,
    Filter,
    Sort,
    Tab,
    counts,
    listed,
    loads,
    to_reach,
)
from services.referrals.storage.waits import Until, keep_waits, waits_of, waits_said

LEGAL_HOLDS = JsonTable(LEGAL_HOLD, "legal_hold", {"held": Column("boolean", lambda hold: hold.held)})
LOOKUPS: tuple[Lookup, ...] = (EarlierReferrals(),)
REPOSITORIES: tuple[JsonTable[Any], ...] = (
    ERASURES,
    LEGAL_HOLDS,
    *_referrals.REPOSITORIES,
    DRAFTS,
    FILES,
    *staff.OWN,
    children.ALIASES,
    enquiries.ENQUIRIES,
    register.HAND_SETTINGS,
    FAMILY_WORDS,
    PAGE_CODES,
)

__all__ = [
    "FAMILY_WORDS",
    "LOOKUPS",
    "PAGE_CODES",
    "REFERRALS",
    "REPOSITORIES",
    "SCHOOL_TABS",
    "SORTS",
    "TABS",
    "Alike",
    "Asked",
    "Filter",
    "Queue",
    "Sort",
    "Tab",
    "Until",
    "Wanted",
    "alike_of",
    "belonging",
    "by_id",
    "by_reference",
    "children",
    "children_by_old_reference",
    "claim_to_scan",
    "counts",
    "draft",
    "drafts_of",
    "enquiries",
    "file_of",
    "files_of",
    "in_hand",
    "in_hand_of",
    "keep_waits",
    "kept_after",
    "left_by",
    "likely_duplicates",
    "listed",
    "loads",
    "page",
    "page_codes_of",
    "papers_of",
    "persons_of",
    "queues",
    "referrals_with",
    "register",
    "release_claims",
    "repeated",
    "some_objects",
    "staff",
    "to_delete",
    "to_reach",
    "twin_of",
    "uploads",
    "waiting_for",
    "waits_of",
    "waits_said",
    "words_of_family",
    "words_that_wait",
]
