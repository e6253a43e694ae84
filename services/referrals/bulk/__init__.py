"""Lists of referrals: looked through when they are uploaded, kept sealed, and worked off once they are confirmed."""

from services.referrals.bulk.judging import Looked, looked_at, looked_through, opened
from services.referrals.bulk.kinds import KINDS, Context, Listed
from services.referrals.bulk.worker import Worker, busy

__all__ = ["KINDS", "Context", "Listed", "Looked", "Worker", "busy", "looked_at", "looked_through", "opened"]
