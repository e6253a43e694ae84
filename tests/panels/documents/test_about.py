"""The page for everybody: nobody is recognised by it."""

from datetime import date
from itertools import product

import httpx2
from hypothesis import given, settings
from hypothesis import strategies as st

from services.panels.documents.about import KEPT_BACK, criteria, public_tables
from services.panels.documents.figures import Table
from services.panels.reporting.course import Course, year_before
from services.panels.reporting.helped import Review
from tests.panels.builders import BOOK, MONDAY, THURSDAY_5_MARCH, a_routed_referral
from tests.panels.conftest import House
from tests.panels.reporting.courses import a_course

YEAR = year_before(date(2026, 4, 2))


def the_tables(*cases: Course) -> dict[str, Table]:
    return {table.key: table for table in public_tables(cases, (), YEAR, str.title)}


def many(count: int, **changes: object) -> list[Course]:
    return [a_course(**changes) for _ in range(count)]


def test_large_numbers_are_published() -> None:
    areas = the_tables(*many(30), *many(8, outcome="not-agreed"), *many(7, outcome="more-information"))[
        "areas"
    ]
    assert areas.rows[0] == ("DSPL7", "30", "8", "7", "45")


def test_a_small_number_is_kept_back_and_so_are_those_that_would_tell_of_it() -> None:
    cases = [
        *many(30), *many(8, outcome="not-agreed"), *many(2, outcome="more-information"),
        *many(20, area="DSPL1"), *many(9, area="DSPL1", outcome="not-agreed"),
        *many(6, area="DSPL1", outcome="more-information"),
    ]  # fmt: skip
    areas = the_tables(*cases)["areas"]
    assert areas.rows == [
        ("DSPL1", "20", KEPT_BACK, KEPT_BACK, "35"),
        ("DSPL7", "30", KEPT_BACK, KEPT_BACK, "40"),
        ("All areas", "50", "17", "8", "75"),
    ]


def test_whether_it_helped_is_published_without_small_numbers() -> None:
    looks = [
        Review("DSPL7", "ASD", date(2026, 3, 2), helped)
        for helped, count in {"yes": 12, "partly": 6, "no": 2, None: 9}.items()
        for _ in range(count)
    ]
    (made,) = [table for table in public_tables((), looks, YEAR, str.title) if table.key == "helped"]
    assert made.rows[0] == ("DSPL7", "12", KEPT_BACK, KEPT_BACK, "20")
    (none,) = [table for table in public_tables((), (), YEAR, str.title) if table.key == "helped"]
    assert none.rows == ()


def test_waits_of_few_are_not_told() -> None:
    rows = {row[0]: row[1:] for row in the_tables(*many(30), *many(3, urgent=True))["waits"].rows}
    assert rows["Urgent cases"] == (KEPT_BACK,) * 2
    assert rows["All cases"] == ("36 days",) * 2
    few = {row[0]: row[1:] for row in the_tables(*many(9))["waits"].rows}
    assert few["All cases"] == ("36 days", KEPT_BACK)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["DSPL1", "DSPL2"]), st.sampled_from(["agreed", "not-agreed"]), st.booleans()
        ),
        max_size=60,
    )
)
@settings(max_examples=60, deadline=None)
def test_no_count_below_five_is_in_any_table(cases: list[tuple[str, str, bool]]) -> None:
    made = [a_course(area=area, outcome=outcome, urgent=urgent) for area, outcome, urgent in cases]
    for key, table in the_tables(*made).items():
        counted = slice(0, 0) if key == "waits" else slice(1, len(table.heads) - (key == "deferrals"))
        for row, cell in product(table.rows, range(len(table.heads))[counted]):
            assert row[cell] == KEPT_BACK or int(row[cell].replace(",", "")) >= 5, (key, row)


def test_the_criteria_are_the_words_of_the_panel_s_file() -> None:
    panel = BOOK.at("placement", MONDAY.date())
    assert panel is not None
    made = criteria(panel)
    assert dict(made.hears) == dict.fromkeys(("Areas", "Phases", "Needs", "Provision asked for"), "all")
    assert made.closing == "5 working days before the sitting, at 17:00"
    assert "the family's views" in made.papers
    narrow = panel.remit.model_copy(update={"phases": frozenset({"secondary", "early-years"})})
    hears = dict(criteria(panel.model_copy(update={"remit": narrow})).hears)
    assert hears["Phases"] == "early years, secondary"


async def test_everybody_may_read_the_page_and_finds_no_case_in_it(house: House) -> None:
    await house.hear(a_routed_referral())
    async with httpx2.AsyncClient(transport=house.web, base_url="http://here") as anybody:
        page = await anybody.get("/about-panels", headers={"Accept": "text/html"})
        assert page.status_code == 200
        assert "Thursday 5 March 2026" in page.text
        assert "Placement and Provision Panel" in page.text
        assert "There is nothing to count." in page.text
        assert not any(words in page.text for words in (THURSDAY_5_MARCH, a_routed_referral().reference))
        start = await anybody.get("/", headers={"Accept": "text/html"})
        assert 'href="/about-panels"' in start.text


async def test_the_figures_are_counted_once_a_day(house: House) -> None:
    async with httpx2.AsyncClient(transport=house.web, base_url="http://here") as anybody:
        first = (await anybody.get("/about-panels")).text
        await house.pool.execute("ALTER TABLE placement_case RENAME TO placement_case_away")
        assert (await anybody.get("/about-panels")).text.count("<table") == first.count("<table")
