"""People's words on a child's way to a place: sealed papers, said whenever they change, and led back from them.

Where the child stands, and with which schools, is told by facts of its own.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from chassis.decision import Decision
from schemas.envelope import Event
from schemas.panel_papers_v1 import PlacementPapers, Remark
from services.panels.domain.placing.placement import Consultation, Offer, Placement


def of_placement(before: Placement | None, after: Placement, now: datetime) -> Iterable[Event]:
    """What is said besides what a rule says of a placement: its papers, where words on it changed."""
    remarks = tuple(_remarks(after))
    if remarks != (tuple(_remarks(before)) if before else ()):
        yield PlacementPapers(placement_id=after.placement_id, remarks=remarks)


def papers(placement: Placement | None, fact: PlacementPapers) -> Decision[Placement]:
    """The words on a placement: the last papers that are there hold all of them."""
    if placement is None:
        return Decision()
    said = {each.about: each.words for each in fact.remarks}
    taken = placement.acceptance
    changes = {
        "consultations": tuple(_answered(each, said) for each in placement.consultations),
        "offer": _offered(placement.offer, said) if placement.offer else None,
        "not_taken": tuple(_offered(each, said) for each in placement.not_taken),
        "acceptance": taken
        and taken.model_copy(update={"noted_by": said.get("accepted-by", taken.noted_by)}),
    }
    return Decision(placement.model_copy(update=changes))


def _remarks(placement: Placement) -> Iterator[Remark]:
    found: list[tuple[str, str]] = []
    for each in placement.consultations:
        if each.answer is not None:
            found += [(_of_answer(each, name), getattr(each.answer, name)) for name in _ANSWER]
    for offer in (*placement.not_taken, *filter(None, (placement.offer,))):
        found += [(_of_offer(offer, name), getattr(offer, name)) for name in _OFFER]
    if placement.acceptance is not None:
        found.append(("accepted-by", placement.acceptance.noted_by))
    return (Remark(about=about, words=words) for about, words in found if words)


_ANSWER, _OFFER = ("reasons", "conditions", "by"), ("because", "differs_because", "by")


def _of_answer(asked: Consultation, name: str) -> str:
    return f"answer {asked.consultation_id} {name}"


def _of_offer(offer: Offer, name: str) -> str:
    return f"offer {offer.setting} {offer.offered_at.isoformat()} {name}"


def _answered(asked: Consultation, said: Mapping[str, str]) -> Consultation:
    if asked.answer is None:
        return asked
    words = {name: said[about] for name in _ANSWER if (about := _of_answer(asked, name)) in said}
    return asked.model_copy(update={"answer": asked.answer.model_copy(update=words)})


def _offered(offer: Offer, said: Mapping[str, str]) -> Offer:
    words = {name: said[about] for name in _OFFER if (about := _of_offer(offer, name)) in said}
    return offer.model_copy(update=words)
