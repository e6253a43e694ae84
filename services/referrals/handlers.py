"""The table of this service: which message touches which aggregates, and the rule that decides."""

from functools import partial

from chassis.decision import Ref
from chassis.erasure import ERASURE, answered
from chassis.handlers import Handlers
from schemas import case_work_v1 as case_work
from schemas import erasure_v1 as erased
from schemas import notifications_v1 as notifications
from schemas import panel_days_v1 as panel_days
from schemas import panels_v1 as panels
from schemas import places_v1 as places
from schemas.family_v1 import ContactCorrected, FamilySaid, PageCodeUsed
from services.referrals.domain import commands, erasing, evidence, family_words, holding, page_codes, reaching
from services.referrals.domain.book import Book
from services.referrals.domain.children import aliases, contacts
from services.referrals.domain.children.persons import PERSON
from services.referrals.domain.directory import listing as directory
from services.referrals.domain.enquiries import enquiring, enquiry
from services.referrals.domain.hearing import cases as hearing
from services.referrals.domain.hearing import places as hearing_of_places
from services.referrals.domain.hearing import work as hearing_work
from services.referrals.domain.intake import drafts, importing
from services.referrals.domain.intake import receiving as intake
from services.referrals.domain.referral import PAPERS, REFERRAL
from services.referrals.domain.register import by_hand as register
from services.referrals.domain.staff import changes as staff_changes
from services.referrals.domain.staff import commands as people
from services.referrals.domain.staff import members as staff
from services.referrals.domain.staff import restricted, tokens
from services.referrals.domain.work import (
    allocating,
    answering,
    asking,
    changing,
    concluding,
    contacting,
    death,
    promises,
    releasing,
    relocating,
    stepping,
    turning,
    visiting,
)


def table(book: Book) -> Handlers:
    """All rules, with ``book`` as what they look up."""
    handlers = Handlers()
    _submissions(handlers, book)
    _work(handlers, book)
    _files_and_drafts(handlers, book)
    _enquiries(handlers, book)
    _children(handlers, book)
    _clocks(handlers)
    _panels(handlers)
    _notifications(handlers)
    _staff(handlers, book)
    _access(handlers, book)
    _register(handlers, book)
    handlers.on(commands.ListInDirectory, directory.ENTRY, lambda c: c.entry.entry, directory.listed)
    return handlers


def _submissions(handlers: Handlers, book: Book) -> None:
    handlers.on_many(
        commands.SubmitReferral,
        partial(intake.touched, book),
        partial(intake.receive, book),
        partial(intake.looked_at, book),
    )
    handlers.on_many(
        commands.SubmissionArrived,
        partial(intake.touched_by_event, book),
        partial(intake.receive_event, book),
    )
    handlers.on_many(
        importing.ImportOpenCase, partial(importing.touched, book), partial(importing.take, book)
    )


def _work(handlers: Handlers, book: Book) -> None:
    on = handlers.on_many
    on(commands.AcceptReferral, _referral, partial(answering.accept, book))
    on(commands.ReturnReferral, _referral_and_papers, partial(answering.give_back, book))
    handlers.on(commands.AssignReferral, REFERRAL, lambda c: c.referral_id, allocating.assign)
    on(commands.AskForInformation, _referral_and_papers, asking.ask)
    on(commands.AnswerInformation, _referral_and_papers, partial(asking.answer, book))
    on(commands.ArrangeVisit, _referral_and_papers, visiting.arrange)
    on(commands.RecordVisit, _referral_and_papers, partial(visiting.done, book))
    on(commands.ConcludeReferral, _referral_and_papers, concluding.conclude)
    on(commands.RecordReview, _referral_and_papers, concluding.review)
    on(commands.CloseReferral, _referral_and_papers, concluding.close)
    on(commands.ReopenReferral, _referral_and_papers, partial(concluding.reopen, book))
    handlers.on(commands.WithdrawReferral, REFERRAL, lambda c: c.referral_id, concluding.withdraw)
    on(commands.StepReferral, stepping.touched, partial(stepping.step, book), reads=_child)
    on(commands.AmendReferral, contacting.touched, partial(changing.amend, book))
    on(commands.AddEvidence, changing.touched_by_evidence, changing.add_evidence)
    handlers.on(commands.ReleaseReferral, REFERRAL, lambda c: c.referral_id, partial(releasing.release, book))


def _files_and_drafts(handlers: Handlers, book: Book) -> None:
    handlers.on(evidence.BeginUpload, evidence.EVIDENCE, lambda c: c.file.id, evidence.begin)
    handlers.on(evidence.EndUpload, evidence.EVIDENCE, lambda c: c.id, evidence.end)
    handlers.on(evidence.DropEvidence, evidence.EVIDENCE, lambda c: c.id, evidence.drop)
    handlers.on(evidence.ForgetObject, evidence.EVIDENCE, lambda c: c.id, evidence.forget)
    handlers.on_many(evidence.RecordScan, evidence.fate_refs, evidence.scanned, reads=evidence.fate_reads)
    handlers.on_many(evidence.GiveUpFile, evidence.fate_refs, evidence.given_up, reads=evidence.fate_reads)
    handlers.on(drafts.StartDraft, drafts.DRAFT, lambda c: c.id, drafts.start)
    handlers.on(drafts.SaveDraft, drafts.DRAFT, lambda c: c.id, drafts.save)
    handlers.on(drafts.DiscardDraft, drafts.DRAFT, lambda c: c.id, drafts.discard)
    handlers.on_many(drafts.SendDraft, partial(drafts.sent_refs, book), partial(drafts.send, book))
    handlers.when_due(drafts.EXPIRES, drafts.DRAFT, drafts.expire)


def _enquiries(handlers: Handlers, book: Book) -> None:
    handlers.on(enquiry.AskEnquiry, enquiry.ENQUIRY, lambda c: c.id, partial(enquiring.ask, book))
    handlers.on(enquiry.TakeEnquiry, enquiry.ENQUIRY, lambda c: c.id, enquiring.take)
    handlers.on(enquiry.AnswerEnquiry, enquiry.ENQUIRY, lambda c: c.id, enquiring.answer)
    handlers.on(enquiry.CloseEnquiry, enquiry.ENQUIRY, lambda c: c.id, enquiring.close)
    handlers.on_many(enquiry.ConvertEnquiry, enquiring.convert_touches, enquiring.convert)


def _children(handlers: Handlers, book: Book) -> None:
    on = handlers.on_many
    on(aliases.MergePersons, aliases.touched, aliases.merge, reads=aliases.looked_at)
    on(aliases.UnmergePersons, aliases.touched, aliases.unmerge, reads=aliases.looked_at)
    on(aliases.KeepApart, aliases.touched, aliases.keep_apart, reads=aliases.looked_at)
    on(
        relocating.MoveChild,
        relocating.touched,
        partial(relocating.relocate, book),
    )
    on(holding.SetHold, holding.touched, holding.set_hold, reads=holding.looked_at)
    on(erasing.ErasePerson, erasing.touched, erasing.erase, reads=erasing.looked_at)
    on(death.NoteDeath, death.touched, death.note_death)
    on(turning.TellYoungPerson, turning.touched, turning.tell_young_person)
    on(contacts.DecideContacts, contacts.touched, contacts.decide)


def _clocks(handlers: Handlers) -> None:
    handlers.when_due(promises.ANSWER_DUE, REFERRAL, promises.answer_due)
    handlers.when_due(promises.OVERDUE, REFERRAL, promises.overdue)
    handlers.when_due(promises.SCHOOL_OVERDUE, REFERRAL, promises.school_overdue)
    handlers.when_due(promises.REVIEW, REFERRAL, promises.review_due)


def _referral(command: commands.OnReferral) -> tuple[Ref]:
    return (REFERRAL.at(command.referral_id),)


def _referral_and_papers(command: commands.OnReferral) -> tuple[Ref, Ref]:
    return REFERRAL.at(command.referral_id), PAPERS.at(command.referral_id)


def _child(command: commands.StepReferral) -> tuple[Ref]:
    return (PERSON.at(command.child_id),)


def _staff(handlers: Handlers, book: Book) -> None:
    touched, read = staff_changes.touched, staff_changes.looked_at
    handlers.on_many(people.AppointStaff, touched, partial(staff_changes.appoint, book), read)
    handlers.on_many(people.GiveRole, touched, partial(staff_changes.give, book), read)
    handlers.on_many(people.EndRole, touched, staff_changes.end, read)
    handlers.on_many(people.CorrectStaff, touched, staff_changes.correct, read)
    handlers.on_many(people.StaffLeaves, touched, staff_changes.leave, read)
    handlers.on_many(people.ArrangeCover, touched, staff_changes.arrange_cover, read)
    handlers.on_many(people.EndCover, touched, staff_changes.end_cover, read)
    handlers.when_due(staff.LEAVES, staff.STAFF, staff.has_left)
    handlers.on(people.CountAdministrators, staff.ADMINISTRATORS, lambda _: staff.ALL, staff.count)


def _access(handlers: Handlers, book: Book) -> None:
    handlers.on(tokens.MakeToken, tokens.API_TOKEN, lambda c: c.token_id, partial(tokens.make, book))
    handlers.on(tokens.RevokeToken, tokens.API_TOKEN, lambda c: c.token_id, tokens.revoke)
    touched, read = restricted.touched, restricted.looked_at
    handlers.on_many(restricted.RestrictReferral, touched, restricted.restrict, read)
    handlers.on_many(restricted.LiftRestriction, touched, restricted.lift, read)
    handlers.on_many(restricted.BreakGlass, touched, restricted.break_glass, read)
    handlers.on_many(restricted.ReviewGlass, touched, restricted.review, read)


def _register(handlers: Handlers, book: Book) -> None:
    handlers.on(
        register.KeepSetting, register.HAND_SETTING, lambda c: c.urn, partial(register.keep, book.register)
    )
    handlers.on(
        register.CloseSetting, register.HAND_SETTING, lambda c: c.urn, partial(register.close, book.register)
    )


def _panels(handlers: Handlers) -> None:
    handlers.on(panels.CaseOpened, REFERRAL, lambda e: e.referral_id, hearing.case_opened)
    handlers.on(panels.CaseCompleted, REFERRAL, lambda e: e.referral_id, hearing.case_completed)
    handlers.on(panels.CaseListed, REFERRAL, lambda e: e.referral_id, hearing.case_listed)
    handlers.on(panels.CaseUnlisted, REFERRAL, lambda e: e.referral_id, hearing.case_unlisted)
    handlers.on(panels.CaseHeard, REFERRAL, lambda e: e.referral_id, hearing.case_heard)
    handlers.on(panels.DecisionIssued, REFERRAL, lambda e: e.referral_id, hearing.decision_issued)
    handlers.on(panel_days.DecisionCorrected, REFERRAL, lambda e: e.referral_id, hearing.decision_corrected)
    handlers.on(panel_days.CaseChairAction, REFERRAL, lambda e: e.referral_id, hearing.case_settled_by_chair)
    handlers.on(panel_days.CasePassedOn, REFERRAL, lambda e: e.referral_id, hearing.case_passed_on)
    handlers.on(panels.CaseDeferred, REFERRAL, lambda e: e.referral_id, hearing.case_deferred)
    handlers.on(panels.CaseWithdrawn, REFERRAL, lambda e: e.referral_id, hearing.case_withdrawn)
    handlers.on(case_work.DatesCorrected, REFERRAL, lambda e: e.referral_id, hearing_work.dates_corrected)
    handlers.on(case_work.PapersRequested, REFERRAL, lambda e: e.referral_id, hearing_work.papers_requested)
    handlers.on(
        case_work.WithdrawalAnswered, REFERRAL, lambda e: e.referral_id, hearing_work.withdrawal_answered
    )
    handlers.on(case_work.EvidenceAnswered, REFERRAL, lambda e: e.referral_id, hearing_work.evidence_answered)
    handlers.on(erased.ErasedFromPanels, ERASURE, lambda e: e.erasure_id, answered("panels"))
    _places(handlers)


def _places(handlers: Handlers) -> None:
    handlers.on(places.PlaceAwaited, REFERRAL, lambda e: e.referral_id, hearing_of_places.awaited)
    handlers.on(places.PlaceConsulted, REFERRAL, lambda e: e.referral_id, hearing_of_places.consulted)
    handlers.on(places.PlaceOffered, REFERRAL, lambda e: e.referral_id, hearing_of_places.offered)
    handlers.on(places.PlaceDeclined, REFERRAL, lambda e: e.referral_id, hearing_of_places.declined)
    handlers.on(places.PlaceAccepted, REFERRAL, lambda e: e.referral_id, hearing_of_places.accepted)
    handlers.on(places.PlacementConfirmed, REFERRAL, lambda e: e.referral_id, hearing_of_places.confirmed)
    handlers.on(places.PlacementStarted, REFERRAL, lambda e: e.referral_id, hearing_of_places.started)
    handlers.on(places.PlacementEnded, REFERRAL, lambda e: e.referral_id, hearing_of_places.ended)
    handlers.on(places.SupportAwaited, REFERRAL, lambda e: e.referral_id, hearing_of_places.support_awaited)
    handlers.on(places.SupportSettled, REFERRAL, lambda e: e.referral_id, hearing_of_places.support_settled)
    handlers.on(places.SupportStarted, REFERRAL, lambda e: e.referral_id, hearing_of_places.support_started)
    handlers.on(places.SupportEnded, REFERRAL, lambda e: e.referral_id, hearing_of_places.support_ended)


def _notifications(handlers: Handlers) -> None:
    handlers.on(FamilySaid, family_words.FAMILY_WORDS, lambda e: e.words_id, family_words.heard)
    handlers.on_many(family_words.AnswerFamily, family_words.touched, family_words.answer)
    handlers.on(reaching.DecideTelling, REFERRAL, lambda c: c.referral_id, reaching.decide)
    handlers.on(reaching.CheckContact, REFERRAL, lambda c: c.referral_id, reaching.check)
    handlers.on(ContactCorrected, REFERRAL, lambda e: e.referral_id, reaching.corrected)
    handlers.on_many(page_codes.HandCode, page_codes.touched, page_codes.hand)
    handlers.on_many(page_codes.RevokeCode, page_codes.touched, page_codes.revoke)
    handlers.on(PageCodeUsed, page_codes.PAGE_CODE, lambda e: e.code_id, page_codes.used)
    for sent in (notifications.MessageSent, notifications.MessageSentV2):
        handlers.on(sent, REFERRAL, lambda e: e.referral_id, hearing.message_sent)
    for failed in (notifications.MessageFailed, notifications.MessageFailedV2):
        handlers.on(failed, REFERRAL, lambda e: e.referral_id, hearing.message_failed)
    handlers.on(notifications.MessageHeld, REFERRAL, lambda e: e.referral_id, hearing.message_held)
    handlers.on(notifications.MessageSettled, REFERRAL, lambda e: e.referral_id, hearing.message_settled)
    handlers.on(erased.ErasedFromNotifications, ERASURE, lambda e: e.erasure_id, answered("notifications"))
