"""The API for programs does what its OpenAPI document says, whatever is sent: tried by Schemathesis."""

from hashlib import sha256
from pathlib import Path

import pytest

from chassis.settings import TokenGrant
from chassis.web.hosting import make_web
from tests.referrals.builders import form
from tests.referrals.conftest import GRANTS, RINGS, Office, Offices, settings
from tests.support.browser import served
from tests.support.by_schema import assert_as_described

EVERYTHING = ("referrals:submit", "referrals:read", "referrals:work", "referrals:statutory")
#: Forms and bodies may keep to the document and yet break a rule that it cannot tell: a register of schools, dates
#: in their order, a file that is what its name says. So sound bodies may be refused where a rule has a word to say.
RULES = """
[parameters]
"path.reference" = "{reference}"
[[operations]]
include-path = "/api/referrals"
include-method = "POST"
[operations.checks.positive_data_acceptance]
enabled = false
[operations.phases.coverage]
enabled = false
[[operations]]
include-path-regex = "^/api/(files$|referrals/[^/]+/)|^/api/enquiries(/[^/]+/convert)?$"
include-method = "POST"
[operations.checks.positive_data_acceptance]
enabled = false
"""


@pytest.fixture
async def it(office: Offices, tmp_path: Path) -> Office:
    """The service with a store for evidence; ``everything`` is a token with all scopes."""
    tokens = [
        *settings().tokens,
        TokenGrant(
            name="everything",
            sha256=sha256(b"everything").hexdigest(),
            scopes=frozenset(EVERYTHING),
            owners=None,
        ),
    ]
    store = {"evidence_store": (tmp_path / "evidence").as_uri(), "evidence_mb": 1, "keyrings": RINGS}
    return await office(tokens=tuple(tokens), log_level="ERROR", **store)


@pytest.mark.slow
@pytest.mark.timeout(900)
async def test_every_token_finds_the_api_as_it_is_described(it: Office, tmp_path: Path) -> None:
    known = RULES.format(reference=await it.refer(form()))
    async with served(make_web(it.running)) as url:
        await assert_as_described(url, "everything", tmp_path, config=known, others=sorted(GRANTS))
