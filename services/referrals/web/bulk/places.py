"""The two kinds of lists as pages have them: where each is uploaded, by whom, and whose list it is then."""

from dataclasses import dataclass

from fastapi import Response

from chassis.storage import Connection
from chassis.web.fields import is_id
from chassis.web.people import Person
from chassis.web.problems import Problem
from chassis.web.start import Task
from services.referrals.bulk import KINDS, Listed
from services.referrals.domain.permissions import Action, reach
from services.referrals.storage import uploads
from services.referrals.storage.uploads import Kind

#: Paths that take files: they are read as they come, and limited here.
UPLOADS = (r"/bulk", r"/open-cases")
TASKS = (
    Task(
        "Refer several children at once",
        "/bulk",
        "Upload a list: a spreadsheet, CSV or JSON lines. You see what is wrong with it before anything is sent.",
        "bulk:upload",
    ),
    Task(
        "Bring in open cases",
        "/open-cases",
        "Upload the list of cases that were open before this service was there. Nobody is told of it.",
        "cases:import",
    ),
)
_UNKNOWN = Problem(404, "list-unknown", "There is no such list among yours: it may have been deleted.")


@dataclass(frozen=True, slots=True)
class Place:
    """Where one kind of list is uploaded, by whom, and how its pages speak of it."""

    kind: Kind
    path: str
    action: Action
    title: str
    done: str

    @property
    def listed(self) -> Listed:
        """What its rows are."""
        return KINDS[self.kind]


REFERRALS = Place(
    "referrals",
    "/bulk",
    "bulk:upload",
    "Refer several children at once",
    "Each row becomes a referral, just as if it was sent by the form.",
)


OPEN_CASES = Place(
    "open-cases",
    "/open-cases",
    "cases:import",
    "Bring in open cases",
    "Each row becomes a referral with its old days and its old reference. Nobody is told of it; later steps are told.",
)
PLACES = (REFERRALS, OPEN_CASES)


async def mine(conn: Connection, place: Place, person: Person, id: str) -> uploads.Upload:
    """A list of this person. Raises Problem 404, too where a school in it is theirs no more."""
    found = await uploads.upload_of(conn, id) if is_id(id) else None
    if found is None or found.by != person.id or found.kind != place.kind:
        raise _UNKNOWN
    within = reach(person, place.action)
    if not within.everything and not found.urns <= within.urns:
        raise _UNKNOWN
    return found


def download(content: str | bytes, name: str, kind: str) -> Response:
    """A file that browsers save."""
    return Response(content, 200, {"Content-Disposition": f'attachment; filename="{name}"'}, kind)
