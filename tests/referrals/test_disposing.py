"""At the end of its retention what is held goes, counted first; a legal hold and an open referral keep it."""

from collections.abc import Awaitable, Callable
from datetime import date

from typer.testing import Result

from chassis import disposal
from services.referrals import disposing
from tests.referrals.conftest import Office
from tests.referrals.test_erasing import an_office
from tests.support.commands import typed

Offices = Callable[..., Awaitable[Office]]
BY = ("--by", "tom@staff.example")


async def disposed(it: Office, *more: str) -> Result:
    """The command as an operator types it."""
    return await typed(it.running, disposing.add, "dispose", *BY, "--second", "ada@staff.example", *more)


async def aged(office: Offices) -> tuple[Office, str, str]:
    """An office with a child whose referral has ended, and one whose has not, as if both were born long ago."""
    it, child = await an_office(office)
    other = await it.pool.fetchval("SELECT child_id FROM referral WHERE child_id <> $1", child)
    await it.pool.execute(
        "UPDATE person SET state = jsonb_set(state::jsonb, '{details,born}', '\"1990-01-01\"')::json "
        "WHERE born IS NOT NULL"
    )
    return it, child, other


async def test_it_is_counted_first_and_nothing_goes(office: Offices) -> None:
    it, _, other = await aged(office)
    done = await disposed(it)
    assert "would dispose of 1 children, nothing by age, 1 children stay" in done.output
    assert f"{other} stays: still-open" in done.output
    assert await it.pool.fetchval("SELECT count(*) FROM referral") == 2


async def test_whose_time_is_over_is_erased_with_the_end_of_retention_as_the_ground(office: Offices) -> None:
    it, child, other = await aged(office)
    done = await disposed(it, "--yes")
    assert "disposed of 1 children" in done.output, done.output
    assert [row["child_id"] for row in await it.pool.fetch("SELECT child_id FROM referral")] == [other]
    assert await it.pool.fetchval("SELECT state ->> 'ground' FROM erasure") == "retention-ended"
    assert await it.pool.fetchval("SELECT count(*) FROM erased WHERE id = $1", child) == 1
    outcome = await it.pool.fetchval("SELECT outcome FROM operator_action WHERE did = 'dispose'")
    assert outcome == "1 children, nothing by age, 1 children stay"


async def test_who_is_younger_stays(office: Offices) -> None:
    it, _ = await an_office(office)
    assert "would dispose of 0 children" in (await disposed(it)).output


async def test_a_legal_hold_keeps_it_until_it_is_lifted(office: Offices) -> None:
    it, child, _ = await aged(office)
    held = await typed(it.running, disposing.add, "hold", child, *BY, "--reason", "tribunal 17")
    assert f"{child} is held" in held.output
    assert f"{child} stays: legal-hold" in (await disposed(it, "--yes")).output
    again = await typed(it.running, disposing.add, "hold", child, *BY, "--reason", "tribunal 17")
    assert "held already" in again.output
    await typed(it.running, disposing.add, "lift-hold", child, *BY, "--reason", "it is over")
    assert "disposed of 1 children" in (await disposed(it, "--yes")).output


async def test_nobody_is_held_under_an_id_that_is_nobody_s(office: Offices) -> None:
    it, child = await an_office(office)
    done = await typed(it.running, disposing.add, "hold", f"{child}0", *BY, "--reason", "tribunal 17")
    assert "copy it letter by letter" in done.output
    assert await it.pool.fetchval("SELECT count(*) FROM legal_hold") == 0


async def test_old_questions_go_by_their_own_age(office: Offices) -> None:
    it, _ = await an_office(office)
    await it.pool.execute(
        "INSERT INTO enquiry "
        "(id, version, said, state, reference, urn, area, destination, status, asked_at, answer_by) "
        "SELECT n::text, 1, 0, json_build_object('changed_at', at), n::text, '1', 'a', 'ask-sali', status, at, now() "
        "FROM (VALUES (1, 'answered', timestamptz '2010-01-01'), (2, 'answered', now()), "
        "(3, 'new', timestamptz '2010-01-01')) AS given(n, status, at)"
    )
    assert "1 of enquiry by age" in (await disposed(it, "--yes")).output
    assert [row["id"] for row in await it.pool.fetch("SELECT id FROM enquiry ORDER BY id")] == ["2", "3"]


async def test_the_daily_run_says_how_many_children_wait_and_erases_none(office: Offices) -> None:
    it, _, _ = await aged(office)
    await disposal.on_day(it.running, date(2026, 3, 2))
    outcome = await it.pool.fetchval("SELECT outcome FROM operator_action WHERE did = 'retention'")
    assert outcome == "nothing went; 2 of children wait for two people's yes"
    assert await it.pool.fetchval("SELECT count(*) FROM referral") == 2


async def test_one_person_alone_disposes_of_nothing(office: Offices) -> None:
    it, _, _ = await aged(office)
    done = await typed(it.running, disposing.add, "dispose", *BY, "--second", "tom@staff.example", "--yes")
    assert "Somebody else has to agree" in done.output
    assert await it.pool.fetchval("SELECT count(*) FROM referral") == 2
