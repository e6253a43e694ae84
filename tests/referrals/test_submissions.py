"""Referrals that school systems put onto Kafka, signed and sealed."""

import json
from dataclasses import replace
from typing import Any

import pytest
from joserfc.jwk import ECKey

from tests.referrals.builders import form, upn_of
from tests.referrals.conftest import SCHOOL_SYSTEM, Office, Offices, submission

STRANGER = ECKey.generate_key("P-256", {"kid": "stranger"}, private=True)
IMPOSTOR = ECKey.generate_key("P-256", {"kid": "mis-1"}, private=True)


async def answers(it: Office) -> list[dict[str, Any]]:
    rows = await it.pool.fetch(
        "SELECT payload FROM outbox WHERE topic = 'submission-answers.v1' ORDER BY seq"
    )
    return [json.loads(row["payload"]) for row in rows]


async def test_a_submission_is_taken_routed_and_answered(office: Offices) -> None:
    it = await office()
    await it.applies(submission(form()))
    (answer,) = await answers(it)
    assert answer["submission_id"] == "17"
    read = (await it.get(f"/api/referrals/{answer['reference']}")).json()
    assert read["referral_id"] == answer["referral_id"]
    assert await it.parked() == []


async def test_a_submission_that_comes_twice_becomes_one_referral_and_one_answer(office: Offices) -> None:
    it = await office()
    await it.applies(submission(form()), submission(form(), offset=1))
    await it.applies(submission(form(), offset=2))
    assert len(await answers(it)) == 1
    assert await it.pool.fetchval("SELECT count(*) FROM referral") == 1


async def test_the_same_id_with_another_form_is_parked(office: Offices) -> None:
    it = await office()
    await it.applies(submission(form()))
    await it.applies(submission(form(narrative="Another."), offset=1))
    assert await it.parked() == ["its id came before with another content"]


async def test_a_faulty_submission_is_answered_with_its_faults_and_never_a_value(office: Offices) -> None:
    it = await office()
    given = form(child__upn="Quetzalcoatl", child__born="Quetzalcoatl", Quetzalcoatl="x")
    await it.applies(submission(given), submission(b"no json", id="18", offset=1))
    first, second = await answers(it)
    assert {(f["field"], f["code"]) for f in first["faults"]} == {
        ("child.upn", "upn-invalid"),
        ("child.born", "not-a-date"),
        ("*", "unknown-field"),
    }
    assert [f["code"] for f in second["faults"]] == ["not-json"]
    assert "Quetzalcoatl" not in json.dumps([first, second])
    assert await it.pool.fetchval("SELECT count(*) FROM person") == 0


async def test_a_senders_own_ids_go_no_further_unless_they_are_random_ones(office: Offices) -> None:
    it = await office()
    sent = submission(form())
    odd = [("ce_correlationid", b"Quetzalcoatl"), ("traceparent", b"00-Quetzalcoatl-0-01")]
    await it.applies(replace(sent, headers=[*sent.headers, *odd]))
    rows = await it.pool.fetch("SELECT headers::text FROM outbox")
    assert len(rows) > 3
    assert not [row for row in rows if "Quetzalcoatl" in row["headers"]]


async def test_a_sender_may_submit_only_for_its_own_schools(office: Offices) -> None:
    it = await office()
    await it.applies(submission(form(urn="900002")))
    (answer,) = await answers(it)
    assert [f["code"] for f in answer["faults"]] == ["urn-not-yours"]


async def test_one_bad_submission_does_not_hold_up_the_others(office: Offices) -> None:
    it = await office()
    await it.applies(
        submission(form(), "1", signer=STRANGER),
        submission(form(child__upn=upn_of(2)), "2", offset=1),
        submission(form(), "3", offset=2, record="/school-systems/mis 2"),
        submission(form(child__upn=upn_of(4)), "4", offset=3),
    )
    assert [a["submission_id"] for a in await answers(it)] == ["2", "4"]
    assert len(await it.parked()) == 2


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ({"signer": STRANGER}, "the value names no key that is known here"),
        ({"signer": IMPOSTOR}, "the signature is not right"),
        ({"record": "/school-systems/mis 99"}, "the signature is for another record"),
        ({"record": ""}, "the signature is for another record"),
        ({"source": "/school-systems/other"}, "ce_source is not the one registered"),
        ({"type": "referral.received.v1"}, "only referral-submission.v1 belongs"),
        ({"id": "Wilf Hazelden"}, "ce_id is not"),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_what_is_not_to_be_trusted_is_parked_with_its_reason(
    office: Offices, bad: dict[str, Any], reason: str
) -> None:
    it = await office()
    await it.applies(submission(form(), **{"signer": SCHOOL_SYSTEM, **bad}))
    (parked,) = await it.parked()
    assert reason in parked
    assert "Wilf" not in parked
    assert await answers(it) == []
