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
[[operations]]
include-method = "POST"
[operations.checks.positive_data_acceptance]
enabled = false
"""


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("token", sorted(TOKENS))
async def test_every_role_finds_the_api_as_it_is_described(house: House, tmp_path: Path, token: str) -> None:
    await house.hear(a_routed_referral(1))
    known = KNOWN.format(case_id=case_id_of(a_referral_id(1)), sitting_id=THURSDAY_5_MARCH)
    phases = ("examples", "coverage", "fuzzing", "stateful") if token == "co-ordinator" else ("fuzzing",)
    async with served(make_web(house.running)) as url:
        await assert_as_described(url, token, tmp_path, phases=phases, config=known)
