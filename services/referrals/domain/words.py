"""Codes in plain English that this service alone says, in the middle of a sentence; others are in schemas.words."""

from schemas.codes import AsksFor, DestinationKind, EvidenceKind, Need, Phase, SenProvision, Trigger
from schemas.panels_v1 import Outcome
from schemas.referral_work_v1 import ClosingReason, Helped, VisitKind

#: A need where a line has little room.
NEED_IN_SHORT: dict[Need, str] = {
    "SPLD": "specific learning",
    "MLD": "learning",
    "SLD": "severe learning",
    "PMLD": "profound learning",
    "SEMH": "mental health",
    "SLCN": "speech and language",
    "HI": "hearing",
    "VI": "vision",
    "MSI": "hearing and vision",
    "PD": "physical disability",
    "ASD": "autism",
    "DS": "Down syndrome",
    "OTH": "another need",
    "NSA": "need not assessed yet",
}
SEN_PROVISION_WORDS: dict[SenProvision, str] = {
    "K": "SEN support",
    "E": "an education, health and care plan",
    "N": "no special provision",
}
#: Why it comes now, as a school or a team answers it.
WHY_NOW_WORDS: dict[Trigger, str] = {
    "school-referral": "the school asks for it",
    "draft-plan": "a draft plan was served",
    "annual-review": "an annual review asked for a change",
}
EVIDENCE_WORDS: dict[EvidenceKind, str] = {
    "report": "a specialist's report",
    "plan": "a support plan or its review",
    "assessment": "an assessment of progress",
    "medical": "a medical letter",
    "work": "the child's own work",
    "views": "the family's or child's views",
    "other": "something else",
}
PHASE_WORDS: dict[Phase, str] = {
    "early-years": "the early years",
    "primary": "the primary years",
    "secondary": "the secondary years",
    "post-16": "the years after 16",
}
ASKS_WORDS: dict[AsksFor, str] = {
    "advice": "advice from a specialist team",
    "outreach": "outreach from a special school",
    "ehc-needs-assessment": "an EHC needs assessment",
    "placement": "specialist provision, by a panel",
    "short-placement": "a place for a short time at an Education Support Centre",
    "top-up-funding": "local high needs funding",
}
OUTCOME_WORDS: dict[Outcome, str] = {
    "agreed": "agreed to the specialist provision that was asked for",
    "not-agreed": "did not agree to the specialist provision that was asked for",
    "more-information": "asked for more information before deciding",
}
RETURN_WORDS = {
    "advice-given": "with advice to put in place first",
    "more-evidence-needed": "because more evidence of what has been tried is needed",
    "other-service-fits-better": "because another service fits better",
}
CONCLUSION_WORDS = {
    "strategies-agreed": "strategies were agreed with the school",
    "training-given": "staff were given training",
    "in-reach-arranged": "a visit to a special school was arranged for staff",
    "step-up-advised": "a higher level of support was advised",
}
VISIT_WORDS: dict[VisitKind, str] = {
    "outreach-visit": "a visit to the school",
    "in-reach": "a visit of the school's staff to a special school",
    "training": "training for staff",
}
HELPED_WORDS: dict[Helped, str] = {
    "yes": "it helped",
    "partly": "it helped in part",
    "no": "it did not help",
}
CLOSING_WORDS: dict[ClosingReason, str] = {
    "advice-put-in-place": "the advice is in place, and no more is needed",
    "no-answer-from-school": "the school has not answered",
    "moved-away": "the child has moved away",
    "left-education": "the young person has left education",
    "duplicate": "the same was asked for in another referral",
    "needs-met": "the needs are met in another way",
}
KIND_HEADINGS: dict[DestinationKind, str] = {
    "advisory-team": "Specialist advisory teams",
    "outreach": "Outreach from special schools",
    "triage": "Where requests are read first",
    "education-support-centre": "Education Support Centres",
    "high-needs-funding": "Local high needs funding",
    "statutory-assessment": "Education, Health and Care plans",
    "placement-panel": "Special places",
}


def year_words(year: int) -> str:
    """A year group as schools say it."""
    if year < 0:
        return "the years before Reception"
    return "Reception" if year == 0 else f"year {year}"


def wait_words(days: int) -> str:
    """A wait as people say it: 3 days, about 2 weeks."""
    if days < 1:
        return "less than a day"
    if days < 14:
        return f"{days} day{'s' if days > 1 else ''}"
    return f"about {round(days / 7)} weeks"
