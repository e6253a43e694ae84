"""The API of panels does what its OpenAPI document says, whatever is sent: tried by Schemathesis."""

from pathlib import Path

import pytest

from chassis.web.hosting import make_web
from services.panels.domain.case import case_id_of
from tests.panels.builders import THURSDAY_5_MARCH, a_referral_id, a_routed_referral
from tests.panels.conftest import TOKENS, House
from tests.support.browser import served
from tests.support.by_schema import assert_as_described

#: A real case and sitting, where there is one to act on. Sound bodies may still break a rule of sittings.
KNOWN = """
[parameters]
"path.case_id" = "{case_id}"
"path.sitting_id" = "{sitting_id}"
"path.code" = "placement"
[[operations]]
include-method = "POST"
[operations.checks.positive_data_acceptance]
enabled = false
"""


@pytest.mark.slow
@pytest.mark.timeout(900)
async def test_every_role_finds_the_api_as_it_is_described(house: House, tmp_path: Path) -> None:
    await house.hear(a_routed_referral(1))
    known = KNOWN.format(case_id=case_id_of(a_referral_id(1)), sitting_id=THURSDAY_5_MARCH)
    others = sorted(TOKENS.keys() - {"co-ordinator"})
    async with served(make_web(house.running)) as url:
        await assert_as_described(
            url, "co-ordinator", tmp_path, config=known, others=others, others_examples=3
        )
