"""Looking a list through: every row checked as it would be alone, likely duplicates found, right rows sealed."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chassis.sealing import CannotOpen
from chassis.service import Running
from chassis.storage import Connection
from schemas.submissions_v1 import Fault
from schemas.topics import REFERRAL_PAPERS
from services.referrals.bulk.kinds import KINDS, Context, Listed
from services.referrals.domain.book import Book
from services.referrals.domain.bulk import RowFault
from services.referrals.files import sheets
from services.referrals.storage import Alike, repeated
from services.referrals.storage.uploads import Kind, Row

#: The ring of the topic to which the words of a row go in the end, and which every such service has.
_RING = REFERRAL_PAPERS.name


@dataclass(frozen=True, slots=True)
class Looked:
    """A row that was looked at: its form where it has no fault, and as JSON."""

    number: int
    body: bytes
    checked: Any = None
    faults: tuple[RowFault, ...] = ()


def looked_at(context: Context, kind: Kind, content: bytes) -> Iterator[Looked]:
    """Every row of a file with what is wrong with it. Raises BadSheet. Long: run it in a thread."""
    listed = KINDS[kind]
    sheet = sheets.read(content)
    columns = None if sheet.header is None else listed.layout.read_header(sheet.header)
    for number, cells in sheet.rows:
        if columns is None or isinstance(cells, bytes):
            assert isinstance(cells, bytes)  # of JSON lines
            yield _looked(number, cells, listed, listed.check(context, cells), None)
        else:
            written = listed.layout.written(columns, cells)
            body = json.dumps(written.form).encode()
            yield _looked(number, body, listed, listed.check(context, body), written.places)


def _looked(
    number: int,
    body: bytes,
    listed: Listed,
    checked: Any | list[Fault],
    places: Mapping[str, Sequence[int]] | None,
) -> Looked:
    if isinstance(checked, list):
        return Looked(number, body, faults=listed.layout.faults(checked, places))
    return Looked(number, body, checked)


async def looked_through(
    running: Running, conn: Connection, book: Book, id: str, kind: Kind, looked: Sequence[Looked]
) -> list[Row]:
    """The rows to be kept of the list with this id. Only right ones keep their words."""
    alike = _alike(running, book, id, kind, looked)
    before = await repeated(conn, list(alike.values()))
    found = {
        number: tuple(each.reference for each in before.get(place, ())) for place, number in enumerate(alike)
    }
    rows, twins = [], _Twins()
    for each in looked:
        if each.faults:
            rows.append(Row(each.number, "wrong", faults=each.faults))
            continue
        twin = twins.of(each.number, alike.get(each.number))
        repeats = (*found.get(each.number, ()), *([f"row {twin}"] if twin != each.number else []))
        sealed = running.seals.seal(_RING, _words(id, each))
        rows.append(Row(each.number, "repeats" if repeats else "right", sealed, repeats=repeats))
    return rows


def _alike(running: Running, book: Book, id: str, kind: Kind, looked: Sequence[Looked]) -> dict[int, Alike]:
    now, listed, found = running.clock.now(), KINDS[kind], dict[int, Alike]()
    for each in looked:
        if not each.faults:
            one = listed.alike(book, each.checked, listed.id(id, each.number, each.checked), now)
            if one is not None:
                found[each.number] = one
    return found


class _Twins:
    """The rows of a list that were seen so far, by child and destination."""

    def __init__(self) -> None:
        self._seen: dict[tuple[Any, ...], list[tuple[int, str | None]]] = defaultdict(list)

    def of(self, number: int, alike: Alike | None) -> int:
        """The earlier row for the same child to the same destination; the row itself where there is none."""
        if alike is None:
            return number
        child = alike.child
        same = self._seen[child.urn, alike.destination, child.likeness, child.born]
        found = (row for row, upn in same if upn == child.upn or None in (upn, child.upn))
        twin = next(found, number)
        same.append((number, child.upn))
        return twin


def _words(id: str, looked: Looked) -> bytes:
    """A row as it is sealed, bound to its place."""
    return json.dumps({"row": f"{id}:{looked.number}", "body": looked.body.decode()}).encode()


def opened(running: Running, row: Row) -> bytes:
    """The form of a row as JSON. Raises CannotOpen where it was changed, or its key is gone."""
    if row.sealed is None:
        raise CannotOpen("the words of this row are gone")
    words = json.loads(running.seals.open(_RING, row.sealed))
    if words["row"] != f"{row.upload_id}:{row.number}":
        raise CannotOpen("the words belong to another row")
    body: str = words["body"]
    return body.encode()
