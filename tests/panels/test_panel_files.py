"""Panels are data: what a file may hold, and what is said of one that cannot be used."""

from pathlib import Path

import pytest

from services.panels.panel_files import CLOSURES, PANELS, BadPanelFile, read_book

GOOD = (PANELS / "placement.toml").read_text(encoding="utf-8")


def read(folder: Path, text: str) -> None:
    (folder / "placement.toml").write_text(text, encoding="utf-8")
    read_book(folder)


def test_the_shipped_panel_is_county_wide_and_sits_eight_times() -> None:
    (panel,) = read_book().panels
    assert panel.remit.areas == "all"
    assert (panel.capacity, panel.calendar.sittings_a_month, panel.quorum.members) == (12, 8, 3)


@pytest.mark.parametrize(
    ("change", "to", "says"),
    [
        ("[quorum]", "[quorom]", r"no key quorom: mend its spelling"),
        ("capacity = 12", "capasity = 12", "no key capasity"),
        ("capacity = 12", "capacity = 0", "toml: capacity is too small: write 1 or more$"),
        ("capacity = 12", "capacity = 4000", "toml: capacity is too large: write 200 or less$"),
        (
            'areas = "all"',
            "areas = []",
            'toml: remit.areas is an empty list: write "all", or name at least one$',
        ),
        ('areas = "all"', 'areas = ["DSPL10"]', r"toml: remit\.areas: Input should be 'DSPL1', "),
        ('needs = "all"', 'need = "all"', "no key remit.need"),
        ("sittings_a_month = 8", "sittings_a_month = 9", "sits 8 times in February 2024, not 9"),
        ("FREQ=MONTHLY", "FREQ=NEVER", "the rule needs FREQ="),
        ("confirm_by = 12:00:00", "confirm_by = 18:00:00", "confirm_by must be earlier"),
        ("code = ", "code ", "is not TOML"),
        ('"family-views", ', '"famly-views", ', "papers.required"),
        (
            "BYDAY=1TU,1TH,2TU,2TH,3TU,3TH,4TU,4TH",
            "BYMONTH=2;BYMONTHDAY=30",
            "placement never sits: .* write one such",
        ),
        (
            "close_working_days_before = 5",
            "close_calendar_days_before = 5\nclose_working_days_before = 5",
            "give one of",
        ),
        ("close_working_days_before = 5", "# none", "give one of close_working_days_before and"),
        (
            "members = 3",
            "members = 12",
            "quorum.members is 12 and members.seats has 11 places: no sitting could",
        ),
        ('"head"]', '"heed"]', "quorum.roles needs heed, and members.seats has no such seat"),
        ('seat = "health"', 'seat = "head"', "names a seat twice"),
        ('["chair"]  ', '["chairman"]  ', "members.may_chair"),
        ('"late", "wait"', '"wait", "wait"', "name each of urgent, listed, legal"),
        ("sitting = 210", "sitting = 10", "sitting is shorter than one of its cases"),
        ("per_case = 15", "per_case = 0", "minutes.per_case"),
        ('kind = "placement"', 'kind = "high-needs-funding"', "has a .fund. with its budgets"),
        ('decides = "officer"', 'decides = "mayor"', "decides"),
    ],
)
def test_a_mistake_is_told_in_a_sentence_with_the_files_name(
    tmp_path: Path, change: str, to: str, says: str
) -> None:
    assert change in GOOD
    with pytest.raises(BadPanelFile, match=says):
        read(tmp_path, GOOD.replace(change, to, 1))


def test_a_panel_without_a_remit_is_refused(tmp_path: Path) -> None:
    before, _, rest = GOOD.partition("[remit]")
    calendar = rest[rest.index("[calendar]") :]
    with pytest.raises(BadPanelFile, match=r"placement\.toml: remit is missing: write it"):
        read(tmp_path, before + calendar)
    with pytest.raises(BadPanelFile, match=r"remit: says nothing: write areas"):
        read(tmp_path, f"{before}[remit]\n\n{calendar}")


def test_a_folder_without_panels_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadPanelFile, match="holds no panel"):
        read_book(tmp_path)


def test_a_closure_that_ends_before_it_begins_is_refused(tmp_path: Path) -> None:
    closures = tmp_path / "closures.toml"
    text = CLOSURES.read_text(encoding="utf-8")
    closures.write_text(text.replace("to = 2024-12-31", "to = 2024-12-01"), encoding="utf-8")
    with pytest.raises(BadPanelFile, match="ends before it begins"):
        read_book(PANELS, closures)


def test_a_second_panel_is_one_more_file(tmp_path: Path) -> None:
    older = GOOD.replace('phases = "all"', 'phases = ["primary", "secondary", "post-16"]')
    (tmp_path / "placement.toml").write_text(older, encoding="utf-8")
    early = GOOD.replace('"placement"', '"early-years"', 1).replace(
        'phases = "all"', 'phases = ["early-years"]'
    )
    (tmp_path / "early-years.toml").write_text(early, encoding="utf-8")
    book = read_book(tmp_path)
    assert book.codes == ["early-years", "placement"]
    assert next(slot.sitting_id for slot in book.month("early-years", 2026, 3)) == "early-years-2026-03-03"
