"""What comes wrong, or only looks wrong, by either door: the API and the events answer the same."""

import asyncio
import json
from datetime import timedelta
from typing import Any

import pytest

from chassis.web.app import LARGEST_BODY
from tests.referrals.builders import TODAY, body, form
from tests.referrals.conftest import Office, Offices, submission

Faults = set[tuple[str, str]]
TOMORROW = str(TODAY + timedelta(days=1))


def written(path: str, value: str, **changes: Any) -> bytes:
    """The sound form with the JSON of one field written as it is, which no library would write."""
    return body(form(**{path: "HERE"}, **changes)).replace(b'"HERE"', value.encode(), 1)


#: What somebody sends, and what they are told is wrong with it.
REFUSED: dict[str, tuple[bytes, Faults]] = {
    "a UPN with a wrong letter": (body(form(child__upn="Q207000016049")), {("child.upn", "upn-invalid")}),
    "no UPN and no reason why": (body(form(child__upn=...)), {("child.upn", "upn-or-reason")}),
    "a birth date tomorrow": (body(form(child__born=TOMORROW)), {("child.born", "date-in-future")}),
    "somebody of 26": (
        body(form(child__born="2000-03-03", child__email="w@example.org")),
        {("child.born", "age-out-of-range")},
    ),
    "a year group that does not fit the age": (
        body(form(child__year_group=9)),
        {("child.year_group", "year-group-age")},
    ),
    "no specialist assessment, with a plan": (
        body(form(child__sen_provision="E", child__primary_need="NSA")),
        {("child.primary_need", "nsa-only-with-k")},
    ),
    "a birth date as seconds since 1970": (
        body(form(child__born="1463443200")),
        {("child.born", "not-a-date")},
    ),
    "a day of agreement as seconds since 1970": (
        body(form(agreement__on="1771545600")),
        {("agreement.on", "not-a-date")},
    ),
    "a name of 10,000 characters": (
        body(form(child__family_name="x" * 10_000)),
        {("child.family_name", "too-long")},
    ),
    "a story of 10,000 characters": (body(form(narrative="x" * 10_000)), {("narrative", "too-long")}),
    "a bell in a name": (
        body(form(child__given_name="Wi\u0007lf")),
        {("child.given_name", "unreadable-characters")},
    ),
    "half of a character": (written("narrative", r'"Wilf \ud83d"'), {("", "not-json")}),
    "no number for a year group": (written("child__year_group", "NaN"), {("child.year_group", "wrong-type")}),
    "a list in a list, ninety deep": (
        written("narrative", "[" * 90 + "]" * 90),
        {("narrative", "wrong-type")},
    ),
    "a list in a list, a hundred thousand deep": (
        written("narrative", "[" * 100_000 + "]" * 100_000),
        {("", "not-json")},
    ),
    "a field twice": (
        body(form()).replace(b'"asks_for"', b'"asks_for": "advice", "asks_for"', 1),
        {("asks_for", "repeated-field")},
    ),
    "a child's birth date twice, and a wrong UPN": (
        body(form(child__upn="Q207000016049")).replace(b'"born"', b'"born": "2016-05-18", "born"', 1),
        {("child.born", "repeated-field"), ("child.upn", "upn-invalid")},
    ),
    "a field that the form has not, twice": (
        body(form(child__Wilf="x")).replace(b'"Wilf": ', b'"Wilf": "y", "Wilf": ', 1),
        {("child.*", "unknown-field"), ("child.*", "repeated-field")},
    ),
    "an address that ends with a full stop": (
        body(form(adults__0__email="kim@example.org.")),
        {("adults.0.email", "email-invalid")},
    ),
    "texts, and no number to send them to": (
        body(form(adults__0__channel="text", adults__0__phone=...)),
        {("adults.0.channel", "channel-unreachable")},
    ),
    "a list of forms": (b"[" + body(form()) + b"]", {("", "not-json")}),
    "half a form": (body(form())[:-20], {("", "not-json")}),
}
FROM_ABROAD: dict[str, Any] = {"child__upn": ..., "child__no_upn_reason": "from-abroad"}
#: What looks odd, and is as it should be.
TAKEN: dict[str, bytes] = {
    "a temporary UPN": body(form(child__upn="Z91940002301A")),
    "no UPN, and the reason": body(form(**FROM_ABROAD)),
    "no specialist assessment at SEN support": body(form(child__primary_need="NSA", child__other_needs=[])),
    "emoji": body(form(**FROM_ABROAD, narrative="Loves 🚂 and 👩‍👧‍👦.")),
    "emoji in the name of somebody who is sent texts": body(form(
        **FROM_ABROAD, adults__0__given_name="Jo 🙂", adults__0__channel="text", adults__0__phone="0044 7700 900123"
    )),
    "a landline for texts": body(form(**FROM_ABROAD, adults__0__channel="text", adults__0__phone="01438 555010")),
    "text from right to left": body(form(**FROM_ABROAD, child__given_name="עומר", narrative="يحب القطارات")),
}  # fmt: skip


@pytest.fixture
async def it(office: Offices) -> Office:
    return await office(log_level="ERROR")


async def by_http(it: Office, sent: bytes) -> Faults | str:
    answer = await it.post("/api/referrals?duplicate=continue", sent)
    if answer.status_code == 202:
        return "taken"
    assert (answer.status_code, answer.headers["Content-Type"]) == (422, "application/problem+json")
    return {(each["field"], each["code"]) for each in answer.json()["errors"]}


async def by_events(it: Office, sent: list[bytes]) -> list[Faults | str]:
    await it.applies(*(submission(each, id=str(n), offset=n) for n, each in enumerate(sent)))
    rows = await it.pool.fetch("SELECT payload FROM outbox WHERE topic = 'submission-answers.v1'")
    said = {int(answer["submission_id"]): answer for answer in (json.loads(row["payload"]) for row in rows)}
    return [
        {(each["field"], each["code"]) for each in said[n]["faults"]} if "faults" in said[n] else "taken"
        for n in range(len(sent))
    ]


async def test_the_api_names_what_is_wrong_with_each(it: Office) -> None:
    found = {what: await by_http(it, sent) for what, (sent, _) in REFUSED.items()}
    assert found == {what: faults for what, (_, faults) in REFUSED.items()}
    assert await it.pool.fetchval("SELECT count(*) FROM referral") == 0


async def test_the_events_door_says_the_same(it: Office) -> None:
    found = await by_events(it, [sent for sent, _ in REFUSED.values()])
    assert dict(zip(REFUSED, found, strict=True)) == {what: faults for what, (_, faults) in REFUSED.items()}
    assert await it.parked() == []


async def test_what_only_looks_odd_is_taken_by_the_api(it: Office) -> None:
    assert {what: await by_http(it, sent) for what, sent in TAKEN.items()} == dict.fromkeys(TAKEN, "taken")
    asked = await it.pool.fetch("SELECT DISTINCT state ->> 'asks_for' AS it FROM referral")
    assert [row["it"] for row in asked] == ["advice"]


async def test_and_by_the_events_door(it: Office) -> None:
    assert await by_events(it, list(TAKEN.values())) == ["taken"] * len(TAKEN)


async def test_what_is_written_from_right_to_left_comes_back_as_it_was_written(it: Office) -> None:
    reference = await it.refer(TAKEN["text from right to left"])
    read = await it.pool.fetchval(
        "SELECT p.state::text FROM papers p JOIN referral r USING (id) WHERE r.reference = $1", reference
    )
    assert json.loads(read)["papers"]["narrative"] == "يحب القطارات"


@pytest.mark.parametrize(
    "kind", ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data"]
)
async def test_a_form_that_is_not_sent_as_json_is_refused(it: Office, kind: str) -> None:
    headers = {"Authorization": "Bearer school", "Content-Type": kind}
    answer = await it.http.post("/api/referrals", content=body(form()), headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported-media-type")


async def test_a_form_whose_words_are_more_than_can_be_passed_on_is_refused(it: Office) -> None:
    """Each of them may be as long as it is, and the body too; sealed, they would be more than Kafka takes."""
    longest = form()["tried"][0] | {"put_in_place": "\u20ac" * 8000, "changed": "\u20ac" * 8000}
    sent = json.dumps(form(tried=[longest] * 20), ensure_ascii=False).encode()
    assert len(sent) < LARGEST_BODY
    answer = await it.post("/api/referrals", sent)
    assert (answer.status_code, answer.json()["code"]) == (409, "too-long")
    assert await it.said() == []


async def test_fifty_identical_posts_at_once_are_one_referral(it: Office) -> None:
    answers = await asyncio.gather(*(it.post("/api/referrals", form(), key="k") for _ in range(50)))
    assert len({answer.json()["reference"] for answer in answers}) == 1
    assert await it.pool.fetchval("SELECT count(*) FROM referral") == 1


async def test_fifty_identical_questions_at_once_are_one_question(it: Office) -> None:
    given = {"kind": "sali-question", "urn": "900001", "question": "How do we plan a move to year 7?"}
    answers = await asyncio.gather(*(it.post("/api/enquiries", given, key="k") for _ in range(50)))
    assert len({answer.json()["reference"] for answer in answers}) == 1
    assert await it.pool.fetchval("SELECT count(*) FROM enquiry") == 1


@pytest.mark.parametrize("day", ["86400", "0", "2026-03-01T00:00:00", "２０２６-03-01", 20260301, None])
async def test_a_day_is_written_as_year_month_and_day(it: Office, day: Any) -> None:
    url = f"/api/referrals/{await it.refer(form())}/ask"
    answer = await it.post(url, {"question": "Since when?", "by_day": day}, "team")
    assert [each["field"] for each in answer.json()["errors"]] == ["by_day"]
