"""Referrals that a new one may repeat: the same child, the same school and destination, a short while ago."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from chassis.calendar import london_date
from chassis.storage import Connection, Stored
from schemas.submissions_v1 import ReferralSubmission
from services.referrals.domain.book import Book
from services.referrals.domain.intake.repeats import EARLIER, Earlier, SameChild, child_of
from services.referrals.domain.referral import Referral
from services.referrals.domain.routing.sending import facts_of_form, way
from services.referrals.storage.referrals import REFERRALS


@dataclass(frozen=True, slots=True)
class Alike:
    """What a repeated referral has in common with an earlier one: the child, where it goes, and since when."""

    child: SameChild
    destination: str
    since: datetime


def alike_of(book: Book, form: ReferralSubmission, own: str, now: datetime) -> Alike | None:
    """What a checked form has in common with those that it would repeat; None where no school of ours sends it."""
    setting, today = book.register.find(form.urn), london_date(now)
    if setting is None:
        return None
    about = facts_of_form(form, setting, book.register, today)
    destination = way(book.routing, about).destination.code
    since = now - timedelta(days=book.repeats_within_days)
    return Alike(child_of(form, own, book.ids.child(own, form.child.upn)), destination, since)


# The children first, and then what was sent about them: theirs are few, where a school's or a destination's may be
# thousands. OFFSET 0 keeps the planner from going by those, which it does while it knows little of the tables. A UPN
# that came with another birth date is no duplicate but a mistake, which the form's own rules name.
_REPEATED = """
SELECT a.n, r.state
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::timestamptz[])
    WITH ORDINALITY AS a(own, urn, child_id, born, upn, likeness, destination, since, n)
CROSS JOIN LATERAL (
    SELECT sent.state
    FROM (SELECT id FROM person WHERE id = a.child_id AND born = a.born
          UNION SELECT id FROM person WHERE born = a.born AND likeness = a.likeness AND likeness <> ''
                AND (a.upn IS NULL OR coalesce(state -> 'details' ->> 'upn', '') !~ '[0-9]$')) child
    CROSS JOIN LATERAL (SELECT * FROM referral WHERE child_id = child.id OFFSET 0) sent
    WHERE urn = a.urn AND (a.destination IS NULL OR destination = a.destination)
      AND received_at >= coalesce(a.since, '-infinity')
      AND status <> 'withdrawn' AND sent.id <> a.own
      AND NOT EXISTS (SELECT FROM restriction x WHERE x.id = sent.id AND x.restricted)
    ORDER BY received_at DESC, sent.id
    LIMIT 50) r
"""


async def likely_duplicates(conn: Connection, alike: Alike | None) -> list[Referral]:
    """The school's latest referrals that this one may repeat, without those that are restricted."""
    return (await repeated(conn, [alike] if alike else [])).get(0, [])


async def repeated(conn: Connection, each: Sequence[Alike]) -> dict[int, list[Referral]]:
    """The same for many at once, by their place in the sequence; nothing where nothing is repeated."""
    return await _found(conn, [(one.child, one.destination, one.since) for one in each])


class EarlierReferrals:
    """What a rule looks at before it takes a form once only; see Lookup."""

    kind = EARLIER

    async def load(self, conn: Connection, ids: Sequence[str], *, lock: bool) -> dict[str, Stored]:
        found = await _found(conn, [(SameChild.read(id), None, None) for id in ids])
        return {ids[place]: Stored(ids[place], 1, 0, Earlier(tuple(sent))) for place, sent in found.items()}


async def _found(
    conn: Connection, each: Sequence[tuple[SameChild, str | None, datetime | None]]
) -> dict[int, list[Referral]]:
    if not each:
        return {}
    rows = await conn.fetch(
        _REPEATED,
        [child.own for child, _, _ in each],
        [child.urn for child, _, _ in each],
        [child.child_id for child, _, _ in each],
        [child.born.isoformat() for child, _, _ in each],
        [child.upn for child, _, _ in each],
        [child.likeness for child, _, _ in each],
        [destination for _, destination, _ in each],
        [since for _, _, since in each],
    )
    found: dict[int, list[Referral]] = defaultdict(list)
    for row in rows:
        found[row["n"] - 1].append(REFERRALS.read(row["state"]))
    return dict(found)
