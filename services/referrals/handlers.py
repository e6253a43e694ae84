"""The table of this service: which message touches which aggregates, and the rule that decides."""

from collections.abc import Callable
from datetime import datetime
from functools import partial

from chassis.decision import Decision, Ref
from chassis.handlers import Handlers
from schemas import notifications_v1 as notifications
from schemas import panels_v1 as panels
from services.referrals.domain import commands, directory, drafts, evidence, hearing, intake, work
from services.referrals.domain.intake import Book
from services.referrals.domain.referral import PAPERS, REFERRAL, Referral


def table(book: Book) -> Handlers:
    """All rules, with ``book`` as what they look up."""
    handlers = Handlers()
    _submissions(handlers, book)
    _work(handlers, book)
    _files_and_drafts(handlers, book)
    _panels(handlers)
    _notifications(handlers)
    handlers.on(commands.ListInDirectory, directory.ENTRY, lambda c: c.entry.entry, directory.listed)
    return handlers


def _submissions(handlers: Handlers, book: Book) -> None:
    handlers.on_many(commands.SubmitReferral, partial(intake.touched, book), partial(intake.receive, book))
    handlers.on_many(
        commands.SubmissionArrived,
        partial(intake.touched_by_event, book),
        partial(intake.receive_event, book),
    )


def _work(handlers: Handlers, book: Book) -> None:
    handlers.on(commands.AcceptReferral, REFERRAL, lambda c: c.referral_id, _accepting(book))
    handlers.on_many(commands.ReturnReferral, _referral_and_papers, work.give_back)
    handlers.on_many(commands.ConcludeReferral, _referral_and_papers, work.conclude)
    handlers.on(commands.WithdrawReferral, REFERRAL, lambda c: c.referral_id, work.withdraw)


def _files_and_drafts(handlers: Handlers, book: Book) -> None:
    handlers.on(evidence.BeginUpload, evidence.EVIDENCE, lambda c: c.file.id, evidence.begin)
    handlers.on(evidence.EndUpload, evidence.EVIDENCE, lambda c: c.id, evidence.end)
    handlers.on(evidence.DropEvidence, evidence.EVIDENCE, lambda c: c.id, evidence.drop)
    handlers.on(evidence.ForgetObject, evidence.EVIDENCE, lambda c: c.id, evidence.forget)
    handlers.on_many(evidence.RecordScan, evidence.scanned_refs, evidence.scanned)
    handlers.on(drafts.StartDraft, drafts.DRAFT, lambda c: c.id, drafts.start)
    handlers.on(drafts.SaveDraft, drafts.DRAFT, lambda c: c.id, drafts.save)
    handlers.on(drafts.DiscardDraft, drafts.DRAFT, lambda c: c.id, drafts.discard)
    handlers.on_many(drafts.SendDraft, partial(drafts.sent_refs, book), partial(drafts.send, book))
    handlers.when_due(drafts.EXPIRES, drafts.DRAFT, drafts.expire)


def _referral_and_papers(command: commands.ReturnReferral | commands.ConcludeReferral) -> tuple[Ref, Ref]:
    return REFERRAL.at(command.referral_id), PAPERS.at(command.referral_id)


def _accepting(
    book: Book,
) -> Callable[[Referral | None, commands.AcceptReferral, datetime], Decision[Referral]]:
    def accepted(
        state: Referral | None, command: commands.AcceptReferral, now: datetime
    ) -> Decision[Referral]:
        return work.accept(state, command, now, book.destinations, book.days)

    return accepted


def _panels(handlers: Handlers) -> None:
    handlers.on(panels.CaseOpened, REFERRAL, lambda e: e.referral_id, hearing.case_opened)
    handlers.on(panels.CaseCompleted, REFERRAL, lambda e: e.referral_id, hearing.case_completed)
    handlers.on(panels.CaseListed, REFERRAL, lambda e: e.referral_id, hearing.case_listed)
    handlers.on(panels.CaseHeard, REFERRAL, lambda e: e.referral_id, hearing.case_heard)
    handlers.on(panels.DecisionIssued, REFERRAL, lambda e: e.referral_id, hearing.decision_issued)
    handlers.on(panels.CaseDeferred, REFERRAL, lambda e: e.referral_id, hearing.case_deferred)
    handlers.on(panels.CaseWithdrawn, REFERRAL, lambda e: e.referral_id, hearing.case_withdrawn)


def _notifications(handlers: Handlers) -> None:
    handlers.on(notifications.MessageSent, REFERRAL, lambda e: e.referral_id, hearing.message_sent)
    handlers.on(notifications.MessageFailed, REFERRAL, lambda e: e.referral_id, hearing.message_failed)
    handlers.on(notifications.MessageHeld, REFERRAL, lambda e: e.referral_id, hearing.message_held)
    handlers.on(notifications.MessageSettled, REFERRAL, lambda e: e.referral_id, hearing.message_settled)
