"""The register of schools: from the national extract whatever its columns and encoding, and by hand."""

import asyncio
import subprocess
import sys
from collections.abc import Awaitable, Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st

from chassis.decision import Refused
from services.referrals.domain.register.by_hand import CloseSetting, KeepSetting
from services.referrals.domain.register.places import Register
from services.referrals.files import HERE, BadData, load_register
from services.referrals.files.extract import Reading, Row, rows, successors
from services.referrals.listing import Listing
from services.referrals.register_imports import import_extract, in_words
from services.referrals.registering import keeping
from tests.referrals.builders import form
from tests.referrals.conftest import Office, Offices
from tests.support.extract import NEEDED, header, school, text, write

OURS: dict[str, str] = {
    "LA (code)": "919",
    "Town": "Hitchin",
    "EstablishmentStatus (name)": "Open",
    "CloseDate": "",
}


def read(path: Path) -> tuple[list[Row], list[tuple[int, str]]]:
    reading = Reading()
    return list(rows(path, reading)), reading.unreadable


# Reading ------------------------------------------------------------------------------------------------


@given(
    order=st.permutations([*NEEDED, "HeadLastName", "Postcode"]),
    encoding=st.sampled_from(["cp1252", "utf-8", "utf-8-sig"]),
    names=st.lists(st.text("abc éÿ'’-,\"", min_size=1).filter(str.strip), min_size=1, max_size=4),
)
@hypothesis(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_order_of_columns_and_any_encoding_give_the_same_register(
    tmp_path: Path, order: list[str], encoding: str, names: list[str]
) -> None:
    schools = [school(n, EstablishmentName=name) for n, name in enumerate(names)]
    plain = write(tmp_path / "plain.csv", schools, NEEDED, "utf-8")
    other = write(tmp_path / "other.csv", schools, order, encoding)
    assert read(other) == read(plain)
    assert [row.name for row in read(plain)[0]] == [" ".join(name.split()) for name in names]


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"URN": "12345"}, "the URN is not six digits"),
        ({"URN": "１２３４５６"}, "the URN is not six digits"),
        ({"EstablishmentName": " "}, "EstablishmentName is empty"),
        ({"EstablishmentStatus (name)": "Gone"}, "EstablishmentStatus (name) is none that is known"),
        ({"CloseDate": "2019-31-31", "EstablishmentStatus (name)": "Closed"}, "CloseDate is no date"),
        ({"Town": "Hit\x00chin"}, "Town is too long or has characters that cannot be read"),
        ({"EstablishmentName": "A" * 10_000}, "EstablishmentName is too long"),
    ],
)
def test_a_row_that_cannot_be_read_is_named_by_its_number_and_the_rest_is_taken(
    tmp_path: Path, changed: dict[str, str], why: str
) -> None:
    file = write(tmp_path / "e.csv", [school(1), school(2, **changed), school(3)], NEEDED, "utf-8")
    found, unreadable = read(file)
    assert [row.urn for row in found] == ["100001", "100003"]
    assert [(number, said.startswith(why)) for number, said in unreadable] == [(3, True)]


def test_rows_that_are_cut_off_empty_or_repeated_are_named(tmp_path: Path) -> None:
    file = tmp_path / "e.csv"
    file.write_text(text([school(1), school(1)], NEEDED) + "\r\n100009,919\r\n", "utf-8")
    _, unreadable = read(file)
    assert [number for number, _ in unreadable] == [3, 4, 5]


def test_empty_cells_too_many_are_nothing_and_an_open_quotation_mark_is_suspected(tmp_path: Path) -> None:
    file = tmp_path / "e.csv"
    lines = text([school(1), school(2), school(3)], NEEDED).splitlines()
    lines[1] += ",,"
    lines[2] += ",x"
    lines[3] = lines[3].replace(school(3)["EstablishmentName"], '"Open')
    file.write_text("\r\n".join(lines), "utf-8")
    found, unreadable = read(file)
    assert [row.urn for row in found] == ["100001"]
    assert [(number, why.partition(":")[2]) for number, why in unreadable] == [(3, ""), (4, "")]
    file.write_text("\r\n".join([*lines[:1], lines[3], *lines[1:2]]), "utf-8")
    [(_, why)] = read(file)[1]
    assert why.endswith("is a quotation mark not closed?")


def test_line_breaks_within_quotation_marks_are_spaces(tmp_path: Path) -> None:
    cells = school(1, EstablishmentName="St Mary's\r\nSchool", Town="Ware\n")
    file = write(tmp_path / "e.csv", [cells, school(2)], [*NEEDED, "Street"], "utf-8")
    found, unreadable = read(file)
    assert (found[0].name, found[0].town) == ("St Mary's School", "Ware")
    assert (len(found), unreadable) == (2, [])


def test_without_the_days_of_closing_a_closed_school_is_closed_all_the_same(tmp_path: Path) -> None:
    closed = school(1, **{"EstablishmentStatus (name)": "Closed"})
    columns = [name for name in NEEDED if name != "CloseDate"]
    [found], _ = read(write(tmp_path / "e.csv", [closed], columns, "cp1252"))
    assert (found.status, found.closed_on) == ("closed", None)


@pytest.mark.parametrize("written", ["31-08-2025", "31/08/2025", "2025-08-31"])
def test_the_day_of_closing_is_read_however_it_is_written(tmp_path: Path, written: str) -> None:
    closed = school(1, **{"EstablishmentStatus (name)": "Closed", "CloseDate": written})
    [found], _ = read(write(tmp_path / "e.csv", [closed], NEEDED, "utf-8"))
    assert found.closed_on == date(2025, 8, 31)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "The file is empty"),
        (b"\n", "The column URN is missing"),
        (b"PK\x03\x04zip", "workbook or an archive"),
        ("URN".encode("utf-16"), "UTF-16"),
        ("URN,Town".encode("utf-16-le"), "UTF-16"),
        (";".join(NEEDED).encode(), "divided by semicolons: save the file as CSV"),
        ("\t".join(NEEDED).encode(), "divided by tabs"),
        (",".join(n for n in NEEDED if n != "Town").encode(), "The column Town is missing"),
        (",".join([*NEEDED, "Town"]).encode(), "The column Town stands in it twice"),
    ],
)
def test_a_file_that_is_no_extract_is_refused_as_a_whole(tmp_path: Path, content: bytes, why: str) -> None:
    file = tmp_path / "e.csv"
    file.write_bytes(content)
    with pytest.raises(BadData, match=why):
        read(file)


def test_who_took_over_is_read_from_the_file_of_links(tmp_path: Path) -> None:
    file = tmp_path / "links.csv"
    file.write_text("URN,LinkURN,LinkName,LinkType\n1,100002,B,Successor\n1x,100003,C,Predecessor\n", "utf-8")
    assert successors(file) == {"1": "100002"}
    file.write_text("URN,Town\n", "utf-8")
    with pytest.raises(BadData, match="file of links"):
        successors(file)


# In the database ------------------------------------------------------------------------------------------


def register_of(office: Office) -> Register:
    found: Register = office.running.service.book.register  # type: ignore[attr-defined]
    return found


async def imported(office: Office, file: Path, links: Path | None = None) -> str:
    return in_words(await import_extract(office.running, register_of(office), file, links, "a test"))


def counts(summary: str) -> dict[str, int]:
    """Of this authority."""
    lines = [line.split() for line in summary.splitlines()[1:6]]
    return {name: int(ours.replace(",", "")) for name, _, ours in lines}


async def test_an_import_says_what_it_added_changed_and_closed_and_is_safe_to_repeat(
    office: Offices, tmp_path: Path
) -> None:
    here = await office()
    first = [school(n, **OURS) for n in range(5)]
    assert counts(await imported(here, write(tmp_path / "1.csv", first)))["added"] == 5
    again = counts(await imported(here, write(tmp_path / "1.csv", first, encoding="utf-8")))
    assert again == {"rows": 5, "added": 0, "changed": 0, "closed": 0, "unchanged": 5}
    second = [
        school(0, **OURS),
        school(1, **{**OURS, "EstablishmentName": "New Name"}),
        school(2, **{**OURS, "EstablishmentStatus (name)": "Closed", "CloseDate": "31-08-2025"}),
        school(7, **OURS),
    ]
    summary = await imported(here, write(tmp_path / "2.csv", second))
    assert counts(summary) == {"rows": 4, "added": 1, "changed": 1, "closed": 1, "unchanged": 1}
    assert "2 that were imported before are not in this file" in summary


async def test_schools_in_no_area_and_overrides_that_name_nobody_are_listed(
    office: Offices, tmp_path: Path
) -> None:
    here = await office()
    lost = school(3, **{**OURS, "Town": "Ickleford", "EstablishmentName": "Lost School"})
    summary = await imported(here, write(tmp_path / "1.csv", [school(2, **OURS), lost]))
    assert "1 open schools lie in no area" in summary
    assert "100003 Lost School, Ickleford" in summary
    assert "names schools that are not in the register: 900406" in summary


async def test_the_same_town_is_found_however_the_extract_writes_it(office: Offices, tmp_path: Path) -> None:
    here = await office()
    odd = [
        school(1, **{**OURS, "Town": "BISHOP’S  STORTFORD"}),
        school(2, **{**OURS, "Town": "Watton at Stone"}),
    ]
    await imported(here, write(tmp_path / "1.csv", odd))
    found = [(each.town, each.area) for each in register_of(here)]
    assert found == [("Bishop's Stortford", "DSPL3"), ("Watton-at-Stone", "DSPL3")]


async def test_a_running_service_notices_an_import_and_lists_what_is_new(
    office: Offices, tmp_path: Path
) -> None:
    here = await office()
    book = here.running.service.book  # type: ignore[attr-defined]
    listing, beside = Listing(book), load_register()
    await listing.publish(here.running)
    assert len(register_of(here)) == len(beside)  # the shipped files count until something is imported
    file = write(tmp_path / "1.csv", [school(4, **OURS)])
    await import_extract(here.running, beside, file, None, "another process")
    await keeping(book)(here.running)
    task = asyncio.create_task(listing.daily(here.running))
    assert [each.urn for each in register_of(here)] == ["100004"]
    async with asyncio.timeout(20):
        while not await here.pool.fetchval("SELECT 1 FROM directory_entry WHERE id = 'setting:100004'"):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    here.running.stopping.set()
    await task
    refused = await here.post("/api/referrals", form(), "supplier")
    assert [each["code"] for each in refused.json()["errors"]] == ["urn-unknown"]
    taken = await here.post("/api/referrals", form(urn="100004"), "supplier")
    assert taken.status_code == 202, taken.text


async def test_a_closed_school_keeps_its_referrals_and_names_who_took_over(
    office: Offices, tmp_path: Path
) -> None:
    here = await office()
    open_ones = [school(4, **OURS), school(5, **{**OURS, "EstablishmentName": "Heir School"})]
    await imported(here, write(tmp_path / "1.csv", open_ones))
    reference = await here.refer(form(urn="100004"), "supplier")
    shut = school(4, **{**OURS, "EstablishmentStatus (name)": "Closed", "CloseDate": "31-08-2025"})
    links = tmp_path / "links.csv"
    links.write_text("URN,LinkURN,LinkType\n100004,100005,Successor - merged\n", "utf-8")
    await imported(here, write(tmp_path / "2.csv", [shut, open_ones[1]]), links)
    answer = await here.post("/api/referrals", form(urn="100004"), "supplier")
    [fault] = answer.json()["errors"]
    assert fault["code"] == "school-closed"
    assert "refer from Heir School (100005)" in fault["message"]
    known = (await here.get(f"/api/referrals/{reference}", "team")).json()
    assert known["school"] == school(4)["EstablishmentName"]


# By hand --------------------------------------------------------------------------------------------------


async def run(office: Office, command: object) -> None:
    await office.running.runner.command(command)
    await office.running.keep()


async def test_a_setting_kept_by_hand_refers_like_any_other_until_it_closes(office: Offices) -> None:
    here = await office()
    await run(here, KeepSetting("IN2001", "Cedar House School", "all-through", "hitchin", "a manager"))
    reference = await here.refer(form(urn="IN2001"), "supplier")
    assert reference
    await run(here, CloseSetting("IN2001", date(2026, 3, 1), "a manager", "900001"))
    answer = await here.post("/api/referrals", form(urn="IN2001"), "supplier")
    assert [each["code"] for each in answer.json()["errors"]] == ["school-closed"]
    await run(here, KeepSetting("IN2001", "Cedar House School", "all-through", "Hitchin", "a manager"))
    other = form(urn="IN2001", child__upn=..., child__no_upn_reason="from-abroad")
    assert await here.refer(other, "supplier")


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"urn": "ABC"}, "urn"),
        ({"urn": "900001"}, "urn"),
        ({"name": " "}, "name"),
        ({"name": "x" * 121}, "name"),
        ({"name": "two\nlines"}, "name"),
        ({"kind": "castle"}, "kind"),
        ({"town": ""}, "town"),
        ({"town": "Ickleford"}, "area"),
        ({"area": "DSPL77"}, "area"),
    ],
)
async def test_a_setting_that_cannot_be_kept_is_answered_by_field(
    office: Offices, given: dict[str, str], field: str
) -> None:
    here = await office()
    sound: dict[str, Any] = {
        "urn": "EY3001",
        "name": "Wrens",
        "kind": "early-years",
        "town": "Ware",
        "by": "a manager",
    }
    with pytest.raises(Refused) as caught:
        await here.running.runner.command(KeepSetting(**{**sound, **given}))
    assert [each.field for each in caught.value.faults] == [field]


async def test_only_a_setting_kept_by_hand_is_closed_by_hand_and_its_heir_must_be_open(
    office: Offices,
) -> None:
    here = await office()
    with pytest.raises(Refused, match="setting-unknown"):
        await run(here, CloseSetting("900001", date(2026, 3, 1), "a manager"))
    await run(here, KeepSetting("EY3001", "Wrens", "early-years", "Ware", "a manager"))
    for heir in ("999999", "EY3001"):
        with pytest.raises(Refused, match="setting-faulty"):
            await run(here, CloseSetting("EY3001", date(2026, 3, 1), "a manager", heir))


# Size -----------------------------------------------------------------------------------------------------

_MEASURE = """
import asyncio, sys, time
from pathlib import Path
import asyncpg
from services.referrals.files import load_register
from services.referrals.files.extract import Reading, rows
from services.referrals.storage.register import take_extract

async def main(dsn, file):
    conn, began, reading = await asyncpg.connect(dsn), time.monotonic(), Reading()
    async with conn.transaction():
        done, _ = await take_extract(conn, rows(Path(file), reading), {}, "919")
    await conn.close()
    print(done.added, round(time.monotonic() - began, 1), peak() // 1024)

def peak():  # in kB; getrusage would count what the parent had when it forked
    try:
        return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM"))
    except FileNotFoundError:
        import resource
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // (1024 if sys.platform == "darwin" else 1)

asyncio.run(main(*sys.argv[1:]))
"""


@pytest.mark.slow
async def test_the_whole_country_is_imported_in_little_memory(
    migrated: Callable[..., Awaitable[str]], tmp_path: Path
) -> None:
    dsn = await migrated(HERE / "migrations")
    file = write(tmp_path / "all.csv", (school(n) for n in range(50_000)), header())
    command = [sys.executable, "-c", _MEASURE, dsn, str(file)]
    done = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, check=True)
    added, seconds, megabytes = done.stdout.split()
    print(f"{file.stat().st_size / 1e6:.0f} MB: {added} rows in {seconds} s, {megabytes} MB")
    assert added == "50000"
    assert int(megabytes) < 200
