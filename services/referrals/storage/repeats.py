"""Referrals that a new one may repeat: the same child, the same school and destination, a short while ago."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from chassis.storage import Connection
from schemas.submissions_v1 import ReferralSubmission
from services.referrals.domain.intake import Book
from services.referrals.domain.names import likeness
from services.referrals.domain.referral import Referral, local_day
from services.referrals.domain.sending import facts_of_form, way
from services.referrals.storage.referrals import REFERRALS


@dataclass(frozen=True, slots=True)
class Alike:
    """What a repeated referral has in common with an earlier one: the child, or its names and birth date; where.

    Two permanent UPNs are two children, whatever their names; a temporary one ends in a letter, and counts as none.
    ``own`` is the id that the new one has or will have: it repeats no other by being there already.
    """

    own: str
    urn: str
    destination: str
    child_id: str
    likeness: str
    born: date
    upn: str | None
    since: datetime


def permanent(upn: str | None) -> str | None:
    """The number, if it is for good."""
    return upn if upn is not None and upn[-1:].isdigit() else None


def alike_of(book: Book, form: ReferralSubmission, own: str, now: datetime) -> Alike | None:
    """What a checked form has in common with those that it would repeat; None where no school of ours sends it."""
    setting, today = book.register.find(form.urn), local_day(now)
    if setting is None:
        return None
    about = facts_of_form(form, setting, book.register, today)
    return Alike(
        own=own,
        urn=form.urn,
        destination=way(book.routing, about).destination.code,
        child_id=book.ids.child(own, form.child.upn),
        likeness=likeness(form.child.given_name, form.child.family_name),
        born=form.child.born,
        upn=permanent(form.child.upn),
        since=now - timedelta(days=book.repeats_within_days),
    )


# The children first: theirs are few, where a destination's may be thousands. A UPN that came with another birth date
# is no duplicate but a mistake, which the form's own rules name.
_REPEATED = """
SELECT a.n, r.state
FROM unnest($1::int[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
        $9::timestamptz[])
    AS a(n, own, urn, destination, child_id, likeness, born, upn, since)
CROSS JOIN LATERAL (
    SELECT state FROM referral
    WHERE child_id = ANY (ARRAY(
            SELECT id FROM person WHERE id = a.child_id AND born = a.born
            UNION SELECT id FROM person WHERE born = a.born AND likeness = a.likeness AND likeness <> ''
                AND (a.upn IS NULL OR coalesce(state -> 'details' ->> 'upn', '') !~ '[0-9]$')))
      AND urn = a.urn AND destination = a.destination AND received_at >= a.since
      AND status <> 'withdrawn' AND id <> a.own
      AND NOT EXISTS (SELECT FROM restriction x WHERE x.id = referral.id AND x.restricted)
    ORDER BY received_at DESC, id
    LIMIT 10) r
"""


async def likely_duplicates(conn: Connection, alike: Alike | None) -> list[Referral]:
    """The school's latest referrals that this one may repeat, without those that are restricted."""
    return (await repeated(conn, [alike] if alike else [])).get(0, [])


async def repeated(conn: Connection, each: Sequence[Alike]) -> dict[int, list[Referral]]:
    """The same for many at once, by their place in the sequence; nothing where nothing is repeated."""
    if not each:
        return {}
    rows = await conn.fetch(
        _REPEATED,
        list(range(len(each))),
        [one.own for one in each],
        [one.urn for one in each],
        [one.destination for one in each],
        [one.child_id for one in each],
        [one.likeness for one in each],
        [one.born.isoformat() for one in each],
        [one.upn for one in each],
        [one.since for one in each],
    )
    found: dict[int, list[Referral]] = defaultdict(list)
    for row in rows:
        found[row["n"]].append(REFERRALS.read(row["state"]))
    return dict(found)
