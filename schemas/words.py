"""Codes in plain English, in the middle of a sentence: the same words for one code wherever staff and schools read it.

Not here are the words of families, whom the notifications service tells what a code means for them; the labels of
forms, which stand alone; and the short heads of tables.
"""

from collections.abc import Mapping

from schemas.case_work_v1 import DeclineReason
from schemas.codes import AnyRelation, Need, Owner, ProvisionType, Trigger, WithdrawalReason
from schemas.panels_v1 import MissingItem
from schemas.staff_v1 import Role

NEEDS: Mapping[Need, str] = {
    "SPLD": "specific learning difficulties",
    "MLD": "moderate learning difficulties",
    "SLD": "severe learning difficulties",
    "PMLD": "profound and multiple learning difficulties",
    "SEMH": "social, emotional and mental health",
    "SLCN": "speech, language and communication",
    "HI": "hearing",
    "VI": "vision",
    "MSI": "hearing and vision together",
    "PD": "physical disability",
    "ASD": "autism",
    "DS": "Down syndrome",
    "OTH": "another need",
    "NSA": "a need that no specialist has assessed yet",
}
#: Who somebody is to the child, without a name.
RELATIONS: Mapping[AnyRelation, str] = {
    "child": "the young person",
    "mother": "the mother",
    "father": "the father",
    "parent": "the parent",
    "carer": "the carer",
    "social-worker": "the social worker",
    "virtual-school": "the Virtual School",
    "interpreter": "the interpreter",
    "representative": "the representative under the Mental Capacity Act",
    "advocate": "the advocate",
    "other": "another adult",
}
TRIGGERS: Mapping[Trigger, str] = {
    "draft-plan": "a draft plan",
    "annual-review": "an annual review",
    "school-referral": "a referral from the school",
}
PROVISIONS: Mapping[ProvisionType, str] = {
    "mainstream-with-support": "a mainstream school with support",
    "specialist-resource-provision": "a specialist resource provision",
    "special-school": "a special school",
    "other": "another kind of provision",
}
#: What a case may lack before its panel can hear it.
ITEMS: Mapping[MissingItem, str] = {
    "statutory-dates": "its statutory dates",
    "educational-psychology-advice": "the educational psychologist's advice",
    "family-views": "the family's views",
    "school-report": "the school's report",
    "health-advice": "health advice",
}
#: Who brings it.
OWNERS: Mapping[Owner, str] = {
    "school": "the school",
    "ehc-co-ordinator": "the EHC co-ordinator",
    "health": "the health service",
    "family": "the family",
}
WITHDRAWALS: Mapping[WithdrawalReason, str] = {
    "family-asked": "the family asked for it",
    "moved-away": "the child has moved away",
    "needs-met": "the child's needs are met",
    "sent-in-error": "it was sent in error",
}
ROLES: Mapping[Role, str] = {
    "school-user": "school user",
    "headteacher": "headteacher",
    "team-member": "member of an advisory team",
    "outreach-coordinator": "outreach co-ordinator",
    "sali-officer": "SEND information, guidance and advice (SALI) officer",
    "send-officer": "SEND implementation support officer",
    "ehc-coordinator": "EHC co-ordinator",
    "panel-coordinator": "panel co-ordinator",
    "panel-member": "panel member",
    "chair": "chair of a panel",
    "deciding-officer": "deciding officer",
    "service-manager": "service manager",
    "administrator": "administrator",
}
#: Why a panel does not do what a school asked of it after papers had closed.
DECLINED: Mapping[DeclineReason, str] = {
    "family-wants-it-heard": "the family wants it heard",
    "decision-cannot-wait": "a decision cannot wait any longer",
    "heard-already": "the panel has heard it already",
    "decided-already": "it is decided already",
    "after-papers-closed": "papers had closed, and it is for the next time",
    "known-already": "the panel knows it already",
    "about-another-matter": "it is about something else",
}
