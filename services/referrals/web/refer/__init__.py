"""The referral form: drafts, a page for each question, evidence, check and send."""

from fastapi import APIRouter

from chassis.service import Running
from chassis.web.look import Look
from chassis.web.routes import Routes
from chassis.web.start import Task
from services.referrals.domain.book import Book
from services.referrals.settings import Settings
from services.referrals.vault import Vault
from services.referrals.web.refer import adding, entries, evidence, sending, starting, statutory, steps
from services.referrals.web.refer.desk import STATUTORY, Desk

#: Paths that take files: they are read as they come, and limited there.
UPLOADS = (r"/refer/[^/]+/evidence/[0-9]+", r"/referrals/[^/]+/evidence")
TASKS = (
    Task(
        "Refer a child",
        "/refer",
        "Ask for advice, outreach, an assessment or a placement; go on with a form that is not sent yet.",
        "referral:send",
        menu="Refer",
        count=starting.waiting,
        waiting=("form is not sent yet", "forms are not sent yet"),
    ),
    Task(
        "Enter a statutory referral",
        STATUTORY,
        "A draft plan or an annual review asks a panel for another provision.",
        "statutory:enter",
        menu="Statutory",
        count=statutory.waiting,
        waiting=("form is not sent yet", "forms are not sent yet"),
    ),
)


def router(running: Running, book: Book, look: Look, settings: Settings) -> APIRouter:
    """The routes of the form, those with fixed words before those that take any page's name."""
    vault = Vault.at(settings.evidence_store, running.seals) if settings.evidence_store else None
    desk = Desk(running, book, look, vault, settings.evidence_mb * 1_000_000, bool(settings.clamd))
    routes = Routes()
    for part in (adding, starting, statutory, sending, evidence, entries, steps):
        routes.include_router(part.router(desk))
    return routes
