"""What happens at GOV.UK Notify: storms of 429, lost answers, look-ups that fail, receipts late, twice and never."""

import time
from dataclasses import dataclass
from random import Random

from deploy.local.notify import Mood
from tests.faults.fault import fault, happened, wait_until
from tests.faults.rig import Rig


@dataclass(frozen=True)
class Spell:
    """What is said of a mood, how long it lasts, in seconds, and whether the worker dies in it."""

    says: str
    mood: Mood
    shortest: float = 2
    longest: float = 12
    kills: bool = False


SPELLS = {
    "storm": Spell("answers 429 to everything", "storm", 5, 25),
    "broken": Spell("answers 500", "broken"),
    "gateway": Spell("is hidden by a gateway that answers 502 for it", "gateway", 2, 6),
    "silent": Spell("takes messages and says nothing until the service has given up", "silent", 2, 8),
    "drops": Spell("takes messages and hangs up before it says so", "drops"),
    "denies": Spell("takes messages and answers 500", "denies"),
    "garbled": Spell("takes messages and answers a page that is none of its answers", "garbled"),
    "deaf": Spell("takes messages, says nothing, and cannot be asked for them either", "deaf", 2, 8),
    "kill": Spell(
        "takes messages and says nothing, and the service is killed while it waits", "silent", 1, 4, True
    ),
}


def _add(name: str, spell: Spell) -> None:
    @fault(f"notify-{name}", f"GOV.UK Notify {spell.says}", cluster=False, holds=spell.kills, by_notify=True)
    def act(rig: Rig, chance: Random) -> str:
        share = chance.choice((1.0, chance.uniform(0.3, 0.9)))
        seconds = chance.uniform(spell.shortest, spell.longest)
        rig.notify.felt.clear()
        rig.notify.become(spell.mood, lambda: chance.random() < share)
        wait_until(lambda: rig.notify.felt[spell.mood], f"somebody felt that Notify {spell.says}")
        time.sleep(seconds)
        if spell.kills:
            rig.town.services["notifications"].kill()
        rig.notify.become("well")
        return f"for {seconds:.0f} s, {share:.0%} of the time, felt {rig.notify.felt[spell.mood]} times"


for _name, _spell in SPELLS.items():
    _add(_name, _spell)


@fault(
    "notify-receipts",
    "receipts of GOV.UK Notify come late, in any order, twice, with a wrong token, and never",
    cluster=False, holds=False, by_notify=True,
)  # fmt: skip
def receipts(rig: Rig, chance: Random) -> str:
    """Some of what was taken is delivered; of that some is said once, some twice, some not at all."""
    wait_until(lambda: len(rig.notify.sent) > 5, "messages were taken")
    time.sleep(chance.uniform(0.5, 5))
    url = f"{rig.town.services['notifications'].url}/api/receipts/notify"
    token, answers = rig.town.tokens["notify"], list[int]()
    for one in chance.sample(rig.notify.sent, len(rig.notify.sent)):
        one.status = "delivered"
        answers += rig.notify.call_back(one, url, token, chance.choice((0, 1, 1, 2)))
        if chance.random() < 0.2:
            answers += rig.notify.call_back(one, url, "forged")
    happened(204 in answers and 401 in answers, "receipts were taken, and forged ones were not")
    return f"{answers.count(204)} taken, {answers.count(401)} forged, of {len(rig.notify.sent)} messages"
