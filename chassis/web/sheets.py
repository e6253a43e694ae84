"""A form on a page: as it is first shown, or as it comes back with all that was typed and what is wrong with it.

fields = Fields(form, today)
command = ...
faults = fields.faults or await refused(runner, command, sent_once(form, scope))
if faults:
    return look.page("task/page.html", request, person=person, **Sheet(form, faults).values(version))
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from chassis.decision import Refused
from chassis.once import Once
from chassis.runner import Runner
from chassis.web.fields import day_items, faults_of
from chassis.web.forms import Form
from chassis.web.problems import Fault

_CHANGED = "changed-meanwhile"


@dataclass(frozen=True, slots=True)
class Sheet:
    """What came back of a form, and what is wrong with it; neither where it is shown for the first time."""

    form: Form | None = None
    faults: Sequence[Fault] = ()

    def typed(self, lists: Sequence[str] = ()) -> dict[str, Any]:
        """Every field as it was typed; of those in ``lists``, as of checkboxes, all that were chosen."""
        if self.form is None:
            return {name: [] for name in lists}
        form = self.form
        return {name: form.get(name) for name in form.names} | {name: form.all(name) for name in lists}

    def values(
        self, version: int, offered: Mapping[str, Any] | None = None, lists: Sequence[str] = ()
    ) -> dict[str, Any]:
        """What a page with a form is made from; ``offered`` stands in its fields before anybody has typed.

        ``seen`` is the version that whoever sends the form has seen: of one that comes back the version that it
        had, unless they are told that it has changed, and so see the present one.
        """
        typed = self.typed(lists) | ({} if self.form else dict(offered or {}))
        told = any(fault.code == _CHANGED for fault in self.faults)
        return {
            "status": 422 if self.faults else 200,
            "problems": self.faults,
            "typed": typed,
            "seen": version if told else typed.get("seen") or version,
            "token": typed.get("form") or str(uuid4()),
            "days": lambda name: day_items(name, typed, self.faults),
        }


async def refused(
    runner: Runner, command: object, once: Once | None = None, beside: Mapping[str, str] | None = None
) -> list[Fault]:
    """Does a command; what a page says where its rule refused, nothing where it is done.

    ``beside`` says, by the code of a refusal, at which field it is shown. Raises IdempotencyConflict.
    """
    try:
        await runner.command(command, once=once)
    except Refused as refusal:
        return faults_of(refusal, (beside or {}).get(refusal.code, ""))
    return []
