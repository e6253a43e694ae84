"""A stand-in for GOV.UK Notify, over real HTTP: what it "sent" is the provider's ledger, which no service writes.

For the demo and for tests: nobody receives what it takes.

    with NotifyServer() as notify:
        client = NotificationsAPIClient(KEY, base_url=notify.url)
"""

from deploy.local.notify.account import KEY, TEMPLATES, Account, Kind, Mood, Notification
from deploy.local.notify.receipts import Fate, Receipts
from deploy.local.notify.server import NotifyServer

__all__ = [
    "KEY",
    "TEMPLATES",
    "Account",
    "Fate",
    "Kind",
    "Mood",
    "Notification",
    "NotifyServer",
    "Receipts",
]
