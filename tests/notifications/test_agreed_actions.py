"""What a team and a school agreed: on the family's page after a code, and nothing else of the referral's papers."""

from collections.abc import Awaitable, Callable
from datetime import date

from schemas.personal_v1 import Agreed, ReferralPapers
from tests.notifications.builders import REFERRAL, details, received, routed
from tests.notifications.conftest import House
from tests.notifications.test_page import concluded
from tests.notifications.test_proving import told
from tests.notifications.test_web import a_link, browser

Houses = Callable[..., Awaitable[House]]
WHAT, WHO = "Ten minutes of reading together each day", "Class teacher"
NARRATIVE, ADVICE = "a narrative of the school", "an advice of the team"


def agreed(*actions: Agreed) -> ReferralPapers:
    return ReferralPapers(referral_id=REFERRAL, narrative=NARRATIVE, advice=ADVICE, actions=actions)


ACTION = Agreed(what=f"{WHAT} <b>", who=WHO, by=date(2026, 5, 1))


async def test_they_stand_there_with_who_and_by_when_once_the_team_has_finished_and_after_a_code(
    house: Houses,
) -> None:
    it = await house(public_url="http://here")
    await it.hear(received(), routed(), details(), agreed(ACTION))
    link = await a_link(it)
    async with browser(it) as family:
        await family.post(f"{link}/code", data={"digits": await told(it, family)})
        assert WHAT not in (await family.get(link)).text, (
            "nobody has told the family yet that the team finished"
        )
        await it.hear(concluded())
        text = (await family.get(link)).text
    assert f"{WHAT} &lt;b&gt;" in text
    assert "Who does it" in text
    assert WHO in text
    assert "1 May 2026" in text
    assert "1 June 2026" in text, "the day of the review"
    async with browser(it) as stranger:
        assert WHAT not in (await stranger.get(link)).text


async def test_nothing_else_of_the_papers_is_kept(house: Houses) -> None:
    it = await house()
    await it.hear(agreed(ACTION))
    kept = await it.pool.fetchval("SELECT string_agg(a::text, ' ') FROM agreed_actions a")
    assert WHAT in kept
    assert NARRATIVE not in kept
    assert ADVICE not in kept


async def test_papers_without_actions_leave_no_row_and_the_latest_version_holds(house: Houses) -> None:
    it = await house()
    await it.hear(agreed())
    assert await it.pool.fetchval("SELECT count(*) FROM agreed_actions") == 0
    await it.hear(agreed(ACTION), agreed(ACTION.model_copy(update={"who": "SENCo"})))
    assert await it.pool.fetchval("SELECT state -> 'actions' -> 0 ->> 'who' FROM agreed_actions") == "SENCo"
