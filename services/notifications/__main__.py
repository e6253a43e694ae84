"""``python -m services.notifications``: serve, migrate, dead letters, and the messages that wait for a person."""

from chassis.cli import main
from services.notifications.app import build
from services.notifications.held import commands
from services.notifications.settings import Settings

main(build, Settings, commands)
