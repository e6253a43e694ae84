"""What a family wrote about a referral, and answering it: by the school, or by whoever works on the referral."""

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import APIRouter, Request, Response

from chassis.decision import Refused
from chassis.service import Running
from chassis.storage import Connection
from chassis.web.access import record_read
from chassis.web.fields import faults_of
from chassis.web.forms import Posted
from chassis.web.people import Person
from chassis.web.problems import Fault, Problem
from chassis.web.start import Task
from services.referrals import storage
from services.referrals.domain.family_words import ABOUT, AnswerFamily, FamilyWords
from services.referrals.domain.permissions import Subject, may, reach
from services.referrals.domain.referral import Referral
from services.referrals.storage.family_words import Waiting
from services.referrals.web.desk import Desk, Looking, names, visible

_PATH = "/referrals/{reference}/family/{words_id}"
_DONE = "Your answer is on the family’s page, and the family is told of it."


def shown(
    words: Sequence[FamilyWords], people: Mapping[str, Any], known: Mapping[str, str], answers: bool
) -> list[dict[str, Any]]:
    """What a family wrote, as the referral's page lists it; ``answers`` is whether whoever reads may answer."""
    return [
        {
            "id": each.id,
            "who": _name(people.get(each.person_id)),
            "about": ABOUT[each.about] if each.about else "",
            "words": each.words,
            "said_at": each.said_at,
            "answer": each.answer,
            "answered_at": each.answered_at,
            "answered_by": known.get(each.answered_by or "", "Somebody"),
            "answers": answers and each.answer is None,
        }
        for each in words
    ]


def answerers(words: Sequence[FamilyWords]) -> list[str]:
    """The staff ids of those who answered."""
    return [each.answered_by for each in words if each.answered_by]


def may_answer(person: Person, subject: Subject) -> bool:
    """Whether the referral is this person's school's, or theirs to work on."""
    return may(person, "referral:change", subject) or may(person, "referral:work", subject)


def tasks(running: Running) -> tuple[Task, ...]:
    """The entry of the start page: how much waits for an answer of this person's school or team."""

    async def count(conn: Connection, person: Person) -> int:
        return len(await _waiting(conn, person))

    does = "Read and answer what families write on their private page about a referral."
    words = ("waits for an answer", "wait for an answer")
    return (Task("What families wrote", "/family-words", does, "referral:see", count=count, waiting=words),)


async def _waiting(conn: Connection, person: Person) -> list[Waiting]:
    found = [
        each
        for action in ("referral:change", "referral:work")
        for each in await storage.words_that_wait(conn, reach(person, action))
    ]
    return list({each.words.id: each for each in found}.values())


def router(desk: Desk) -> APIRouter:
    """What waits, and the page of one writing."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/family-words")
    async def listed(person: Looking, request: Request) -> Response:
        """What waits for an answer, without the words and without a name."""
        async with desk.running.pool.acquire() as conn:
            waiting = await _waiting(conn, person)
        return desk.look.page("referral/families.html", request, person=person, rows=waiting, about=ABOUT)

    @routes.get(_PATH)
    async def show(reference: str, words_id: str, person: Looking, request: Request) -> Response:
        """The words, and where they are answered. The read is recorded."""
        referral, words, who = await _read(desk, person, reference, words_id)
        return _form(desk, person, request, referral, words, who)

    @routes.post(_PATH)
    async def answer(
        reference: str, words_id: str, person: Looking, form: Posted, request: Request
    ) -> Response:
        """Answers; who was later than another is shown what the other wrote."""
        referral, words, who = await _read(desk, person, reference, words_id)
        typed = form.get("answer")
        try:
            await desk.running.runner.command(AnswerFamily(words.id, referral.id, person.id, typed))
        except Refused as refusal:
            referral, words, who = await _read(desk, person, reference, words_id)
            faults = faults_of(refusal, "answer")
            return _form(desk, person, request, referral, words, who, typed, faults)
        return desk.look.redirect(f"/referrals/{referral.reference}", _DONE)

    return routes


async def _read(
    desk: Desk, person: Person, reference: str, words_id: str
) -> tuple[Referral, FamilyWords, dict[str, str]]:
    """The referral, the writing, and the names of who wrote and who answered. Raises Problem 404 and 403."""
    async with desk.running.pool.acquire() as conn, conn.transaction():
        referral, subject = await visible(conn, desk, person, reference)
        if not may_answer(person, subject):
            raise Problem(403, "not-yours-to-do", "You may read this referral; somebody else answers.")
        found = await storage.words_of_family(conn, referral.id)
        words = next((each for each in found if each.id == words_id), None)
        if words is None:
            raise Problem(404, "unknown-page", "There is nothing at this address.")
        await record_read(conn, person, "family-words", words.id)
        people = await storage.persons_of(conn, [words.person_id])
        known = await names(conn, [words.answered_by] if words.answered_by else [])
    by = known.get(words.answered_by or "", "Somebody")
    return referral, words, {"wrote": _name(people.get(words.person_id)), "answered": by}


def _form(
    desk: Desk,
    person: Person,
    request: Request,
    referral: Referral,
    words: FamilyWords,
    who: dict[str, str],
    typed: str = "",
    faults: Sequence[Fault] = (),
) -> Response:
    return desk.look.page(
        "referral/family.html",
        request,
        person=person,
        status=422 if faults else 200,
        problems=faults,
        reference=referral.reference,
        words=words,
        about=ABOUT[words.about] if words.about else "",
        who=who,
        typed=typed,
    )


def _name(person: Any) -> str:
    return f"{person.given_name} {person.family_name}" if person else "Somebody of the family"
