"""The pages about who refers and about the child."""

from services.referrals.domain.asking.choices import NEEDS, NO_UPN, SEN_PROVISIONS
from services.referrals.domain.asking.page import Page, is_looked_after
from services.referrals.domain.asking.questions import Question

YOU = Page(
    "you",
    "Who is making this referral?",
    "Your school",
    (
        Question("referrer.name", "Full name", ask="Enter your full name", autocomplete="name"),
        Question(
            "referrer.email",
            "Work e-mail address",
            "email",
            "We only use it for this referral.",
            ask="Enter your work e-mail address",
            autocomplete="email",
        ),
        Question(
            "referrer.role",
            "Role",
            hint="For example SENCo",
            optional=True,
            autocomplete="organization-title",
        ),
    ),
    parts=("referrer", "urn"),
)
CHILD = Page(
    "child",
    "Who is the child or young person?",
    "The child",
    (
        Question("child.given_name", "First name", ask="Enter the first name"),
        Question("child.family_name", "Last name", ask="Enter the last name"),
        Question(
            "child.born", "Date of birth", "date", "For example, 27 3 2016", ask="Enter the date of birth"
        ),
        Question(
            "child.year_group",
            "Year group",
            "number",
            "Only if they are taught outside their chronological year group. Reception is 0.",
            optional=True,
        ),
        Question("child.address", "Home address", optional=True),
    ),
    parts=("child",),
)
UPN = Page(
    "upn",
    "What is their Unique Pupil Number (UPN)?",
    "The child",
    (
        Question(
            "child.upn", "UPN", hint="13 characters, for example A919400023001", optional=True, depends=True
        ),
        Question(
            "child.no_upn_reason",
            "If there is none, why?",
            "choice",
            options=NO_UPN,
            optional=True,
            depends=True,
        ),
    ),
    lead="The UPN lets us see earlier referrals of the same child, so that nobody has to explain twice.",
)
NEED = Page(
    "needs",
    "What are their needs?",
    "The child",
    (
        Question("child.primary_need", "Main need", "choice", options=NEEDS, ask="Choose the main need"),
        Question("child.other_needs", "Other needs", "choices", options=NEEDS, optional=True),
    ),
)
PROVISION = Page(
    "provision",
    "What SEN provision do they have?",
    "The child",
    (
        Question(
            "child.sen_provision",
            "SEN provision",
            "choice",
            options=SEN_PROVISIONS,
            ask="Choose the SEN provision",
        ),
    ),
)
CARE_ASKED = Page(
    "looked-after",
    "Is the child looked after by a local authority?",
    "The child",
    (
        Question(
            "child.looked_after",
            "Looked after",
            "yes-no",
            ask="Say whether the child is looked after by a local authority",
        ),
    ),
)
CARE = Page(
    "care",
    "Who answers for the looked-after child?",
    "The child",
    (
        Question("care.authority", "Authority that looks after the child", optional=True),
        Question("care.social_worker", "Social worker", optional=True),
        Question("care.social_worker_email", "Social worker's e-mail address", "email", optional=True),
        Question("care.social_worker_phone", "Social worker's telephone number", "phone", optional=True),
        Question("care.virtual_school", "Contact at the Virtual School", optional=True),
        Question(
            "care.not_to_be_told",
            "Who must not be told?",
            "names",
            "First and last name, one person on each line. Nobody of this name can be told by this service.",
            optional=True,
        ),
    ),
    parts=("care",),
    when=is_looked_after,
)
