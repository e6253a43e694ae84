"""The API of panels does what its OpenAPI document says, whatever is sent: tried by Schemathesis."""

from pathlib import Path

import pytest

from chassis.web.hosting import make_web
from services.panels.domain.cases.case import case_id_of
from tests.panels.builders import a_referral_id, a_routed_referral
from tests.panels.conftest import TOKENS, House
from tests.panels.placing import OAK
from tests.panels.test_placing_pages import ID, agreed
from tests.support.browser import served
from tests.support.by_schema import assert_as_described

#: A real case, sitting and placement, where there is one to act on. Sound bodies may still break a rule of sittings.
TUESDAY_17_MARCH = "placement-2026-03-17"
KNOWN = """
[parameters]
"path.case_id" = "{case_id}"
"path.sitting_id" = "{sitting_id}"
"path.code" = "placement"
"path.placement_id" = "{placement_id}"
"path.setting" = "{setting}"
[[operations]]
include-method = "POST"
[operations.checks.positive_data_acceptance]
enabled = false
"""


@pytest.mark.slow
@pytest.mark.timeout(900)
async def test_every_role_finds_the_api_as_it_is_described(house: House, tmp_path: Path) -> None:
    await agreed(house)
    await house.hear(a_routed_referral(2))
    known = KNOWN.format(
        case_id=case_id_of(a_referral_id(2)), sitting_id=TUESDAY_17_MARCH, placement_id=ID, setting=OAK
    )
    others = sorted(TOKENS.keys() - {"co-ordinator"})
    async with served(make_web(house.running)) as url:
        await assert_as_described(
            url, "co-ordinator", tmp_path, config=known, others=others, others_examples=3
        )
