"""Lists of referrals for tests: the same rows as CSV, a workbook or JSON lines."""

import csv
import io
import json
from collections.abc import Sequence
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

from openpyxl import Workbook

from services.referrals.bulk import Context, Worker, looked_at
from services.referrals.domain.bulk import REFERRAL_COLUMNS, Column
from tests.referrals.builders import TODAY, book, form, upn_of
from tests.referrals.conftest import Office
from tests.referrals.people import Colleague


def child(number: int, **changes: Any) -> dict[str, Any]:
    """The sound form of a child of its own."""
    return form(**{"child__upn": upn_of(number), "child__family_name": f"Hazelden {number}"} | changes)


def cells(given: Any, columns: Sequence[Column] = REFERRAL_COLUMNS) -> dict[str, str]:
    """A form as somebody types it into the columns."""
    return {each.name: text for each in columns if (text := _typed(_at(given, each.path)))}


def _at(given: Any, path: str) -> Any:
    for step in path.split("."):
        place = int(step) if step.isdecimal() else step
        try:
            given = given[place]
        except (KeyError, IndexError, TypeError):
            return None
    return given


def _typed(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(value) if isinstance(value, list) else "" if value is None else str(value)


def looked(content: bytes) -> list[Any]:
    """The rows of a list of new referrals, each with what is wrong with it."""
    return list(looked_at(Context(book(), TODAY), "referrals", content))


def as_csv(
    rows: Sequence[dict[str, str]], header: Sequence[str], encoding: str = "utf-8", delimiter: str = ","
) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter)
    writer.writerow(header)
    writer.writerows([row.get(name, "") for name in header] for row in rows)
    return text.getvalue().encode(encoding)


def as_workbook(rows: Sequence[dict[str, Any]], header: Sequence[str]) -> bytes:
    made = Workbook()
    sheet = made.active
    assert sheet is not None
    sheet.append(list(header))
    for row in rows:
        sheet.append([row.get(name) for name in header])
    written = io.BytesIO()
    made.save(written)
    return written.getvalue()


def with_part(name: str, text: str) -> bytes:
    """A workbook one part of which is this text."""
    written = io.BytesIO()
    with ZipFile(io.BytesIO(as_workbook([], ["URN"]))) as sound, ZipFile(written, "w", ZIP_DEFLATED) as made:
        for part in sound.namelist():
            made.writestr(part, text if part == name else sound.read(part))
    return written.getvalue()


def with_rows(rows: str) -> bytes:
    """A workbook whose first sheet has these rows, as XML."""
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    text = f'<worksheet xmlns="{space}"><sheetData>{rows}</sheetData></worksheet>'
    return with_part("xl/worksheets/sheet1.xml", text)


def with_words(words: str, rows: str) -> bytes:
    """A workbook whose cells refer to these words, as XML: the words of all cells stand in a part of their own."""
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
    named = f'<Override PartName="/xl/sharedStrings.xml" ContentType="{kind}"/></Types>'.encode()
    space, written = "http://schemas.openxmlformats.org/spreadsheetml/2006/main", io.BytesIO()
    with ZipFile(io.BytesIO(with_rows(rows))) as sound, ZipFile(written, "w", ZIP_DEFLATED) as made:
        for part in sound.namelist():
            made.writestr(part, sound.read(part).replace(b"</Types>", named))
        made.writestr("xl/sharedStrings.xml", f'<sst xmlns="{space}">{words}</sst>')
    return written.getvalue()


def as_lines(forms: Sequence[Any]) -> bytes:
    return "\n".join(json.dumps(each) for each in forms).encode()


def names(columns: Sequence[Column] = REFERRAL_COLUMNS) -> list[str]:
    return [each.name for each in columns]


async def uploads(who: Colleague, content: bytes, name: str = "list.csv", path: str = "/bulk") -> Any:
    """What a browser is answered that uploads a list."""
    files = {"file": (name, content, "text/csv")}
    headers = {"Accept": "text/html"}
    return await who.http.post(path, data={"csrf": who.held.csrf}, files=files, headers=headers)


async def kept(who: Colleague, content: bytes, path: str = "/bulk") -> str:
    """The address of a list that must be taken."""
    answer = await uploads(who, content, path=path)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


async def worked_off(here: Office) -> None:
    """Lets the worker do all that waits."""
    worker = Worker(here.running, book())
    while await worker.once():
        pass
