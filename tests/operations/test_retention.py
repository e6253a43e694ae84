"""How long each table keeps its rows is data: no table is left out, and the page for councils says the same."""

import re
from collections.abc import Awaitable, Callable

import asyncpg
import pytest

from chassis.retention import CHASSIS, CHILD, Rule, because
from chassis.service import Service
from deploy.kafka.topics import load_topics
from schemas.topics import BY_NAME
from tests.operations.test_data_protection import section
from tests.support.built import BUILT

Databases = Callable[..., Awaitable[asyncpg.Pool]]
_TABLES = (
    "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
    "WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT c.relispartition"
)


def said_on_the_page(heading: str) -> dict[str, str]:
    """The last column of the page's table under a heading, by each of the tables that its first one names."""
    found = {}
    for line in section(heading).splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        for table in re.findall(r"`(\w+)`", cells[0]) if line.startswith("|") else []:
            found[table] = cells[-1]
    return found


@pytest.mark.parametrize("name", BUILT)
async def test_each_table_has_one_rule(name: str, database: Databases) -> None:
    service = BUILT[name]()
    pool = await database(service.migrations)
    tables = [row["relname"] for row in await pool.fetch(_TABLES)]
    ruled = [rule.table for rule in service.retention.all]
    assert sorted(ruled) == sorted(tables), "say how long in the service's retention.py, and on the page"


@pytest.mark.parametrize("name", BUILT)
async def test_each_rule_can_be_counted_and_carried_out(name: str, database: Databases) -> None:
    service = BUILT[name]()
    pool = await database(service.migrations)
    for rule in service.retention.all:
        if rule.over:
            assert await pool.fetchval(rule.counted, await pool.fetchval("SELECT now()")) == 0
            assert await pool.fetch(rule.step, await pool.fetchval("SELECT now()")) == []


def goes_some_day(service: Service, rule: Rule) -> bool:
    return bool(rule.over) or CHILD in rule.words


@pytest.mark.parametrize("name", BUILT)
def test_what_is_held_about_a_person_goes_by_its_age_or_with_the_child(name: str) -> None:
    service = BUILT[name]()
    assert service.personal is not None
    held = {each.table for each in service.personal.holdings}
    rules = {rule.table: rule for rule in service.retention.all}
    for_good = {table for table in held if not goes_some_day(service, rules[table])}
    # A hold goes with the child; a sitting's words about a case are taken out with it; rows of a list go by a job.
    assert for_good <= {"legal_hold", "sitting", "upload_row"}


def test_from_each_topic_with_words_or_persons_they_go_by_its_age_or_by_tombstones() -> None:
    services = [make() for make in BUILT.values()]
    back = {each.topic for service in services if service.personal for each in service.personal.holdings}
    stay = {
        topic.name
        for topic in load_topics()
        if BY_NAME[topic.name].sealed and not isinstance(topic.retention_days, int) and topic.name not in back
    }
    assert stay == {"staff.v1"}, "colleagues: as long as somebody may ask who did what"


@pytest.mark.parametrize(
    ("heading", "rules"),
    [("### In every service", CHASSIS), *((f"### {name}", BUILT[name]().retention.rules) for name in BUILT)],
)
def test_the_page_for_councils_says_what_the_rules_say(heading: str, rules: tuple[Rule, ...]) -> None:
    assert said_on_the_page(heading) == {rule.table: rule.words for rule in rules}


def test_tables_without_an_age_share_their_reason() -> None:
    assert because("made anew", "plan", "map") == (Rule("plan", "made anew"), Rule("map", "made anew"))
