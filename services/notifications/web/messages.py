"""Pages of messages: what waits for a person, one message, and sending it again or settling it by hand."""

from collections.abc import Sequence
from datetime import datetime, time
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from chassis import readable
from chassis.calendar import at, london_date
from chassis.decision import Refused
from chassis.english import capital
from chassis.runner import Once
from chassis.service import Running
from chassis.storage import Connection
from chassis.web.access import record_read, record_reads
from chassis.web.fields import faults_of
from chassis.web.forms import Form, Posted
from chassis.web.look.words import count
from chassis.web.people import Person, signed_in
from chassis.web.problems import Fault, Problem
from chassis.web.start import Task
from schemas.told import MESSAGES
from schemas.words import RELATIONS
from services.notifications import acting, storage
from services.notifications.domain.by_hand import Release, SettleByHand
from services.notifications.domain.message import NOBODY
from services.notifications.domain.permissions import may
from services.notifications.domain.sending_again import SendAgain
from services.notifications.web.desk import Desk, shut_to

Seeing = Annotated[Person, Depends(signed_in("message:see"))]
Settling = Annotated[Person, Depends(signed_in("message:settle"))]
#: The parts of the list, by the word in the address: title and phases.
TABS = {
    "held": ("Waiting for a person", ("held", "failed")),
    "going": ("On their way", ("pending", "sending")),
    "done": ("Sent or settled", ("sent", "closed")),
    "all": ("Everything", ("pending", "sending", "held", "failed", "sent", "closed")),
}
WHY = {
    "uncertain": "It was handed over and no answer came. Look for its id in the log of the mail server, or of GOV.UK "
    "Notify.",
    "no-contact": "No way that we have leads to the person, or none in time, or their details did not come. Ask the "
    "school.",
    "nobody-may-be-told": "Nobody's permission to be told is recorded. Ask the school.",
    "stopped": "The child has died: nobody in the family is told anything about this referral.",
    "outlived": "Its day had come before it could go: a reminder would help nobody any more.",
    "overtaken": "What it says was overtaken by something newer while it waited.",
    "permanent-failure": "It came back: the number or address is wrong. Ask the school for the right one.",
    "temporary-failure": "It came back several times: the phone is off or the mailbox full. Ask for another one.",
    "expired": "It waited too long: it was put off ten times, or what it says is not news any more.",
    "too-late": "It waited too long, and nobody needs to hear it any more: later messages say how things stand.",
}
#: How far a message is, in words.
PHASES = {
    "pending": "To be sent",
    "sending": "Being sent",
    "sent": "Sent",
    "failed": "Could not be delivered",
    "held": "Waits for a person",
    "closed": "Settled without sending",
}
#: What became of one try.
BECAME = {
    "sent": "sent",
    "delivered": "arrived",
    "returned": "came back",
    "put-off": "put off, to be tried again",
    "failed": "refused",
    "uncertain": "no answer came",
    "let-go": "somebody let it go again",
}
#: What each kind of message says.
SAYS = MESSAGES
_MOST = 100
_DONE = {"release": "It is sent again.", "again": "It is sent once more.", "settle": "It is settled."}
#: So many messages of one kind in a day are a batch, whose progress is shown.
_A_BATCH = 20
_SOMEBODY = "somebody of the family"
_WAYS = {"email": "by e-mail", "text": "by text message", "letter": "by letter"}


def tasks(running: Running) -> tuple[Task, ...]:
    """The entries of the start page."""

    async def count(conn: Connection, person: Person) -> int:
        shut = await shut_to(running, conn, person)
        return len(await storage.messages(conn, ["held", "failed"], most=1000, without=shut))

    does = "What families are told: what waits for a person, what is on its way, what was sent."
    waiting = ("message waits for a person", "messages wait for a person")
    return (Task("Messages", "/messages", does, "message:see", "Messages", count, waiting),)


def router(desk: Desk) -> APIRouter:
    """The routes of messages."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/messages")
    async def listed(
        request: Request, person: Seeing, tab: str = "", reference: str = "", after: int = 0
    ) -> Response:
        """Messages in the order in which they were made, without anybody's address; of one referral all of them."""
        usual = "all" if reference else "held"
        return await _list(desk, request, person, tab if tab in TABS else usual, reference, after)

    @routes.get("/messages/{message_id}")
    async def one(request: Request, person: Seeing, message_id: str) -> Response:
        """One message: its state, who did what about it, when its page was opened."""
        return await _one(desk, request, person, message_id)

    @routes.post("/messages/{message_id}/{act}")
    async def settle(request: Request, person: Settling, message_id: str, act: str, form: Posted) -> Response:
        """Sends it (again), or closes it without sending."""
        if act not in _DONE:
            raise Problem(404, "unknown-act", "A message can be sent again or settled.")
        async with desk.running.pool.acquire() as conn:
            await desk.message(conn, person, message_id)
        command, faults = _command(person, message_id, act, form)
        if not faults:
            try:
                await acting.done(desk.running, command, _once(person, message_id, act, form.get("form")))
            except Refused as refusal:
                faults = faults_of(refusal)
        if faults:
            typed = {"reason": form.get("reason"), "told": form.get("told")}
            return await _one(desk, request, person, message_id, faults, act, typed)
        return desk.look.redirect("/messages", _DONE[act])

    return routes


async def _list(
    desk: Desk, request: Request, person: Person, tab: str, reference: str, after: int
) -> Response:
    async with desk.running.pool.acquire() as conn, conn.transaction():
        shut = await shut_to(desk.running, conn, person)
        wanted = await storage.referral_of(conn, readable.tidied(reference[:40])) if reference else None
        found: list[Any] = []
        if wanted or not reference:
            place = max(0, min(after, 2**62))
            found = await storage.messages(conn, list(TABS[tab][1]), wanted, place, _MOST, without=shut)
        await record_reads(conn, person, "messages", storage.whose(found, wanted))
        notices = await desk.notices(conn)
        more_of_each = await storage.to_whom(conn, [each["id"] for each in found])
        today = at(london_date(desk.running.clock.now()), time(0))
        batches = await storage.batches(conn, today, _A_BATCH)
    return desk.look.page(
        "messages/list.html",
        request,
        person=person,
        tab=tab,
        parts=[(code, title) for code, (title, _) in TABS.items()],
        rows=[each | _in_words(each, more_of_each[each["id"]]) for each in found],
        batches=batches,
        more=found[-1]["seq"] if len(found) == _MOST else None,
        reference=reference[:40],
        notices=notices,
        may_pause=may(person, "sending:pause"),
        why=WHY,
        phases=PHASES,
        says=SAYS,
    )


def _in_words(message: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    """To whom, by which way and when, and who read it on the page."""
    relation = more["relation"]
    to = "nobody" if message["person_id"] == NOBODY else RELATIONS.get(relation, _SOMEBODY)
    way = f", {_WAYS[message['channel']]}" if message.get("tried") else ""
    opened = f"The page was opened {count(more['opened'], 'time')}." if more["opened"] else ""
    made = datetime.fromisoformat(message["made_at"])
    return {
        "to": f"To {to}{way}",
        "made": made,
        "opened": opened,
        "last": more["last_opened"],
    }


def _try(one: dict[str, Any]) -> dict[str, Any]:
    """By which way and when it was tried, and what became of it."""
    return {
        "way": capital(_WAYS[one["channel"]]),
        "became": BECAME[one["outcome"]],
        "at": datetime.fromisoformat(one["at"]),
    }


def _command(person: Person, id: str, act: str, form: Form) -> tuple[acting.Act, list[Fault]]:
    """What a form asks for, and what is wrong with it."""
    reason, told = form.get("reason")[:500], form.get("told")
    why = Fault(field=f"{act}-reason", code="missing", message="Write why: it is kept with the message.")
    faults = [] if reason else [why]
    if act != "settle":
        return (Release if act == "release" else SendAgain)(id, person.id, reason), faults
    if told not in ("yes", "no"):
        message = "Choose whether they were told in another way."
        faults.append(Fault(field="told", code="not-chosen", message=message))
    return SettleByHand(id, told == "yes", person.id, reason), faults


def _once(person: Person, id: str, act: str, token: str) -> Once | None:
    return Once(f"{act}:{id}:{person.id}", token[:100], b"") if token else None


async def _one(
    desk: Desk,
    request: Request,
    person: Person,
    id: str,
    faults: Sequence[Fault] = (),
    act: str = "",
    typed: dict[str, str] | None = None,
) -> Response:
    async with desk.running.pool.acquire() as conn, conn.transaction():
        message = await desk.message(conn, person, id)
        together = await storage.told_together(conn, id)
        today = london_date(desk.running.clock.now())
        break_until = await storage.break_until(conn, message["person_id"], today)
        await record_read(conn, person, "message", id)
        notices = await desk.notices(conn)
    open_ = message["phase"] in ("held", "failed") and may(person, "message:settle")
    return desk.look.page(
        "messages/message.html",
        request,
        person=person,
        status=422 if faults else 200,
        problems=faults,
        message=message,
        tried=[_try(each) for each in message["tried"]],
        together=together,
        break_until=break_until if message["phase"] == "pending" else None,
        notices=notices,
        why=WHY,
        phases=PHASES,
        says=SAYS,
        may_settle=open_,
        may_send_again=message["phase"] == "sent" and may(person, "message:settle"),
        may_tell_code=message["person_id"] != NOBODY and may(person, "message:settle"),
        act=act,
        typed=typed or {},
        token=f"{message['tries']}-{len(message['notes'])}",
    )
