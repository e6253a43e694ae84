"""One action stops all sending, and another lets it go on: nothing is lost and nothing is sent twice."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from typer.testing import Result

from chassis.decision import Refused
from chassis.testing import Bench
from services.notifications import handlers
from services.notifications.domain.pausing import ALL, PAUSE, Pause, PauseAll, ResumeAll, restored
from services.notifications.held import commands
from services.notifications.measuring import unsent
from tests.notifications.builders import FATHER, MOTHER, NOW, details, received, routed
from tests.notifications.conftest import READER, House
from tests.notifications.test_pages import HERE, as_
from tests.notifications.test_sender import Post, a_sender
from tests.notifications.test_web import AS_OPERATOR, browser
from tests.support.commands import typed

Houses = Callable[..., Awaitable[House]]


def a_bench() -> Bench:
    return Bench(handlers.build((), timedelta(days=2)), NOW)


def the_pause(bench: Bench) -> Pause:
    pause = bench.state(PAUSE, ALL)
    assert pause is not None
    return pause


def test_every_turn_is_kept_with_who_and_why() -> None:
    bench = a_bench()
    bench.deliver(PauseAll("tom", " a wrong date went out "))
    bench.deliver(ResumeAll("ann", "the list is mended"))
    turns = [(turn.who, turn.did, turn.why) for turn in the_pause(bench).turns]
    assert turns == [("tom", "paused", "a wrong date went out"), ("ann", "resumed", "the list is mended")]
    assert not the_pause(bench).paused


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (PauseAll("ann", "again"), "paused-already"),
        (ResumeAll("ann", "  "), "reason-missing"),
        (ResumeAll("ann", "as it was seen before", seen=0), "changed-meanwhile"),
    ],
)
def test_a_pause_is_turned_once_with_a_reason_and_as_it_was_seen(command: object, code: str) -> None:
    bench = a_bench()
    bench.deliver(PauseAll("tom", "a wrong date went out", seen=0))
    with pytest.raises(Refused, match=code):
        bench.deliver(command)
    assert the_pause(bench).paused


def test_each_turn_is_a_fact_without_who_and_why_and_leads_back_to_the_pause_once() -> None:
    bench = a_bench()
    facts: list[Any] = bench.deliver(PauseAll("tom", "a wrong date")) + bench.deliver(
        ResumeAll("tom", "mended")
    )
    assert [type(fact).type for fact in facts] == ["sending.paused.v1", "sending.resumed.v1"]
    assert not any("tom" in fact.model_dump_json() or "wrong" in fact.model_dump_json() for fact in facts)
    known: Pause | None = None
    for fact, paused in ((facts[0], True), (facts[0], True), (facts[1], False), (facts[0], False)):
        known = restored(known, fact)
        assert known.paused is paused
    assert known is not None
    assert known.number == the_pause(bench).number
    assert restored(the_pause(bench), facts[1]) == the_pause(bench), "what a backup knows better stays"


def test_what_is_not_paused_cannot_be_resumed() -> None:
    with pytest.raises(Refused, match="not-paused"):
        a_bench().deliver(ResumeAll("tom", "why not"))


async def with_two_to_tell(house: Houses) -> House:
    it = await house(public_url=HERE)
    await it.hear(received(tell=(MOTHER, FATHER)), routed(), details(MOTHER), details(FATHER))
    return it


async def test_while_all_is_paused_nothing_goes_out_and_afterwards_each_goes_once(house: Houses) -> None:
    it = await with_two_to_tell(house)
    post = Post()
    sender = a_sender(it, post)
    await it.running.runner.command(PauseAll("tom", "a wrong date went out"))
    assert await sender.send_group() == 0
    assert await unsent(it.running) is None
    assert {phase for _, _, phase, _ in await it.phases()} == {"pending"}

    await it.running.runner.command(ResumeAll("tom", "mended"))
    while await sender.send_group():
        pass
    assert sorted(letter.to for letter in post.letters) == [
        "p-father@families.example",
        "p-mother@families.example",
    ]


async def test_a_service_manager_pauses_by_the_page_and_every_page_of_messages_says_so(house: Houses) -> None:
    it = await with_two_to_tell(house)
    tom = await as_(it, "tom")
    assert "Pause or resume all sending" in (await tom.get("/messages")).text
    without = await tom.post("/sending", act="pause", seen="0", reason=" ")
    assert without.status_code == 422
    assert "Say why" in without.text
    assert (
        await tom.post("/sending", act="pause", seen="0", reason="A wrong date went out")
    ).status_code == 303
    message: str = await it.pool.fetchval("SELECT id FROM message LIMIT 1")
    for path in ("/messages", f"/messages/{message}"):
        assert "All sending is paused: A wrong date went out" in (await tom.get(path)).text

    page = (await tom.get("/sending")).text
    assert "2 messages wait" in page
    assert "paused by Tom: A wrong date went out" in page
    stale = await tom.post("/sending", act="resume", seen="0", reason="Mended")
    assert stale.status_code == 422
    assert (await tom.post("/sending", act="resume", seen="1", reason="Mended")).status_code == 303
    assert "All sending is paused" not in (await tom.get("/messages")).text
    other = await as_(it, "school", "school-user")
    assert (await other.get("/sending")).status_code == 403
    assert (await other.post("/sending", act="pause", seen="2", reason="x")).status_code == 403


async def test_a_form_that_neither_pauses_nor_resumes_changes_nothing(house: Houses) -> None:
    it = await with_two_to_tell(house)
    answer = await (await as_(it, "tom")).post("/sending", act="perhaps", seen="0", reason="A wrong date")
    assert answer.status_code == 422
    assert "Choose whether to pause or to resume" in answer.text
    assert not await it.pool.fetchval("SELECT EXISTS (SELECT FROM pause WHERE paused)")


async def test_a_mail_server_that_is_away_is_said_on_the_pages_of_messages(house: Houses) -> None:
    it = await with_two_to_tell(house)
    tom = await as_(it, "tom")
    it.running.parts.stopped("mail", "the mail server cannot be reached")
    assert "Messages are held up: the mail server cannot be reached." in (await tom.get("/messages")).text
    it.running.parts.well("mail")
    assert "held up" not in (await tom.get("/messages")).text


async def test_a_program_pauses_with_the_scope_for_it_and_a_reason(house: Houses) -> None:
    it = await with_two_to_tell(house)
    async with browser(it) as program:
        reader = {"Authorization": f"Bearer {READER}"}
        assert (
            await program.post("/api/sending/pause", json={"reason": "x"}, headers=reader)
        ).status_code == 403
        assert (await program.post("/api/sending/pause", json={}, headers=AS_OPERATOR)).status_code == 422
        done = await program.post("/api/sending/pause", json={"reason": "a wrong date"}, headers=AS_OPERATOR)
        assert done.json() == {"sending": "paused"}
        shown = (await program.get("/api/sending", headers=AS_OPERATOR)).json()
        assert (shown["paused"], shown["waiting"], shown["turns"][0]["who"]) == (True, 2, "ops")
        done = await program.post("/api/sending/resume", json={"reason": "mended"}, headers=AS_OPERATOR)
        assert done.json() == {"sending": "resumed"}


async def test_an_operator_pauses_by_a_command(house: Houses) -> None:
    it = await with_two_to_tell(house)

    async def sending_(*words: str) -> Result:
        return await typed(it.running, commands, "sending", *words)

    assert "messages are sent" in (await sending_("show")).output
    assert (await sending_("pause", "--reason", "a wrong date", "--by", "ann")).exit_code == 0
    again = await sending_("pause", "--reason", "a wrong date", "--by", "ann")
    assert again.exit_code == 2
    shown = (await sending_("show")).output
    assert "all sending is paused" in shown
    assert "a wrong date" in shown
    assert (await sending_("resume", "--reason", "mended", "--by", "ann")).exit_code == 0
