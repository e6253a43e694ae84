"""Lists as files for a spreadsheet: whole, without formulas, and without what is not for whoever takes them."""

import csv
import io
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, date, datetime
from typing import Any

import pytest
from openpyxl import load_workbook

from schemas.staff_v1 import ReferralRestricted
from services.panels.documents import sheets
from services.panels.documents.listed import CASE_HEADS, RISK_HEADS, SITTING_HEADS, of_case, of_sitting
from services.panels.documents.sheets import Row, TooLong, as_csv, as_workbook
from services.panels.domain.cases.case import case_id_of
from tests.panels.builders import MONDAY, THURSDAY_5_MARCH, PanelsBench, a_referral_id, a_routed_referral
from tests.panels.conftest import House
from tests.panels.test_pages import INCOMPLETE, as_

ROW: Row = (
    "=1+1", "+44", "-1", "@x", "Łoś, “x”", 12, True, None, date(2026, 3, 5), datetime(2026, 6, 1, 8, 30, tzinfo=UTC),
)  # fmt: skip
HEADS = [str(n) for n in range(len(ROW))]


async def batches(*rows: Sequence[Row]) -> AsyncIterator[Sequence[Row]]:
    for batch in rows:
        yield batch


async def whole(parts: AsyncIterator[bytes]) -> bytes:
    return b"".join([part async for part in parts])


def read_csv(content: bytes) -> list[list[str]]:
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def read_workbook(content: bytes) -> Any:
    return load_workbook(io.BytesIO(content)).active


async def test_no_cell_of_a_csv_is_a_formula() -> None:
    _, row = read_csv(await whole(as_csv(HEADS, batches([ROW]))))
    assert row[:4] == ["'=1+1", "'+44", "'-1", "'@x"]
    assert row[4:] == ["Łoś, “x”", "12", "yes", "", "2026-03-05", "2026-06-01T09:30+01:00"]


async def test_no_cell_of_a_workbook_is_a_formula() -> None:
    sheet = read_workbook(await whole(as_workbook("queued", HEADS, batches([ROW], [ROW]))))
    assert sheet.max_row == 3
    assert [cell.data_type for cell in sheet[2]][:4] == ["s"] * 4
    assert [cell.value for cell in sheet[2]][:7] == ["=1+1", "+44", "-1", "@x", "Łoś, “x”", 12, "yes"]
    assert [cell.value for cell in sheet[2]][8:] == [datetime(2026, 3, 5), datetime(2026, 6, 1, 9, 30)]


async def test_what_no_workbook_can_hold_is_left_out_of_its_cell() -> None:
    sheet = read_workbook(await whole(as_workbook("x", ["a"], batches([("be\x07fore",)]))))
    assert sheet["A2"].value == "before"


async def test_a_list_that_is_too_long_for_a_workbook_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "MOST_ROWS", 3)
    with pytest.raises(TooLong):
        await whole(as_workbook("x", HEADS, batches([ROW] * 2, [ROW] * 2)))


def test_each_row_has_a_cell_for_each_heading() -> None:
    bench = PanelsBench()
    bench.decide(bench.a_heard_case())
    assert len(of_case(bench.case(), "Panel")) == len(CASE_HEADS)
    assert len(of_sitting(bench.sitting(), 1, "Panel")) == len(SITTING_HEADS)


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
async def test_a_list_is_taken_whole_page_by_page_and_each_case_in_it_is_recorded(
    house: House, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr("services.panels.web.out.lists._AT_ONCE", 2)
    await house.hear(*(a_routed_referral(n, reference=f"AAAA-BBBB-CCC{n}") for n in range(1, 6)))
    await house.hear(a_routed_referral(6, placement=INCOMPLETE))
    answer = await (await as_(house, "tom")).get(f"/cases?tab=queued&format={kind}")
    assert answer.headers["content-disposition"] == f'attachment; filename="queued-2026-02-02.{kind}"'
    if kind == "csv":
        references = [row[0] for row in read_csv(answer.content)[1:]]
    else:
        references = [row[0].value for row in list(read_workbook(answer.content).rows)[1:]]
    assert sorted(references) == [f"AAAA-BBBB-CCC{n}" for n in range(1, 6)]
    read = await house.pool.fetch(
        "SELECT subject FROM access_log WHERE who = 'staff:tom' AND what = 'export'"
    )
    assert {row["subject"] for row in read} == {case_id_of(a_referral_id(n)) for n in range(1, 6)}


async def test_a_restricted_case_and_those_of_other_panels_are_in_no_list(house: House) -> None:
    await house.hear(a_routed_referral(1), a_routed_referral(2))
    await house.hear(ReferralRestricted(referral_id=a_referral_id(2), named=("tom",), restricted_at=MONDAY))
    rows = {}
    for name, scope in (("tom", None), ("max", None), ("ehc", "another")):
        page = await (await as_(house, name, scope=scope)).get("/cases?tab=queued&format=csv")
        rows[name] = len(read_csv(page.content)) - 1
    async with house.as_("reader") as program:
        answer = await program.get("/lists/queued")
    assert (rows, len(read_csv(answer.content)) - 1) == ({"tom": 2, "max": 1, "ehc": 0}, 1)


async def test_sittings_and_what_is_at_risk_are_lists_too(house: House) -> None:
    await house.hear(a_routed_referral(1), a_routed_referral(2, placement=INCOMPLETE))
    tom = await as_(house, "tom")
    sittings = read_csv((await tom.get("/sittings?format=csv")).content)
    assert sittings[0] == list(SITTING_HEADS)
    assert THURSDAY_5_MARCH in [row[0] for row in sittings]
    risks = read_csv((await tom.get("/at-risk?format=csv")).content)
    assert risks[0] == list(RISK_HEADS)
    assert [row[0] for row in risks[1:]] == ["unknown"]
    assert (await tom.get("/cases?format=pdf")).status_code == 422
    assert (await (await as_(house, "school")).get("/sittings?format=csv")).status_code == 403


async def test_programs_take_each_list_and_no_other(house: House) -> None:
    await house.hear(a_routed_referral(1))
    async with house.as_("reader") as program:
        for name in ("incomplete", "queued", "listed", "heard", "ended", "at-risk", "sittings"):
            assert (await program.get(f"/lists/{name}", params={"format": "xlsx"})).status_code == 200
        assert (await program.get("/lists/children")).status_code == 422
    async with house.as_("officer") as other:
        assert (await other.get("/lists/queued")).status_code == 403
