"""The three services as they are put together, with the settings of their tests."""

from collections.abc import Callable

from chassis.service import Service
from services.notifications import app as notifications
from services.panels import app as panels
from services.referrals import app as referrals
from tests.notifications.conftest import settings as of_notifications
from tests.panels.conftest import settings as of_panels
from tests.referrals.conftest import settings as of_referrals

BUILT: dict[str, Callable[[], Service]] = {
    "referrals": lambda: referrals.build(of_referrals()),
    "panels": lambda: panels.build(of_panels()),
    "notifications": lambda: notifications.build(of_notifications()),
}
