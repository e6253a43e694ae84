"""Evidence: what is known of an uploaded file, from its first byte to the verdict of the virus scanner.

The file itself is an encrypted object in the authority's store. Its name is personal data: it stands here and in
the sealed papers, nowhere else.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict

from chassis.decision import Changes, Decision, Kind, Ref, Refused, World
from schemas.personal_v1 import PaperFile
from schemas.submissions_v1 import Evidence, Fault
from services.referrals.domain.form.faults import fault
from services.referrals.domain.referral import PAPERS, REFERRAL, Papers

#: "receiving": bytes are on their way; "lost": it was given up, since it is gone or damaged in the store; "dropped":
#: nobody wants it any more.
State = Literal["receiving", "quarantined", "clean", "infected", "lost", "dropped"]
_USABLE: frozenset[State] = frozenset({"quarantined", "clean"})


class StoredFile(BaseModel):
    """One uploaded file. ``kept``: its object may still be in the store; ``key`` is wrapped."""

    model_config = ConfigDict(frozen=True)

    id: str
    urn: str
    by: str
    name: str
    object: str
    key: str
    received_at: AwareDatetime
    state: State = "receiving"
    kept: bool = True
    media_type: str = ""
    size: int = 0
    sha256: str = ""
    draft_id: str | None = None
    referral_id: str | None = None


EVIDENCE = Kind("evidence", StoredFile)


@dataclass(frozen=True, slots=True)
class BeginUpload:
    """Bytes begin to arrive: from now on the object has an owner, whatever happens to this process."""

    file: StoredFile = field(repr=False)


@dataclass(frozen=True, slots=True)
class EndUpload:
    """The whole object is in the store."""

    id: str
    media_type: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class RecordScan:
    """The scanner's verdict; ``referral_id`` is whose evidence it was when the scan was done.

    ``following`` are the referrals in which that one goes on, one rung after the other: they have the same papers.
    """

    id: str
    referral_id: str | None
    infected: bool
    following: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GiveUpFile:
    """An operator found that the store has the file no more, or not whole; the referrals as in `RecordScan`."""

    id: str
    referral_id: str | None
    following: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DropEvidence:
    """Nobody wants this file, which is no referral's yet."""

    id: str


@dataclass(frozen=True, slots=True)
class ForgetObject:
    """The object is gone from the store; what is left of the file says nothing of a person."""

    id: str


def begin(known: StoredFile | None, command: BeginUpload, now: datetime) -> Decision[StoredFile]:
    """A new file."""
    if known is not None:
        raise Refused("file-known", "A file with this id has been received already.")
    return Decision(command.file)


def end(file: StoredFile | None, command: EndUpload, now: datetime) -> Decision[StoredFile]:
    """The file waits for the scanner; answers its id."""
    found = _found(file)
    if found.state != "receiving":
        raise Refused("file-known", "This file has been received already.")
    facts = {"media_type": command.media_type, "size": command.size, "sha256": command.sha256}
    return Decision(found.model_copy(update={"state": "quarantined", **facts}), answer=found.id)


def drop(file: StoredFile | None, command: DropEvidence, now: datetime) -> Decision[StoredFile]:
    """Takes a file off a draft. Raises Refused where a referral has it."""
    found = _found(file)
    if found.referral_id is not None:
        raise Refused("file-sent", "This file was sent with a referral: it cannot be taken back any more.")
    return Decision(found.model_copy(update={"state": "dropped"}))


def forget(file: StoredFile | None, command: ForgetObject, now: datetime) -> Decision[StoredFile]:
    """Lets go of the name and the key, once the object is gone."""
    return Decision(_found(file).model_copy(update={"kept": False, "name": "", "key": ""}))


def _found(file: StoredFile | None) -> StoredFile:
    if file is None:
        raise Refused("file-unknown", "There is no such file: upload it again.")
    return file


# What becomes of a file ----------------------------------------------------------------------------

_Fate = RecordScan | GiveUpFile


def _referrals(command: _Fate) -> tuple[str, ...]:
    """All referrals that have the file among their papers."""
    return (command.referral_id, *command.following) if command.referral_id else ()


def fate_refs(command: _Fate) -> list[Ref]:
    """The file, and the papers of the referrals that have it."""
    return [EVIDENCE.at(command.id), *map(PAPERS.at, _referrals(command))]


def fate_reads(command: _Fate) -> list[Ref]:
    """The referrals: from which one another goes on."""
    return [REFERRAL.at(id) for id in _referrals(command)]


def scanned(world: World, command: RecordScan, now: datetime) -> Changes:
    """Keeps the verdict, in the papers of each referral that has the file.

    Raises Refused where the file went elsewhere meanwhile, or a referral went on that is not named.
    """
    if _found(world.get(EVIDENCE, command.id)).state != "quarantined":
        raise Refused("file-scanned", "This file does not wait for the scanner.")
    return _decided(world, command, "infected" if command.infected else "clean")


def given_up(world: World, command: GiveUpFile, now: datetime) -> Changes:
    """The file is lost, and the papers of each referral that has it say so. Raises Refused as `scanned` does."""
    if _found(world.get(EVIDENCE, command.id)).state not in _USABLE:
        raise Refused(
            "file-not-kept", "This file is not kept: it was deleted, given up, or never received whole."
        )
    return _decided(world, command, "lost")


def _decided(world: World, command: _Fate, state: State) -> Changes:
    file, having = _found(world.get(EVIDENCE, command.id)), _referrals(command)
    if file.referral_id != command.referral_id:
        raise Refused("file-moved", "The file was sent with a referral meanwhile: read it again.")
    for id in having:
        referral = world.get(REFERRAL, id)
        if referral and referral.next_id and referral.next_id not in having:
            raise Refused("file-moved", "A referral with this file went on meanwhile: read it again.")
    new = file.model_copy(update={"state": state})
    decisions: dict[Ref, Decision[Any]] = {EVIDENCE.at(file.id): Decision(new)}
    for id in having:
        papers = world.get(PAPERS, id)
        if papers is not None:
            decisions[PAPERS.at(id)] = _with_fate(papers, new)
    return Changes(decisions)


def _with_fate(papers: Papers, file: StoredFile) -> Decision[Papers]:
    # Readers of before know no such state: to them it is a paper without a file.
    fate = {"state": None, "lost": True} if file.state == "lost" else {"state": file.state}
    listed = tuple(
        each.model_copy(update=fate) if each.id == file.id else each for each in papers.papers.evidence
    )
    new = papers.papers.model_copy(update={"evidence": listed})
    return Decision(papers.model_copy(update={"papers": new}), (new,))


# Files that go with a form ------------------------------------------------------------------------


def refs_of(evidence: Iterable[Evidence]) -> list[Ref]:
    """The files that a form names."""
    return [EVIDENCE.at(each) for each in sorted({each.file for each in evidence if each.file})]


def faults_of(world: World, evidence: Iterable[Evidence], urn: str, referral_id: str) -> Iterator[Fault]:
    """A fault for each file that this school did not upload, or that cannot be sent."""
    for index, each in enumerate(evidence):
        if each.file is None:
            continue
        file = world.get(EVIDENCE, each.file)
        if file is None or file.urn != urn or file.referral_id not in (None, referral_id):
            yield fault(f"evidence.{index}.file", "evidence-unknown")
        elif file.state not in _USABLE:
            infected = file.state == "infected"
            yield fault(f"evidence.{index}.file", "evidence-infected" if infected else "evidence-unknown")


def sent_with(
    world: World, evidence: Iterable[Evidence], referral_id: str
) -> tuple[tuple[PaperFile, ...], dict[Ref, Decision[Any]]]:
    """The evidence as the papers list it, and the files as they belong to the referral from now on."""
    papers: list[PaperFile] = []
    decisions: dict[Ref, Decision[Any]] = {}
    for each in evidence:
        file = world.get(EVIDENCE, each.file) if each.file else None
        papers.append(_paper(each, file))
        if file is not None:
            decisions[EVIDENCE.at(file.id)] = Decision(file.model_copy(update={"referral_id": referral_id}))
    return tuple(papers), decisions


def _paper(each: Evidence, file: StoredFile | None) -> PaperFile:
    named = PaperFile(kind=each.kind, title=each.title, dated=each.dated)
    if file is None:
        return named
    where = {
        name: getattr(file, name) for name in ("id", "object", "key", "sha256", "media_type", "size", "state")
    }
    return named.model_copy(update=where)
