"""The pages of the form in their order, one thing on each, as data."""

from datetime import date

from services.referrals.domain.asking.child_pages import CARE, CARE_ASKED, CHILD, NEED, PROVISION, UPN, YOU
from services.referrals.domain.asking.choices import (
    ASKS_FOR,
    CHANNELS,
    EVIDENCE_KINDS,
    LANGUAGES,
    PROVISIONS,
    RELATIONS,
    TRIGGERS,
)
from services.referrals.domain.asking.page import Page, asks_for_placement, old_enough_to_be_asked
from services.referrals.domain.asking.questions import Answers, Question

ASKS = Page(
    "asks-for",
    "What are you asking for?",
    "What you ask for",
    (
        Question(
            "asks_for", "What you ask for", "choice", options=ASKS_FOR, ask="Choose what you are asking for"
        ),
    ),
)
PLACEMENT = Page(
    "placement",
    "What is asked of the placement panel?",
    "What you ask for",
    (
        Question(
            "placement.trigger", "Why now?", "choice", options=TRIGGERS, ask="Choose why this comes now"
        ),
        Question(
            "placement.provision",
            "What kind of provision?",
            "choice",
            options=PROVISIONS,
            ask="Choose the kind of provision",
        ),
        Question(
            "placement.urgent",
            "Is it urgent?",
            "yes-no",
            "It cannot wait for 10 working days: for example out of education, or the placement is breaking down.",
            optional=True,
        ),
        Question(
            "placement.need_by",
            "If it is urgent, by when is an answer needed?",
            "date",
            optional=True,
            depends=True,
        ),
        Question(
            "placement.dates.request_received",
            "Request for an EHC needs assessment received on",
            "date",
            "The final plan is due 20 weeks after it. Leave it empty while it is not known.",
            optional=True,
        ),
        Question(
            "placement.dates.draft_served",
            "Draft or amended plan served on",
            "date",
            "The family has 15 days for its views; an amended plan is final 8 weeks after it.",
            optional=True,
        ),
        Question(
            "placement.dates.review_meeting",
            "Annual review meeting held on",
            "date",
            "The decision is due 4 weeks after it.",
            optional=True,
        ),
        Question(
            "placement.personal_budget", "Does the family ask for a personal budget?", "yes-no", optional=True
        ),
        Question("placement.papers_complete", "Are all papers complete?", "yes-no", optional=True),
    ),
    parts=("placement",),
    when=asks_for_placement,
)
WORDS = Page(
    "words",
    "Why are you referring, in your own words?",
    "What you ask for",
    (
        Question(
            "narrative",
            "What you see, what helps, and what you would like to change",
            "text",
            "Do not repeat what stands on other pages.",
            ask="Tell us in a few sentences why you are referring",
        ),
    ),
)
TRIED = Page(
    "tried",
    "What has been tried?",
    "What has been tried",
    (
        Question("started", "Started on", "date", "For example, 3 11 2025", ask="Enter when it started"),
        Question("reviewed", "Reviewed on", "date", ask="Enter when it was reviewed"),
        Question(
            "put_in_place", "What was put in place, and who did it?", "text", ask="Say what was put in place"
        ),
        Question("changed", "What changed?", "text", ask="Say what changed, even if nothing did"),
    ),
    lead="Each round of assess, plan, do, review that you have been through, the latest last.",
    parts=("tried",),
    entry="round",
    optional=True,
)
AGREEMENT = Page(
    "agreement",
    "Do the parents agree that specialists are called in?",
    "The family",
    (
        Question("agreement.agreed", "Agreement", "yes-no", ask="Say whether the parents agree"),
        Question("agreement.by", "If they agree, who agreed?", optional=True, depends=True),
        Question(
            "agreement.on", "If they agree, on which day did they?", "date", optional=True, depends=True
        ),
        Question(
            "agreement.disagreement",
            "If they do not, what did they say and what was done about it?",
            "text",
            optional=True,
            depends=True,
        ),
    ),
    lead="From the end of compulsory school age it is the young person who agrees.",
    parts=("agreement",),
)
PARENTS = Page(
    "parents-views",
    "What do the parents say?",
    "The family",
    (Question("views.parents_say", "Their views, in their own words", "text", optional=True),),
    parts=("views",),
    optional=True,
)
CHILDS = Page(
    "childs-views",
    "What does the child say?",
    "The family",
    (
        Question(
            "views.child_says",
            "Their views, in their own words",
            "text",
            "They may have shown you rather than told you: write what you saw.",
            optional=True,
        ),
    ),
    optional=True,
)
YOUNG = Page(
    "young-person",
    "Was the young person asked directly?",
    "The family",
    (
        Question("views.young_person_asked", "Asked directly", "yes-no", optional=True),
        Question("child.email", "Their own e-mail address", "email", optional=True),
        Question("child.phone", "Their own telephone number", "phone", optional=True),
        Question("child.language", "Language they prefer", "select", options=LANGUAGES, optional=True),
    ),
    lead="From 16 on young people are asked themselves, and are written to past compulsory school age.",
    when=old_enough_to_be_asked,
)
CONTACTS = Page(
    "contacts",
    "Who are the adults around the child?",
    "The family",
    (
        Question("given_name", "First name", ask="Enter the first name"),
        Question("family_name", "Last name", ask="Enter the last name"),
        Question("relation", "Relation to the child", "select", options=RELATIONS, ask="Choose the relation"),
        Question(
            "email",
            "E-mail address",
            "email",
            "An e-mail address, a telephone number or a postal address is needed if they may be told.",
            optional=True,
            depends=True,
        ),
        Question("phone", "Telephone number", "phone", optional=True, depends=True),
        Question(
            "address",
            "Postal address",
            hint="Only where letters are to go there. For example, 1 Rose Lane, Hitchin, SG4 9AA",
            optional=True,
        ),
        Question("may_be_told", "May they be told how the referral goes?", "yes-no", optional=True),
        Question("channel", "How do they prefer to be told?", "choice", options=CHANNELS, optional=True),
        Question("language", "Language they prefer", "select", options=LANGUAGES, optional=True),
    ),
    parts=("adults",),
    entry="adult",
)
EVIDENCE = Page(
    "evidence",
    "What evidence do you have?",
    "Evidence",
    (
        Question("kind", "What is it?", "select", options=EVIDENCE_KINDS, ask="Choose what it is"),
        Question("title", "Its title", hint="For example, speech and language report", ask="Enter a title"),
        Question("dated", "Its date", "date", optional=True),
    ),
    parts=("evidence",),
    entry="paper",
    optional=True,
)

PAGES: tuple[Page, ...] = (
    *(YOU, CHILD, UPN, NEED, PROVISION, CARE_ASKED, CARE, ASKS, PLACEMENT, WORDS, TRIED),
    *(AGREEMENT, PARENTS, CHILDS, YOUNG, CONTACTS, EVIDENCE),
)
BY_SLUG = {page.slug: page for page in PAGES}


def applying(answers: Answers, today: date) -> list[Page]:
    """The pages that the answers so far call for, in order."""
    return [page for page in PAGES if page.when(answers, today)]


def following(page: Page, answers: Answers, today: date) -> Page | None:
    """The next page that applies, or None after the last."""
    rest = PAGES[PAGES.index(page) + 1 :]
    return next((each for each in rest if each.when(answers, today)), None)


def preceding(page: Page, answers: Answers, today: date) -> Page | None:
    """The page before, or None before the first."""
    rest = PAGES[: PAGES.index(page)]
    return next((each for each in reversed(rest) if each.when(answers, today)), None)
