"""The HTTP side: an API for programs and pages for people, a module for each of their tasks."""

from fastapi import APIRouter

from chassis.service import Running
from chassis.web import look as shared
from chassis.web import start
from chassis.web.live import Live
from chassis.web.routes import Routes
from chassis.web.start import Task, look_of
from services.referrals.domain.book import Book
from services.referrals.files import HERE
from services.referrals.settings import Settings
from services.referrals.web import api, bulk, did_it_help, directory, queues, refer, rule_pages, school, staff
from services.referrals.web.children import arrivals, contacts, death, pairs, search
from services.referrals.web.children import page as children
from services.referrals.web.desk import Desk
from services.referrals.web.enquiries import answering, asking
from services.referrals.web.referral import family, page_codes, reaching
from services.referrals.web.referral import page as referral
from services.referrals.web.register import by_hand, importing, looking

__all__ = ["OPEN_PATHS", "TASKS", "UPLOADS", "router"]

#: Routes that ask for no token and no sign-in: what they say is for everybody.
OPEN_PATHS = (*shared.OPEN_PATHS, *start.OPEN_PATHS, *directory.OPEN_PATHS)
#: Paths that take files, and limit the body themselves.
UPLOADS = (*refer.UPLOADS, *bulk.UPLOADS, *api.UPLOADS, *importing.UPLOADS)
#: What people find on the start page and in the menu, in this order; each module of pages adds its own.
TASKS: tuple[Task, ...] = (
    *refer.TASKS,
    *bulk.TASKS,
    *search.TASKS,
    *asking.TASKS,
    *answering.TASKS,
    *pairs.TASKS,
    *contacts.TASKS,
    *directory.TASKS,
    *rule_pages.TASKS,
    *did_it_help.TASKS,
    *looking.TASKS,
    *staff.TASKS,
)


def router(running: Running, book: Book, settings: Settings) -> APIRouter:
    """All routes of this service."""
    tasks = (*queues.tasks(running), *school.tasks(running), *family.tasks(running), *TASKS)
    look = look_of(running, HERE / "pages", tasks)
    live = Live(running)
    live.counts(queues.LIVE, queues.counts_of(running))
    live.counts(school.LIVE, school.counts_of(running))
    live.counts(bulk.LIVE, bulk.counts_of(running))
    live.counts(importing.LIVE, importing.counts_of(running))
    routes = Routes()
    routes.include_router(api.router(running, book, settings))
    desk = Desk(running, book, look)
    routes.include_router(start.router(running, look, tasks))
    routes.include_router(directory.router(running, book, look))
    routes.include_router(refer.router(running, book, look, settings))
    routes.include_router(queues.router(desk))
    for beside in (page_codes, reaching):  # before the acts, whose path they would fit
        routes.include_router(beside.router(desk))
    routes.include_router(referral.router(desk))
    routes.include_router(family.router(desk))
    routes.include_router(school.router(desk))
    routes.include_router(arrivals.router(desk, settings.identity_secret.get_secret_value()))
    routes.include_router(staff.router(running, book, look))
    for pages in (bulk, asking, answering, search, children, death, contacts, pairs, rule_pages, did_it_help):
        routes.include_router(pages.router(desk))
    for pages_of_register in (by_hand, importing, looking):
        routes.include_router(pages_of_register.router(desk))
    routes.include_router(live.router())
    return routes
