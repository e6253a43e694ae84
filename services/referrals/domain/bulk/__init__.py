"""Lists that come as files: which columns they have, how their cells are read, and what is wrong with a row."""

from services.referrals.domain.bulk.columns import (
    BadSheet,
    Column,
    Layout,
    RowFault,
    Written,
)
from services.referrals.domain.bulk.referrals import COLUMNS as REFERRAL_COLUMNS
from services.referrals.domain.bulk.referrals import LAYOUT as REFERRALS

__all__ = [
    "REFERRALS",
    "REFERRAL_COLUMNS",
    "BadSheet",
    "Column",
    "Layout",
    "RowFault",
    "Written",
]
