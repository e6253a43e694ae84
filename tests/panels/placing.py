"""What the tests of places share: a child that waits for a place, schools, and the Centre's facts."""

from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any, Final

from schemas.places_v1 import PlaceKind
from schemas.referrals_v1 import ReferralAccepted, ReferralRoutedV2, ShortPlacement
from services.panels.domain.cases.case import Case, Issued
from services.panels.domain.placing import commands as asked
from services.panels.domain.placing.beginning import after_decision
from services.panels.domain.placing.placement import (
    PLACEMENT,
    Placement,
    placement_id_of,
    placement_id_of_referral,
)
from services.panels.domain.placing.places import PLACES, Places, places_id_of
from tests.panels.builders import PanelsBench, a_referral_id, a_routed_referral

OAK, ELM = "117201", "117202"
CENTRE: Final = "education-support-centre"
SPECIAL: PlaceKind = "special-school"
REPLY_BY, STARTS_ON = date(2026, 3, 27), date(2026, 4, 13)


def hashed(token: str) -> str:
    """What is kept of a link's token."""
    return sha256(token.encode()).hexdigest()


def referred_to_the_centre(n: int = 1, **changes: Any) -> Any:
    """A referral in the queue of the Education Support Centre."""
    routed = a_routed_referral(n).model_dump() | {
        "destination_kind": CENTRE,
        "destination": CENTRE,
        "rule": CENTRE,
        "placement": None,
    }
    return ReferralRoutedV2(**(routed | changes))


def accepted_by_the_centre(n: int, at: datetime, starts_on: date, ends_on: date) -> ReferralAccepted:
    """The Centre gives a place; it is looked at again in the middle."""
    middle = starts_on + timedelta(days=(ends_on - starts_on).days // 2)
    return ReferralAccepted(
        referral_id=a_referral_id(n),
        destination=CENTRE,
        destination_kind=CENTRE,
        accepted_at=at,
        next_step_by=starts_on,
        short_placement=ShortPlacement(starts_on=starts_on, ends_on=ends_on, review_on=middle),
    )


class PlacesBench(PanelsBench):
    """A bench on which one child waits for a place after the sitting of 5 March 2026."""

    def agreed(self, **changes: Any) -> str:
        """One case, heard and agreed; answers the id of its placement."""
        case_id = self.a_heard_case()
        self.decide(case_id, **changes)
        self.said.clear()
        return placement_id_of(case_id)

    def placement(self, id: str) -> Placement:
        """A placement. Fails if there is none."""
        found = self.state(PLACEMENT, id)
        assert found is not None
        return found

    def of_referral(self, n: int = 1) -> Placement:
        """The placement of the n-th referral."""
        return self.placement(placement_id_of_referral(a_referral_id(n)))

    def places(self, setting: str = OAK, kind: PlaceKind = SPECIAL) -> Places:
        """The places of a setting. Fails where nothing is known of them."""
        found = self.state(PLACES, places_id_of(setting, kind))
        assert found is not None
        return found

    def count(self, number: int, setting: str = OAK, **given: Any) -> None:
        """A co-ordinator says how many places there are."""
        self.deliver(asked.CountPlaces(setting, given.pop("kind", SPECIAL), number, "tom", **given))

    def consult(self, id: str, setting: str = OAK, token: str = "oak") -> str:
        """A school is asked; answers the consultation's id."""
        self.deliver(asked.Consult(id, setting, hashed(token), None, **self.of_whom(id)))
        return str(self.answer["consultation_id"])

    def answered(self, id: str, consultation_id: str, token: str = "oak", **given: Any) -> None:
        """The school says that it can, unless ``given`` says otherwise."""
        fields: dict[str, Any] = {
            "can_meet": "yes",
            "reasons": "There is a small class.",
            "by": "Ms Oak",
        }
        given |= self.of_whom(id)
        self.deliver(asked.AnswerConsultation(hashed(token), id, consultation_id, **(fields | given)))

    def of_whom(self, id: str) -> dict[str, str]:
        """Whose placement it is, as the commands about links take it."""
        found = self.placement(id)
        return {"referral_id": found.referral_id, "child_id": found.child_id}

    def offer(self, id: str, setting: str = OAK, **given: Any) -> None:
        """A place at a setting is offered from 13 April on."""
        fields: dict[str, Any] = {
            "kind": SPECIAL,
            "starts_on": STARTS_ON,
            "reply_by": REPLY_BY,
            "by": "tom",
        }
        self.deliver(asked.OfferPlace(id, setting, **(fields | given)))

    def accept(self, id: str) -> None:
        """The family takes it today."""
        self.deliver(asked.AcceptOffer(id, "parent-or-carer", self.now.date(), "tom"))

    def confirm_start(self, id: str, starts_on: date = STARTS_ON, **given: Any) -> None:
        """The first day is settled."""
        offer = self.placement(id).offer
        assert offer is not None
        self.deliver(asked.ConfirmStart(id, offer.places_id, starts_on, "tom", **given))

    def offered_at_oak(self) -> str:
        """A child to whom a place at a school with one place, which said yes, is offered."""
        id = self.agreed()
        self.count(1)
        self.answered(id, self.consult(id))
        self.offer(id)
        self.said.clear()
        return id

    def places_or_none(self, setting: str) -> Places | None:
        """The places of a setting, where anything is known of them."""
        return self.state(PLACES, places_id_of(setting, SPECIAL))

    def wait(self, case: Case) -> None:
        """The child of this case waits for a place, as after a decision."""
        issued = Issued(
            decision_id="d",
            outcome="agreed",
            provision="special-school",
            reasons="Needs a small class.",
            decided_at=self.now,
            next_step_by=self.now.date(),
            officer="officer",
        )
        begun = after_decision(case, case.model_copy(update={"decision": issued}), None, self.now)
        assert begun is not None
        self._states[PLACEMENT.at(placement_id_of(case.case_id))] = begun.state
