"""Whether what the school changed holds together: the same checks as for a form, over the parts that changed."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from schemas.submissions_v1 import (
    Child,
    Fault,
    Placement,
    ReferralSubmission,
    StatutoryDates,
)
from services.referrals.domain.children.persons import Person
from services.referrals.domain.form.about import About
from services.referrals.domain.form.checking import checked
from services.referrals.domain.referral import Papers, Referral

#: Where on the form each part stands.
_FIELDS = {
    "narrative": ("narrative",),
    "tried": ("tried",),
    "agreement": ("agreement",),
    "views": ("views",),
    "contacts": ("adults", "child.email", "child.phone", "child.address", "child.language"),
    "asks_for": ("asks_for", "placement"),
    "primary_need": ("child.primary_need", "child.other_needs"),
    "other_needs": ("child.other_needs",),
    "sen_provision": ("child.sen_provision", "child.primary_need", "child.other_needs"),
    "placement": ("placement",),
}


def faults_of(
    referral: Referral, papers: Papers, child: Person, changed: Mapping[str, Any], about: About
) -> list[Fault]:
    """The faults of a changed referral in the parts that were changed: no other can be put right now."""
    form = _form(referral, papers, child, changed)
    places = tuple(place for name in changed for place in _FIELDS[name])
    return [fault for fault in checked(form, about) if fault.field.startswith(places)]


def _form(
    referral: Referral, papers: Papers, child: Person, changed: Mapping[str, Any]
) -> ReferralSubmission:
    """The form as the school would fill it in today; what was lost of the child is left out of the checks."""
    words, details, contacts = papers.papers, child.details, changed.get("contacts")
    own = contacts.child if contacts else details
    about = Child.model_construct(
        given_name=details.given_name,
        family_name=details.family_name,
        born=details.born or date.max,
        upn=details.upn,
        sen_provision=referral.sen_provision,
        primary_need=referral.primary_need,
        other_needs=referral.other_needs,
        looked_after=referral.looked_after,
        email=own.email,
        phone=own.phone,
        address=own.address,
    )
    return ReferralSubmission.model_construct(
        urn=referral.urn,
        referrer=papers.referrer,
        child=about,
        agreement=changed.get("agreement", papers.agreement),
        asks_for=referral.asks_for,
        narrative=changed.get("narrative", words.narrative),
        tried=changed.get("tried", words.tried),
        placement=_placement(referral),
        adults=contacts.adults if contacts else (),
        views=changed.get("views", words.views),
        care=words.care,
    )


def _placement(referral: Referral) -> Placement | None:
    asked = referral.placement
    if asked is None:
        return None
    return Placement(
        trigger=asked.trigger,
        provision=asked.provision,
        urgent=asked.urgent,
        need_by=asked.need_by,
        dates=StatutoryDates(
            request_received=asked.request_received,
            draft_served=asked.draft_served,
            review_meeting=asked.review_meeting,
        ),
        papers_complete=asked.papers_complete,
        personal_budget=asked.personal_budget,
    )
