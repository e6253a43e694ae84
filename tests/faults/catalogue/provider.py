"""What happens at the mail server: it hangs after its yes, is busy, puts off, crawls, or is gone."""

import time
from dataclasses import dataclass
from functools import partial
from random import Random

from tests.faults.fault import fault, happened, wait_until
from tests.faults.rig import Rig
from tests.support.temper import Temper


@dataclass(frozen=True)
class Spell:
    """How long a temper lasts, in seconds, and whether messages may be held for it.

    They may where the server fell silent after the content: then nobody can know. After a clear «not now» they
    go out again by themselves.
    """

    shortest: float
    longest: float
    holds: bool = False


#: Put off at most twice, so that what waits goes out within the drain: the service waits 5 s, then 30 s.
SPELLS: dict[Temper, tuple[str, Spell]] = {
    "hangs": ("accepts messages and never says so", Spell(2, 12, holds=True)),
    "drops": ("accepts messages and hangs up before it says so", Spell(2, 12, holds=True)),
    "dead": ("refuses connections, and hung up on everybody", Spell(2, 25, holds=True)),
    "busy-at-connect": ("says 421 instead of a greeting", Spell(2, 25)),
    "busy-in-session": ("says 421 in the middle of a session and hangs up", Spell(2, 25)),
    "puts-off": ("says 451 after the content", Spell(2, 10)),
    "slow": (
        "takes its time over each message, now and then more than it is given",
        Spell(5, 25, holds=True),
    ),
    "greylists": ("says 450 to the first try of each recipient", Spell(5, 20)),
}


def _add(temper: Temper, says: str, spell: Spell) -> None:
    @fault(f"provider-{temper}", f"the mail server {says}", cluster=False, holds=spell.holds)
    def act(rig: Rig, chance: Random) -> str:
        share = 1.0 if temper == "dead" else chance.choice((1.0, chance.uniform(0.2, 0.9)))
        seconds, refused = chance.uniform(spell.shortest, spell.longest), rig.wires.provider.felt.copy()
        rig.sink.become(temper, share=share, dice=chance, slowness=chance.uniform(0.2, 0.8))
        if temper == "dead":
            time.sleep(seconds)
            happened(rig.wires.provider.felt != refused, "somebody spoke to the dead mail server")
        else:
            wait_until(partial(rig.sink.moods.felt.__getitem__, temper), f"somebody felt that it {says}")
            time.sleep(seconds)
        felt = rig.sink.moods.felt.pop(temper, 0)
        rig.sink.become("well")
        return f"for {seconds:.0f} s, {share:.0%} of the time, felt {felt} times"


for _temper, (_says, _spell) in SPELLS.items():
    _add(_temper, _says, _spell)
