"""Teams in sentences: with the article that English wants, and so that a verb can follow."""

import tomllib
from pathlib import Path

import pytest

import services.referrals
from services.notifications.domain.naming import with_article

TEAMS = Path(services.referrals.__file__).parent / "teams"
NAMES = [
    one["name"]
    for path in sorted(TEAMS.glob("*.toml"))
    for one in tomllib.loads(path.read_text())["destination"]
]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Placement and Provision Panel", "the Placement and Provision Panel"),
        ("Deaf and Hearing Impairment team", "the Deaf and Hearing Impairment team"),
        ("Early Years team, St Albans and Dacorum", "the Early Years team for St Albans and Dacorum"),
        ("Outreach Co-ordinator, area 2 (Stevenage)", "the Outreach Co-ordinator for area 2 (Stevenage)"),
        ("Local high needs funding, area 2 (Stevenage)", "Local high needs funding for area 2 (Stevenage)"),
        ("Education Support Centre (Rivers)", "the Education Support Centre (Rivers)"),
        ("SEND triage", "SEND triage"),
        ("the primary placement panel", "the primary placement panel"),
    ],
)
def test_a_team_is_named_as_people_say_it(name: str, said: str) -> None:
    assert with_article(name) == said


@pytest.mark.parametrize("name", NAMES)
def test_every_team_that_is_shipped_has_its_article(name: str) -> None:
    said = with_article(name)
    assert said.startswith(("the ", "Local high needs funding for", "SEND triage")), said
    assert ", area" not in said
