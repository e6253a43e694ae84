"""What happens to members of staff, one rule for each command. All of them raise Refused."""

import unicodedata
from datetime import date, datetime, timedelta

from chassis.decision import Changes, Ref, Refused, World
from schemas.staff_v1 import COVERED
from schemas.submissions_v1 import Fault
from services.referrals.domain import roles
from services.referrals.domain.book import Book
from services.referrals.domain.form.people_checks import is_email
from services.referrals.domain.staff.commands import (
    AppointStaff,
    ArrangeCover,
    CorrectStaff,
    EndCover,
    EndRole,
    GiveRole,
    StaffLeaves,
    Wanted,
)
from services.referrals.domain.staff.members import (
    ADMINISTRATORS,
    ALL,
    STAFF,
    Asked,
    Cover,
    Grant,
    Staff,
    ended,
    leaving,
)

Change = AppointStaff | GiveRole | EndRole | CorrectStaff | StaffLeaves | ArrangeCover | EndCover
_LONGEST_COVER = timedelta(days=366)


def touched(command: Change) -> tuple[Ref, Ref]:
    """Every change may be the one that leaves no administrator."""
    return STAFF.at(command.staff_id), ADMINISTRATORS.at(ALL)


def looked_at(command: Change) -> list[Ref]:
    """Who asks, and who is away."""
    away = [command.away] if isinstance(command, ArrangeCover | EndCover) else []
    return [STAFF.at(each) for each in {command.by, *away}]


def appoint(book: Book, world: World, command: AppointStaff, now: datetime) -> Changes:
    """Somebody starts, comes back, or takes roles on that they do not have yet."""
    asked = Asked(world, command.staff_id, command.by, now)
    asked.must_be_another()
    asked.must_have_a_say(command.roles)
    faults = [
        *_identity_faults(command),
        *(f for each in command.roles for f in _role_faults(book, each, asked.today)),
    ]
    if faults:
        raise Refused(
            "staff-faulty", "Some of this cannot be right: each fault is named.", faults=tuple(faults)
        )
    known = world.get(STAFF, command.staff_id)
    if known is None:
        known = Staff(id=command.staff_id, subject=command.subject, name=command.name, email=command.email)
    elif not known.active:
        fresh = {"active": True, "leaves_on": None, "name": command.name, "email": command.email}
        known = known.model_copy(update=fresh)
    return asked.changed(_holding(known, command.roles, command.by, asked.today))


def give(book: Book, world: World, command: GiveRole, now: datetime) -> Changes:
    """Somebody takes a role on."""
    asked = Asked(world, command.staff_id, command.by, now)
    asked.must_be_another()
    asked.must_have_a_say([command.role])
    if faults := _role_faults(book, command.role, asked.today):
        raise Refused("staff-faulty", faults[0].message, faults=tuple(faults))
    return asked.changed(_holding(asked.staff, [command.role], command.by, asked.today))


def end(world: World, command: EndRole, now: datetime) -> Changes:
    """Somebody gives a role up."""
    asked = Asked(world, command.staff_id, command.by, now)
    staff = asked.staff
    held = [g for g in staff.held_from(asked.today) if (g.role, g.scope) == (command.role, command.scope)]
    if not held:
        raise Refused("role-not-held", "They do not have this role, or no longer: load the page again.")
    asked.must_have_a_say(held)
    _not_before(command.last_day, asked.today)
    return asked.changed(staff.model_copy(update={"grants": ended(staff, held, command.last_day, now)}))


def correct(world: World, command: CorrectStaff, now: datetime) -> Changes:
    """A name or an address is another now."""
    asked = Asked(world, command.staff_id, command.by, now)
    staff = asked.staff
    asked.must_have_a_say(staff.held_from(asked.today))
    if faults := _name_faults(command.name, command.email):
        raise Refused("staff-faulty", faults[0].message, faults=tuple(faults))
    return asked.changed(staff.model_copy(update={"name": command.name, "email": command.email}))


def leave(world: World, command: StaffLeaves, now: datetime) -> Changes:
    """Somebody leaves; whoever stands in for them goes on doing so."""
    asked = Asked(world, command.staff_id, command.by, now)
    staff = asked.staff
    held = staff.held_from(asked.today)
    asked.must_have_a_say(held)
    _not_before(command.last_day, asked.today)
    grants = ended(staff, held, command.last_day, now)
    if command.last_day is None:
        return asked.changed(staff.model_copy(update={"active": False, "grants": grants}))
    gone = staff.model_copy(update={"grants": grants, "leaves_on": command.last_day})
    return asked.changed(gone, (leaving(staff, command.last_day),))


def arrange_cover(world: World, command: ArrangeCover, now: datetime) -> Changes:
    """Somebody takes over the work of a colleague who is away."""
    asked = Asked(world, command.staff_id, command.by, now)
    asked.must_be_another()
    staff, away = asked.staff, world.get(STAFF, command.away)
    if away is None:
        raise Refused(
            "staff-unknown", "Nobody with this id ever worked here: look them up in the list of staff."
        )
    _cover_is_possible(command, asked.today)
    lent = [grant for grant in away.grants if grant.role in COVERED and _overlaps(grant, command)]
    if not lent and away.active:
        raise Refused(
            "nothing-to-cover", "They have no queue or cases in that time that somebody could take over."
        )
    asked.must_have_a_say(lent)
    cover = Cover(staff_id=command.away, from_day=command.from_day, until=command.until, by=command.by)
    others = [each for each in staff.covers if each.staff_id != command.away or each.until < asked.today]
    return asked.changed(staff.model_copy(update={"covers": (*others, cover)}))


def end_cover(world: World, command: EndCover, now: datetime) -> Changes:
    """The colleague is back."""
    asked = Asked(world, command.staff_id, command.by, now)
    staff, away = asked.staff, world.get(STAFF, command.away)
    asked.must_have_a_say(g for g in (away.held_on(asked.today) if away else ()) if g.role in COVERED)
    yesterday = asked.today - timedelta(days=1)
    covers = (
        each.model_copy(update={"until": yesterday})
        if _is_under_way(each, command.away, asked.today)
        else each
        for each in staff.covers
    )
    kept = tuple(each for each in covers if each.from_day <= each.until)
    if kept == staff.covers:
        raise Refused("not-covered", "They do not stand in for this colleague any more: load the page again.")
    return asked.changed(staff.model_copy(update={"covers": kept}))


def _holding(staff: Staff, roles: list[Wanted] | tuple[Wanted, ...], by: str, today: date) -> Staff:
    """With these roles on top, but for those that are held already for as long."""
    held = {(each.role, each.scope) for each in staff.held_from(today) if each.until is None}
    new = [
        Grant(role=each.role, scope=each.scope, from_day=each.from_day, until=each.until, by=by)
        for each in roles
        if (each.role, each.scope) not in held
    ]
    if not new:
        return staff
    return staff.model_copy(update={"grants": (*staff.grants, *new), "leaves_on": None})


def _identity_faults(command: AppointStaff) -> list[Fault]:
    faults = _name_faults(command.name, command.email)
    if not _is_a_line(command.subject, 255):
        faults.append(
            _fault("subject", "subject-missing", "Write the account as the sign-in provider names it.")
        )
    if not command.roles:
        faults.append(
            _fault("role", "role-missing", "Choose a role: without one they could do nothing here.")
        )
    return faults


def _name_faults(name: str, email: str) -> list[Fault]:
    faults = []
    if not _is_a_line(name, 100):
        faults.append(_fault("name", "name-missing", "Write their name, up to 100 letters on one line."))
    if not is_email(email):
        faults.append(
            _fault("email", "email-invalid", "Write their work e-mail address, such as name@council.example.")
        )
    return faults


def _is_a_line(text: str, most: int) -> bool:
    return 0 < len(text) <= most and not any(unicodedata.category(letter).startswith("C") for letter in text)


def _role_faults(book: Book, wanted: Wanted, today: date) -> list[Fault]:
    faults = []
    if (message := _SCOPE_WRONG[roles.SCOPES[wanted.role]]) and not _is_in_scope(book, wanted):
        faults.append(_fault("scope", "scope-wrong", message))
    if wanted.until is not None and wanted.until < max(wanted.from_day, today):
        faults.append(
            _fault("until", "until-passed", "The last day must not be over, nor lie before the first.")
        )
    return faults


_SCOPE_WRONG: dict[roles.Scope, str] = {
    "school": "Choose a school of the register: write its URN, six digits.",
    "team": "Choose one of the teams.",
    "area": "Choose one of the areas.",
    "area-or-school": "Choose one of the areas, or write the URN of a school of the register.",
    "panel-or-all": "Choose one of the panels, or all of them.",
    "all": "This role is for the whole authority: leave the school, team or area empty.",
}


def _is_in_scope(book: Book, wanted: Wanted) -> bool:
    kind, scope = roles.SCOPES[wanted.role], wanted.scope
    if scope is None:
        return kind in ("all", "panel-or-all")
    destination = book.destinations.get(scope)
    is_panel = destination is not None and destination.kind == "placement-panel"
    fits = {
        "school": book.register.find(scope) is not None,
        "area": scope in book.register.areas,
        "team": destination is not None and not is_panel,
        "panel-or-all": is_panel,
        "all": False,
    }
    fits["area-or-school"] = fits["area"] or fits["school"]
    return fits[kind]


def _fault(field: str, code: str, message: str) -> Fault:
    return Fault(field=field, code=code, message=message)


def _not_before(last_day: date | None, today: date) -> None:
    if last_day is not None and last_day < today:
        raise Refused(
            "date-passed", "The last day must not be over: give today or a later day, or end it at once."
        )


def _cover_is_possible(command: ArrangeCover, today: date) -> None:
    if command.staff_id == command.away:
        raise Refused("covers-oneself", "Nobody can stand in for themselves: choose a colleague.")
    if command.until < max(command.from_day, today):
        raise Refused(
            "date-passed", "The last day must not be over, nor lie before the first: give a later day."
        )
    if command.until - command.from_day > _LONGEST_COVER:
        raise Refused("cover-too-long", "Cover ends within a year: for longer, give the colleague the role.")


def _overlaps(grant: Grant, command: ArrangeCover) -> bool:
    return grant.from_day <= command.until and (grant.until is None or grant.until >= command.from_day)


def _is_under_way(cover: Cover, away: str, today: date) -> bool:
    return cover.staff_id == away and cover.until >= today
