"""Published figures, and the assumptions where nothing is published.

Source of the figures: Department for Education, "Education, health and care plans", reporting year 2025,
underlying data files, Open Government Licence v3.0; rows of Hertfordshire (la_code 919), calendar year 2024.
Each constant names the file, the breakdown topic and the measure.
"""

from collections.abc import Mapping
from typing import Any

from schemas.codes import Need

SOURCE = 'DfE, "Education, health and care plans" 2025, Hertfordshire, calendar year 2024'

#: File requests, "All requests for EHC needs assessments", measure requests_received_in_year.
REQUESTS_A_YEAR = 3343
#: File requests, as above, measures requests_decided_to_assess and requests_withdrawn.
REQUESTS_AGREED, REQUESTS_WITHDRAWN = 2216, 7
#: File newplans, "New EHC plans", measure new_ehc_plans.
NEW_PLANS_A_YEAR = 1849

#: File requests, "Child or young persons age", measure requests_received_in_year. The key is the age in
#: years; 2 stands for "Aged 2 and under", 20 for "Aged 20 and over".
REQUESTS_BY_AGE: Mapping[int, int] = {
    2: 79, 3: 301, 4: 402, 5: 245, 6: 259, 7: 202, 8: 259, 9: 313, 10: 326, 11: 207,
    12: 150, 13: 191, 14: 159, 15: 111, 16: 75, 17: 39, 18: 13, 19: 4, 20: 8,
}  # fmt: skip
#: File newplans, "Age when plan started", measure new_ehc_plans. Keys as above.
NEW_PLANS_BY_AGE: Mapping[int, int] = {
    2: 8, 3: 52, 4: 168, 5: 246, 6: 153, 7: 149, 8: 126, 9: 140, 10: 165, 11: 171,
    12: 117, 13: 90, 14: 79, 15: 73, 16: 54, 17: 38, 18: 11, 19: 2, 20: 7,
}  # fmt: skip
#: File sen_need_newplans, "All EHC plans", measures number_asd … number_vi; number_need_unknown (2) is OTH here.
NEW_PLANS_BY_NEED: Mapping[Need, int] = {
    "SEMH": 542, "ASD": 492, "SLCN": 386, "MLD": 249, "PD": 71, "SPLD": 57, "HI": 25, "VI": 13, "SLD": 10,
    "MSI": 2, "OTH": 2,
}  # fmt: skip

# Not published, so assumed; printed at the end of the demo. -------------------------------------------

#: Referrals to advisory teams, and to outreach, for each request for a needs assessment.
ADVICE_PER_REQUEST = 1.5
OUTREACH_PER_REQUEST = 0.5
#: Placement cases for each sitting of twelve: one above its places, since some are withdrawn or deferred.
PLACEMENTS_PER_SITTING = 13
#: Placement cases left over from the month before, on top of those for its first sitting.
LEFT_OVER = 4
#: Of placement cases: those that an EHC co-ordinator enters (the others come from schools after a review).
STATUTORY_SHARE = 0.6
#: Of what schools send: the part that their systems put onto Kafka. The rest comes over HTTP.
EVENT_SHARE = 0.25
#: Of all forms: the part that is defective.
DEFECTIVE_SHARE = 0.05
#: Of all forms: the part that is sent a second time, as by a system that missed the answer.
REPEATED_SHARE = 0.03


def apportioned(total: int, weights: Mapping[Any, int]) -> list[int]:
    """``total`` shared out by ``weights``, in their order: whole numbers that add up (largest remainders)."""
    everything = sum(weights.values())
    exact = [total * weight / everything for weight in weights.values()]
    shares = [int(share) for share in exact]
    by_remainder = sorted(range(len(exact)), key=lambda place: shares[place] - exact[place])
    for place in by_remainder[: total - sum(shares)]:
        shares[place] += 1
    return shares


def assumptions(sittings: int, capacity: int) -> list[str]:
    """What the demo assumes, in sentences."""
    a_year = sittings * capacity * 12
    return [
        f"Published ({SOURCE}): {REQUESTS_A_YEAR:,} requests for a needs assessment a year, so a twelfth of them in "
        f"the month; {NEW_PLANS_A_YEAR:,} new plans a year; ages and needs in the published shares.",
        f"Assumed: {PLACEMENTS_PER_SITTING} placement cases for each of the {sittings} sittings of {capacity}, so that "
        f"they are about full, and {LEFT_OVER} left over from the month before; {a_year:,} places a year are as many "
        f"as {a_year / NEW_PLANS_A_YEAR:.0%} of the new plans.",
        f"Assumed: {ADVICE_PER_REQUEST:g} referrals to advisory teams and {OUTREACH_PER_REQUEST:g} to outreach for "
        "each request; age and need are drawn independently of each other.",
        f"Assumed: {STATUTORY_SHARE:.0%} of placement cases are entered by an EHC co-ordinator; {EVENT_SHARE:.0%} of "
        f"schools' forms come as sealed events on Kafka; one form in {1 / DEFECTIVE_SHARE:.0f} is defective; "
        f"{REPEATED_SHARE:.0%} are sent twice.",
    ]
