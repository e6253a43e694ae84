"""Reading what school systems put onto ``referral-submissions.v1``: who signed it, and for which schools."""

import re
from collections.abc import Iterable

from joserfc.jwk import ECKey
from pydantic import TypeAdapter, ValidationError

from chassis.doubled import doubled
from chassis.records import BadRecord, Decoder
from chassis.sealing import CannotOpen, open_signed
from schemas.envelope import Envelope
from schemas.submissions_v1 import SUBMISSION_TYPE, ReferralSubmission
from services.referrals.domain.commands import SubmissionArrived
from services.referrals.settings import Sender

_FORM: TypeAdapter[ReferralSubmission] = TypeAdapter(ReferralSubmission)
_ID = re.compile(r"[A-Za-z0-9._:-]{1,100}")


def decoder(own_keys: Iterable[ECKey], senders: Iterable[Sender]) -> Decoder:
    """The reader of submissions.

    The record's signature must name its source and id, separated by a blank, and its source must be the
    one registered with the key that signed it. The reader raises BadRecord, which never holds a value.
    """
    ours = {str(key.kid): key for key in own_keys}
    registered = {str(sender.public_key.kid): sender for sender in senders}
    keys = {kid: sender.public_key for kid, sender in registered.items()}

    def decode(envelope: Envelope, value: bytes) -> SubmissionArrived:
        if envelope.type != SUBMISSION_TYPE:
            raise BadRecord(f"only {SUBMISSION_TYPE} belongs on this topic")
        if not _ID.fullmatch(envelope.id):
            raise BadRecord("ce_id is not 1 to 100 letters, digits, dots, colons, hyphens or underscores")
        try:
            kid, body = open_signed(value, ours, keys, f"{envelope.source} {envelope.id}")
        except CannotOpen as error:
            raise BadRecord(str(error)) from None
        sender = registered[kid]
        if envelope.source != sender.source:
            raise BadRecord("ce_source is not the one registered with the key that signed it")
        return SubmissionArrived(envelope.id, envelope.source, sender.urns, body, _form(body))

    return decode


def _form(body: bytes) -> ReferralSubmission | None:
    """The form; None where it is not as its contract says: the rule names every fault."""
    try:
        return None if doubled(body) else _FORM.validate_json(body)
    except ValidationError:
        return None
