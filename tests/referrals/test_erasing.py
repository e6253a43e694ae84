"""Erasing a person: two say yes, nothing is left of them here, and nothing brings them back."""

import json
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from typer.testing import Result

from chassis.decision import Refused
from chassis.erasure import ERASURE, ordered
from schemas.erasure_v1 import PersonErased
from services.referrals import erasing
from services.referrals.domain.commands import WithdrawReferral
from services.referrals.domain.erasing import ErasePerson
from services.referrals.domain.identity import Ids
from services.referrals.scanning import Tidier
from tests.referrals.builders import NOW, SECRET, bench, form
from tests.referrals.conftest import Office
from tests.referrals.people import joins, signs_in, staff_id
from tests.referrals.test_files import PDF, objects, stored, vault
from tests.support.commands import typed
from tests.support.forms import a_upn

Offices = Callable[..., Awaitable[Office]]
OTHER_CHILD = {
    "child__given_name": "Saffron",
    "child__upn": a_upn(23002),
    "child__family_name": "Otherby",
    "child__address": "7 Elm Road",
    "adults__0__given_name": "Mo",
    "adults__0__family_name": "Otherby",
    "adults__0__email": "mo@families.example.org",
    "adults__0__phone": "07700 900111",
    "agreement__by": "Mo Otherby",
    "narrative": "Saffron is often tired after lunch, and then cannot settle to anything at all.",
    "tried": [],
}
#: Words of the form that stand nowhere once its child is erased.
WORDS = ("Wilf", "Hazelden", "4 Mill Lane", "visual timetable", "ines@families", "07700 900456", "Ines")


async def erased(
    it: Office, id: str, *more: str, second: str = "ada", ground: str = "objection-upheld"
) -> Result:
    """The command as an operator types it."""
    words = (
        "person",
        "erase",
        id,
        "--ground",
        ground,
        "--by",
        "subject tom",
        "--second",
        f"{second}@staff.example",
        "--reason",
        "upheld on 2 March",
    )
    return await typed(it.running, erasing.add, *words, *more)


async def an_office(office: Offices) -> tuple[Office, str]:
    """An office with two managers and two children; the referral of the first is withdrawn. Answers its child's id."""
    it = await office()
    await joins(it, "tom", ("service-manager", None))
    await joins(it, "ada", ("administrator", None))
    reference = await it.refer(form())
    await it.refer(form(**OTHER_CHILD))
    row = await it.pool.fetchrow("SELECT id, child_id FROM referral WHERE reference = $1", reference)
    assert row is not None
    await it.running.runner.command(WithdrawReferral(row["id"], "sent-in-error", by="school"))
    return it, row["child_id"]


async def everything(it: Office) -> str:
    """Every row of every table as text, and what waits in the outbox as its readers open it."""
    tables = await it.pool.fetch(
        "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        "WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT c.relispartition"
    )
    found = []
    for table in tables:
        found += [row["t"] for row in await it.pool.fetch(f"SELECT t::text FROM {table['relname']} t")]
    for row in await it.pool.fetch("SELECT topic, payload FROM outbox WHERE payload LIKE 'ey%'"):
        found.append(it.running.seals.open(row["topic"], row["payload"]).decode())
    return "\n".join(found)


async def test_nothing_is_left_of_the_child_and_its_adults_and_all_of_the_other_child(
    office: Offices,
) -> None:
    it, child = await an_office(office)
    before = await everything(it)
    assert all(word in before for word in WORDS)
    done = await erased(it, child, "--yes")
    assert done.exit_code == 0, done.output
    after = await everything(it)
    assert [word for word in WORDS if word in after] == []
    assert "Saffron" in after
    assert await it.pool.fetchval("SELECT count(*) FROM referral") == 1


async def test_what_was_published_is_taken_back_and_the_others_are_told(office: Offices) -> None:
    it, child = await an_office(office)
    await erased(it, child, "--yes")
    rows = await it.pool.fetch(
        "SELECT topic, version, headers::text AS h FROM outbox WHERE payload IS NULL ORDER BY seq"
    )
    assert sorted((row["topic"], row["version"]) for row in rows) == [
        ("personal-details.v1", 2),
        ("personal-details.v1", 2),
        ("referral-papers.v1", 2),
    ]
    assert all("record.erased.v1" in row["h"] for row in rows)
    fact = await it.pool.fetchval("SELECT payload FROM outbox WHERE headers::text LIKE '%person.erased.v1%'")
    told = json.loads(fact)
    assert told["person_ids"][0] == child
    assert (len(told["person_ids"]), len(told["referral_ids"]), told["ground"]) == (2, 1, "objection-upheld")


async def test_nothing_falls_due_any_more_for_the_referral(office: Offices) -> None:
    it, child = await an_office(office)
    rows = await it.pool.fetch("SELECT id FROM referral ORDER BY child_id <> $1", child)
    for row in rows:
        await it.pool.execute(
            "INSERT INTO due_work (kind, id, what, at) VALUES ('referral', $1, 'planted', $2)", row["id"], NOW
        )
    await erased(it, child, "--yes")
    left = await it.pool.fetch("SELECT id FROM due_work WHERE what = 'planted'")
    assert [row["id"] for row in left] == [rows[1]["id"]]


async def test_it_is_only_said_what_would_be_erased_until_somebody_says_yes(office: Offices) -> None:
    it, child = await an_office(office)
    done = await erased(it, child)
    assert "would erase 1 person (1 records), 1 referrals, 1 adults" in done.output
    assert await it.pool.fetchval("SELECT count(*) FROM referral") == 2
    assert await it.pool.fetchval("SELECT count(*) FROM erased") == 0


@pytest.mark.parametrize(
    ("second", "sentence"),
    [("tom", "Somebody else has to agree"), ("una", "Only administrators"), ("zoe", "Nobody who works here")],
)
async def test_a_second_person_who_may_has_to_agree(office: Offices, second: str, sentence: str) -> None:
    it, child = await an_office(office)
    await joins(it, "una", ("sali-officer", None))
    done = await erased(it, child, "--yes", second=second)
    assert (done.exit_code, sentence in done.output) == (2, True), done.output
    assert await it.pool.fetchval("SELECT count(*) FROM referral") == 2


async def test_nobody_is_erased_while_somebody_works_on_a_referral_of_theirs(office: Offices) -> None:
    it, _ = await an_office(office)
    other = await it.pool.fetchval("SELECT child_id FROM referral WHERE status <> 'withdrawn'")
    done = await erased(it, other, "--yes")
    assert "is still open: withdraw or close it first" in done.output


def test_who_was_erased_is_not_erased_once_more() -> None:
    on, command = bench(), ErasePerson(("child",), (), (), "objection-upheld", "tom", "ada")
    fact = PersonErased(
        erasure_id=command.id, person_ids=("child",), referral_ids=(), ground=command.ground, erased_at=NOW
    )
    on._states[ERASURE.at(command.id)] = ordered(fact)
    with pytest.raises(Refused, match="erased-already"):
        on.deliver(command)


async def test_a_ground_and_a_known_id_are_needed(office: Offices) -> None:
    it, child = await an_office(office)
    assert "--ground is one of" in (await erased(it, child, "--yes", ground="because")).output
    assert "Nobody is known here" in (await erased(it, "p-nobody", "--yes")).output


async def test_what_is_asked_of_an_erased_referral_is_refused(office: Offices) -> None:
    it, child = await an_office(office)
    referral = await it.pool.fetchval("SELECT id FROM referral WHERE child_id = $1", child)
    await erased(it, child, "--yes")
    with pytest.raises(Refused, match="erased"):
        await it.running.runner.command(WithdrawReferral(referral, "sent-in-error", by="school"))


async def test_a_child_who_is_referred_again_is_another_record(office: Offices) -> None:
    it, child = await an_office(office)
    await erased(it, child, "--yes")
    await it.running.keep()
    reference = await it.refer(form(), who="school")
    again = await it.pool.fetchval("SELECT child_id FROM referral WHERE reference = $1", reference)
    assert again != child
    assert await it.pool.fetchval("SELECT count(*) FROM person WHERE id = $1", again) == 1


def test_an_erased_id_is_given_to_nobody_and_the_next_one_is_the_same_each_time() -> None:
    ids = Ids(SECRET, "919")
    first = ids.child("r-1", "A919400023001")
    ids.erased = frozenset({first})
    second = ids.child("r-2", "A919400023001")
    assert second not in (first, ids.child("r-2", a_upn(7)))
    assert ids.child("r-3", "A919400023001") == second


async def test_who_did_it_on_which_ground_is_kept_without_whom(office: Offices) -> None:
    it, child = await an_office(office)
    await erased(it, child, "--yes")
    row = await it.pool.fetchrow(
        "SELECT who, did, what, why, outcome FROM operator_action WHERE did = 'erase'"
    )
    assert row is not None
    assert tuple(row) == (
        "subject tom",
        "erase",
        child,
        "objection-upheld, agreed by ada@staff.example: upheld on 2 March",
        "erased 1 person (1 records), 1 referrals, 1 adults",
    )
    listed = await typed(it.running, erasing.add, "person", "erasures")
    assert "objection-upheld  waits for panels and notifications" in listed.output


async def test_a_file_of_an_erased_child_can_be_opened_by_nobody_at_once_and_its_object_goes(
    office: Offices, tmp_path: Path
) -> None:
    it, kept = await office(), vault(tmp_path)
    await joins(it, "tom", ("service-manager", None))
    await joins(it, "ada", ("administrator", None))
    file = await stored(it, kept, PDF)
    reference = await it.refer(form(evidence=[{"kind": "report", "title": "R", "file": file}]))
    row = await it.pool.fetchrow("SELECT id, child_id FROM referral WHERE reference = $1", reference)
    assert row is not None
    await it.running.runner.command(WithdrawReferral(row["id"], "sent-in-error", by="school"))
    assert (await erased(it, row["child_id"], "--yes")).exit_code == 0
    left = await it.pool.fetchval("SELECT state FROM evidence WHERE id = $1", file)
    assert {name: json.loads(left)[name] for name in ("state", "name", "key", "referral_id")} == {
        "state": "dropped", "name": "", "key": "", "referral_id": None,
    }  # fmt: skip
    assert await Tidier(it.running, kept).once() == 1
    assert objects(tmp_path) == []


async def test_of_an_adult_alone_the_childs_referral_stays_and_can_be_read(office: Offices) -> None:
    it, child = await an_office(office)
    adult = await it.pool.fetchval("SELECT state -> 'adults' ->> 0 FROM referral WHERE child_id = $1", child)
    done = await erased(it, adult, "--yes")
    assert "erased 1 person (1 records), 0 referrals, 0 adults" in done.output
    assert await it.pool.fetchval("SELECT count(*) FROM person WHERE id = $1", adult) == 0
    reference = await it.pool.fetchval("SELECT reference FROM referral WHERE child_id = $1", child)
    tom = await signs_in(it, staff_id("tom"))
    page = await tom.get(f"/referrals/{reference}")
    assert page.status_code == 200
    assert "ines@families" not in page.text
