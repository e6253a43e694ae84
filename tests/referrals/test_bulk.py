"""Lists of referrals: read whatever they are written in, looked through, confirmed once, worked off once."""

import asyncio
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st
from openpyxl import Workbook

from services.referrals.bulk import Worker
from services.referrals.disclosure import disclosed
from services.referrals.domain.bulk import REFERRALS, BadSheet
from services.referrals.domain.staff.commands import OPERATOR, EndRole
from services.referrals.files import sheets
from services.referrals.files.sheets import read
from services.referrals.storage import uploads as stored
from services.referrals.storage.access_log import of_referral
from tests.referrals.builders import book, form
from tests.referrals.conftest import Office, Offices
from tests.referrals.lists import (
    as_csv,
    as_lines,
    as_workbook,
    cells,
    child,
    kept,
    looked,
    names,
    uploads,
    with_part,
    with_rows,
    with_words,
    worked_off,
)
from tests.referrals.people import Colleague, joins, signs_in

SCHOOL = ("school-user", "900001")


async def senco(here: Office) -> Colleague:
    return await joins(here, "Rowan Elder", SCHOOL)


async def referrals(here: Office) -> int:
    return int(await here.pool.fetchval("SELECT count(*) FROM referral"))


async def states(here: Office) -> dict[int, str]:
    return {
        row["number"]: row["state"] for row in await here.pool.fetch("SELECT number, state FROM upload_row")
    }


# Reading ----------------------------------------------------------------------------------------------


@given(
    order=st.permutations(names()),
    encoding=st.sampled_from(["cp1252", "utf-8", "utf-8-sig"]),
    delimiter=st.sampled_from([",", ";", "\t"]),
    name=st.text("abcdé'’-", min_size=1, max_size=12),
)
@hypothesis(max_examples=40, deadline=None)
def test_any_order_of_columns_any_encoding_and_any_delimiter_are_the_same_form(
    order: list[str], encoding: str, delimiter: str, name: str
) -> None:
    whole = child(1, child__given_name=f"A{name}")
    (found,) = looked(as_csv([cells(whole)], order, encoding, delimiter))
    assert found.faults == ()
    assert found.checked == looked(as_lines([whole]))[0].checked


def test_a_workbook_is_the_same_form() -> None:
    row: dict[str, Any] = {**cells(child(1)), "School URN": 900001}
    (found,) = looked(as_workbook([row], names()))
    assert (found.faults, found.number) == ((), 2)


def test_the_templates_are_read_as_lists_without_rows() -> None:
    with pytest.raises(BadSheet, match="a header and no row"):
        read(sheets.workbook("Referrals", REFERRALS.columns))


#: A row of a hundred cells with the same words.
REPEATED = "<row>" + '<c t="s"><v>0</v></c>' * 100 + "</row>"


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "empty"),
        (b"\n\n", "empty"),
        ("School URN".encode("utf-16"), "UTF-16"),
        (b"PK\x03\x04 no workbook", "no Excel workbook"),
        (b"School URN,Favourite colour\n1,2\n", "“Favourite colour” is not in the template"),
        (b"School URN,School urn\n1,2\n", "stands there twice"),
        (b"School URN\n900001\n", "“Date of birth” is missing"),
        (b'{"urn": 1}\n' * (sheets.MOST_ROWS + 1), "more than 5,000 rows"),
        (b"x" * (sheets.MOST_BYTES + 1), "10 MB"),
        (with_part("xl/styles.xml", "<s>" + "<xf/>" * 200_000 + "</s>"), "too large inside"),
        (with_part("[Content_Types].xml", "<Types>" + "<x/>" * 200_000 + "</Types>"), "too large inside"),
        (
            with_rows('<row r="1"><c><v>1</v></c></row><row r="9999999999"><c><v>1</v></c></row>'),
            "too large inside",
        ),
        (with_rows('<row><c r="ZZZ1"/></row>' * 20_000), "too large inside"),
        (with_rows("<row/>" * 3_000_000), "too large inside"),
        (with_rows("<row/>" * 250_000), "too large inside"),
        (with_rows(f"<row>{'<c/>' * 40_000}</row>"), "too large inside"),
        (with_rows(f"<row><c {'x' * 2_000_000}='1'/></row>"), "too large inside"),
        (with_words("<si/>" * 250_000, ""), "too large inside"),
        (with_words(f"<si><t>{'x' * 40_000}</t></si>", REPEATED * 3), "too large inside"),
    ],
)
def test_a_file_that_is_no_list_is_refused_with_what_to_do(content: bytes, why: str) -> None:
    with pytest.raises(BadSheet, match=why):
        looked(content)


def test_words_that_all_cells_share_are_read(tmp_path: Path) -> None:
    found = read(with_words("<si><t>URN</t></si>", REPEATED * 2))
    assert list(found.header or []) == ["URN"] * 100


def test_a_workbook_that_is_as_large_as_may_be_fits_into_a_service_s_memory(tmp_path: Path) -> None:
    words = "".join(f"<si><t>{number:0100d}</t></si>" for number in range(100_000))
    cells = "".join(f"<c><v>{number}</v></c>" for number in range(100))
    (tmp_path / "list.xlsx").write_bytes(with_words(words, f"<row>{cells}</row>" * sheets.MOST_ROWS))
    code = (
        "import sys, resource; from pathlib import Path; from services.referrals.files import sheets, workbooks;"
        "peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss; before = peak();"
        "rows = sheets.read(Path(sys.argv[1]).read_bytes()).rows; print(len(rows), peak() - before)"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "list.xlsx")]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    assert int(said[0]) == sheets.MOST_ROWS - 1
    assert int(said[1]) < 100_000, "kilobytes"


def test_no_cell_is_repeated_in_a_warning(tmp_path: Path) -> None:
    made = Workbook()
    sheet = made.active
    assert sheet is not None
    sheet["A1"], sheet["A2"] = "Date of birth", 987654321987
    sheet["A2"].number_format = "dd/mm/yyyy"
    made.save(tmp_path / "list.xlsx")
    code = (
        "import sys; from services.referrals.files.sheets import read; read(open(sys.argv[1], 'rb').read())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "list.xlsx")], capture_output=True, text=True, check=True
    )
    assert "987654321987" not in done.stderr


def test_what_reads_workbooks_is_loaded_when_there_is_one() -> None:
    code = "import sys, services.referrals.app; sys.exit('openpyxl' in sys.modules or 'numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# Looking through, confirming, working off -------------------------------------------------------------------


async def test_a_list_is_looked_through_confirmed_and_becomes_referrals(office: Offices) -> None:
    here = await office()
    me = await senco(here)
    rows = [cells(child(1)), {**cells(child(2)), "Agreed": "perhaps"}, cells(child(3))]
    at = await kept(me, as_csv(rows, names()))
    page = (await me.get(at)).text
    assert "Row 3" in page
    assert "Agreed: Write yes or no." in page
    assert await referrals(here) == 0
    assert (await me.send(f"{at}/confirm")).status_code == 303
    assert await states(here) == {2: "waiting", 3: "wrong", 4: "waiting"}
    assert "under way" in (await me.get(at)).text
    await worked_off(here)
    page = (await me.get(at)).text
    for row in await here.pool.fetch("SELECT reference, urn FROM referral"):
        assert row["reference"] in page
    assert await referrals(here) == 2
    assert (await here.said()).count("referral.received.v1") == 2


async def test_confirming_twice_and_two_workers_at_once_double_nothing(office: Offices) -> None:
    here = await office()
    me = await senco(here)
    at = await kept(me, as_csv([cells(child(n)) for n in range(1, 13)], names()))
    await asyncio.gather(*(me.send(f"{at}/confirm") for _ in range(3)))
    workers = [Worker(here.running, book()) for _ in range(3)]
    await asyncio.gather(*(worker.once(2) for worker in workers for _ in range(3)))
    await worked_off(here)
    await me.send(f"{at}/confirm")
    await worked_off(here)
    assert await referrals(here) == 12
    assert set((await states(here)).values()) == {"taken"}


async def test_a_crash_in_the_middle_loses_and_doubles_nothing(office: Offices, monkeypatch: Any) -> None:
    here = await office()
    me = await senco(here)
    at = await kept(me, as_csv([cells(child(n)) for n in range(1, 6)], names()))
    await me.send(f"{at}/confirm")

    def dies(name: str) -> None:
        raise ConnectionAbortedError(name)

    with monkeypatch.context() as patched:
        patched.setattr("services.referrals.bulk.worker.failpoint", dies)
        with pytest.raises(ConnectionAbortedError):
            await Worker(here.running, book()).once(3)
    assert (await referrals(here), set((await states(here)).values())) == (0, {"waiting"})
    await worked_off(here)
    assert await referrals(here) == 5


async def test_likely_duplicates_are_shown_and_left_out_unless_they_are_chosen(office: Offices) -> None:
    here = await office()
    me = await senco(here)
    reference = await here.refer(child(1))
    rows = [cells(child(1)), cells(child(2)), cells(child(2)), cells(child(3))]
    at = await kept(me, as_csv(rows, names()))
    page = (await me.get(at)).text
    assert reference in page
    assert "like row 3" in page
    assert await here.pool.fetchval("SELECT count(*) FROM access_log WHERE what = 'upload'") == 1
    await me.send(f"{at}/confirm", anyway="4")
    await worked_off(here)
    assert await states(here) == {2: "left-out", 3: "taken", 4: "taken", 5: "taken"}
    async with here.pool.acquire() as conn:
        id = await conn.fetchval(
            "SELECT r.id FROM referral r JOIN upload_row u USING (reference) WHERE number = 4"
        )
        lines = await disclosed(conn, book(), await of_referral(conn, id))
    assert [(each.who, each.what) for each in lines] == [
        ("Rowan Elder", "Looked a list through before it was sent")
    ]


async def test_a_row_that_the_rules_refuse_says_why(office: Offices) -> None:
    here = await office()
    me = await senco(here)
    await here.refer(child(1))
    at = await kept(me, as_csv([cells(child(1, child__born="2015-01-01", child__given_name="Ann"))], names()))
    await me.send(f"{at}/confirm")
    await worked_off(here)
    assert "The UPN is known here with another date of birth" in (await me.get(at)).text
    assert "UPN" in (await me.get(f"{at}/faults.csv")).text


async def test_the_words_are_sealed_while_they_wait_and_gone_afterwards(office: Offices) -> None:
    here = await office()
    me = await senco(here)
    at = await kept(me, as_csv([cells(child(1))], names()))
    kept_words = await here.pool.fetchval("SELECT sealed FROM upload_row")
    assert kept_words
    assert b"Hazelden" not in kept_words
    await me.send(f"{at}/confirm")
    await worked_off(here)
    assert await here.pool.fetchval("SELECT count(*) FROM upload_row WHERE sealed IS NOT NULL") == 0


async def test_a_row_that_was_moved_to_another_place_is_not_taken(office: Offices) -> None:
    here = await office()
    me = await senco(here)
    at = await kept(me, as_csv([cells(child(1)), cells(child(2))], names()))
    await me.send(f"{at}/confirm")
    await here.pool.execute("UPDATE upload_row SET sealed = (SELECT sealed FROM upload_row WHERE number = 2)")
    await worked_off(here)
    assert await states(here) == {2: "taken", 3: "refused"}


async def test_a_list_that_nobody_confirms_is_deleted_after_a_week(office: Offices) -> None:
    here = await office()
    me = await senco(here)
    at = await kept(me, as_csv([cells(child(1))], names()))
    async with here.pool.acquire() as conn:
        await stored.tidy(conn, here.running.clock.now())
        assert (await me.get(at)).status_code == 200
        await stored.tidy(conn, here.running.clock.now() + stored.PREVIEW_KEPT * 1.01)
    assert (await me.get(at)).status_code == 404
    assert await here.pool.fetchval("SELECT count(*) FROM upload_row") == 0


async def test_only_so_many_lists_wait_for_one_persons_word_however_they_are_sent(office: Offices) -> None:
    here = await office()
    me, colleague = await senco(here), await joins(here, "Sorrel Finch", SCHOOL)
    content = as_csv([cells(child(1))], names())
    answers = await asyncio.gather(*(uploads(me, content) for _ in range(stored.MOST_UNCONFIRMED + 3)))
    at = [each.headers["location"] for each in answers if each.status_code == 303]
    assert len(at) == stored.MOST_UNCONFIRMED
    (refused, *_) = [each for each in answers if each.status_code != 303]
    assert refused.status_code == 422
    assert "confirm or delete it, then upload this one" in refused.text
    assert all(f'href="{each}"' in refused.text for each in at)
    assert (await uploads(colleague, content)).status_code == 303, "a colleague has room of their own"
    await me.send(f"{at[0]}/delete")
    await me.send(f"{at[1]}/confirm")
    for status in (303, 303, 422):
        assert (await uploads(me, content)).status_code == status


async def test_a_list_is_deleted_by_whoever_uploaded_it(office: Offices) -> None:
    here = await office()
    me = await senco(here)
    at = await kept(me, as_csv([cells(child(1))], names()))
    assert (await me.send(f"{at}/delete")).status_code == 303
    assert (await me.get(at)).status_code == 404


async def test_a_school_uploads_its_own_children_and_a_manager_everybodys(office: Offices) -> None:
    here = await office()
    content = as_csv([cells(child(1, urn="900002"))], names())
    me, manager = await senco(here), await joins(here, "Mo Ash", ("service-manager", None))
    assert "only for the establishments registered for you" in (await me.get(await kept(me, content))).text
    assert "School URN:" not in (await manager.get(await kept(manager, content))).text


async def test_nobody_else_sees_a_list(office: Offices) -> None:
    here = await office()
    me, colleague = await senco(here), await joins(here, "Sorrel Finch", SCHOOL)
    at = await kept(me, as_csv([cells(child(1))], names()))
    for path in (at, f"{at}/faults.csv", "/bulk/no-id"):
        assert (await colleague.get(path)).status_code == 404
    assert (await colleague.send(f"{at}/confirm")).status_code == 404


async def test_whoever_is_at_another_school_now_neither_sees_nor_confirms_a_list(office: Offices) -> None:
    here = await office()
    me = await joins(here, "Rowan Elder", SCHOOL, ("school-user", "900101"))
    await here.refer(child(1))
    at = await kept(me, as_csv([cells(child(1)), cells(child(2))], names()))
    assert "Hazelden 1" in (await me.get(at)).text
    await here.running.runner.command(EndRole(me.id, "school-user", "900001", OPERATOR))
    me = await signs_in(here, me.id)
    for path in (at, f"{at}/faults.csv"):
        assert (await me.get(path)).status_code == 404
    assert (await me.send(f"{at}/confirm", anyway="2")).status_code == 404
    await worked_off(here)
    assert await referrals(here) == 1


async def test_a_tick_that_no_page_offered_is_passed_over(office: Offices) -> None:
    here = await office()
    me = await senco(here)
    at = await kept(me, as_csv([cells(child(1))], names()))
    assert (await me.send(f"{at}/confirm", anyway="9" * 5000)).status_code == 303
    assert await states(here) == {2: "waiting"}


async def test_a_worker_gives_up_the_row_that_it_tried_and_no_other(
    office: Offices, monkeypatch: Any
) -> None:
    here = await office()
    me = await senco(here)
    at = await kept(me, as_csv([cells(child(n)) for n in (1, 2, 3)], names()))
    await me.send(f"{at}/confirm")
    worker = Worker(here.running, book())

    def dies(name: str) -> None:
        raise ConnectionAbortedError(name)

    monkeypatch.setattr("services.referrals.bulk.worker.failpoint", dies)
    async with here.pool.acquire() as conn, conn.transaction():
        assert [row.number for row in await stored.claim(conn, 1)] == [2]  # in another worker's hands
        with pytest.raises(ConnectionAbortedError):
            await worker.once(1)
    await worker.give_up()
    assert await states(here) == {2: "waiting", 3: "refused", 4: "waiting"}


@pytest.mark.parametrize("content", [b"", b"Colour\nred\n"])
async def test_what_cannot_be_taken_is_said_on_the_page(office: Offices, content: bytes) -> None:
    me = await senco(await office())
    answer = await uploads(me, content)
    assert answer.status_code == 422
    assert "govuk-error-summary" in answer.text


async def test_a_file_that_is_a_little_too_large_is_refused_and_never_cut(office: Offices) -> None:
    me = await senco(await office())
    row = as_csv([cells(child(1))], names())
    answer = await uploads(me, row + b"\n" * (sheets.MOST_BYTES - len(row) + 1000))
    assert answer.status_code == 422
    assert "must not be larger than 10 MB" in answer.text


async def test_the_table_of_faults_holds_no_formula(office: Offices) -> None:
    me = await senco(await office())
    at = await kept(me, as_lines([{**form(), "=cmd": 1}]))
    lines = (await me.get(f"{at}/faults.csv")).text.splitlines()
    assert not [cell for line in lines[1:] for cell in line.split(",") if cell[:1] in ("=", "+", "-", "@")]
