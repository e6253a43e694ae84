"""The tables of this service, and the questions that its pages ask of them."""

from services.referrals.storage.referrals import (
    REFERRALS,
    REPOSITORIES,
    Queue,
    Wanted,
    by_reference,
    page,
    papers_of,
    queues,
)

__all__ = ["REFERRALS", "REPOSITORIES", "Queue", "Wanted", "by_reference", "page", "papers_of", "queues"]
