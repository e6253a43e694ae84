"""Codes that several contracts share. Sources: DfE school census and SEN2 code sets (2025)."""

from typing import Literal

Need = Literal[
    "SPLD", "MLD", "SLD", "PMLD", "SEMH", "SLCN", "HI", "VI", "MSI", "PD", "ASD", "DS", "OTH", "NSA"
]  # fmt: skip
SenProvision = Literal["E", "K", "N"]
Phase = Literal["early-years", "primary", "secondary", "post-16"]
SettingKind = Literal["nursery", "primary", "secondary", "all-through", "post-16", "special", "early-years"]
Area = Literal["DSPL1", "DSPL2", "DSPL3", "DSPL4", "DSPL5", "DSPL6", "DSPL7", "DSPL8", "DSPL9"]

# A list that is closed in a published contract never grows: what came later travels in the next version of it.
FirstAsksFor = Literal["advice", "outreach", "ehc-needs-assessment", "placement"]
AsksFor = Literal[
    "advice", "outreach", "ehc-needs-assessment", "placement", "short-placement", "top-up-funding"
]  # fmt: skip
FirstDestinationKind = Literal[
    "advisory-team", "outreach", "statutory-assessment", "placement-panel", "triage"
]  # fmt: skip
DestinationKind = Literal[
    "advisory-team",
    "outreach",
    "statutory-assessment",
    "placement-panel",
    "triage",
    "education-support-centre",
    "high-needs-funding",
]
Trigger = Literal["school-referral", "draft-plan", "annual-review"]
ProvisionType = Literal["mainstream-with-support", "specialist-resource-provision", "special-school", "other"]
#: Whether help that was given did help, at the day on which one looks at it.
Helped = Literal["yes", "partly", "no"]
Relation = Literal["child", "mother", "father", "parent", "carer", "social-worker", "other"]
#: Whom the first list has no code for: to its readers they are "other". A representative is one under the Mental
#: Capacity Act 2005, for a young person past compulsory school age who lacks capacity.
AdultRole = Literal["virtual-school", "interpreter", "representative", "advocate"]
#: Both lists, as forms have them.
AnyRelation = Literal[
    "child", "mother", "father", "parent", "carer", "social-worker", "virtual-school", "interpreter",
    "representative", "advocate", "other"
]  # fmt: skip

#: Languages in which schools say that families prefer to be written to (ISO 639-1).
Language = Literal[
    "en", "ar", "bg", "bn", "cy", "es", "fa", "fr", "gu", "hi", "hu", "it", "lt", "pa", "pl", "pt", "ro",
    "ru", "so", "ta", "tr", "uk", "ur", "zh"
]  # fmt: skip
#: Who brings what a case lacks.
Owner = Literal["school", "ehc-co-ordinator", "health", "family"]
WithdrawalReason = Literal["family-asked", "moved-away", "needs-met", "sent-in-error"]
EvidenceKind = Literal["report", "plan", "assessment", "medical", "work", "views", "other"]
