"""The tables of this service, and the questions that its pages ask of them."""

from typing import Any

from chassis.storage import JsonTable
from services.referrals.storage import referrals as _referrals
from services.referrals.storage import staff
from services.referrals.storage.drafts import DRAFTS, Alike, draft, drafts_of, likely_duplicates
from services.referrals.storage.evidence import FILES, file_of, files_of, in_hand, to_delete, to_scan
from services.referrals.storage.referrals import (
    REFERRALS,
    Queue,
    Wanted,
    by_reference,
    page,
    papers_of,
    queues,
)

REPOSITORIES: tuple[JsonTable[Any], ...] = (*_referrals.REPOSITORIES, DRAFTS, FILES, *staff.OWN)

__all__ = [
    "REFERRALS",
    "REPOSITORIES",
    "Alike",
    "Queue",
    "Wanted",
    "by_reference",
    "draft",
    "drafts_of",
    "file_of",
    "files_of",
    "in_hand",
    "likely_duplicates",
    "page",
    "papers_of",
    "queues",
    "staff",
    "to_delete",
    "to_scan",
]
