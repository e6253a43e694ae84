"""How a family wants to be told, chosen on its page."""

from collections.abc import Awaitable, Callable
from datetime import date

import pytest
from starlette.datastructures import FormData

from chassis.web.forms import Form
from services.notifications.domain.preference import Prefer, Preference
from services.notifications.web.family.choosing import read
from tests.notifications.builders import MOTHER, NOW, details, received, routed
from tests.notifications.conftest import House
from tests.notifications.test_web import a_link, browser

Houses = Callable[..., Awaitable[House]]
KEPT = Preference(person_id=MOTHER, paused_until=date(2026, 4, 1), number=3)
NOTHING = {"channel": "", "language": "", "often": "", "pause": "", "seen": "3"}


def wanted(**typed: str) -> Prefer | None:
    return read(Form(FormData(NOTHING | typed)), KEPT, NOW.date())


def test_a_form_is_read_as_a_whole_choice() -> None:
    assert wanted() == Prefer(MOTHER, seen=3)
    assert wanted(channel="text", language="pl", often="together", pause="2") == Prefer(
        MOTHER, "text", "pl", date(2026, 3, 16), True, 3
    )
    assert wanted(often="each", pause="keep") == Prefer(MOTHER, None, None, date(2026, 4, 1), False, 3)


@pytest.mark.parametrize(
    "typed", [{"channel": "pigeon"}, {"language": "xx"}, {"often": "never"}, {"pause": "999"}]
)
def test_what_is_not_among_the_answers_is_not_kept(typed: dict[str, str]) -> None:
    assert wanted(**typed) is None


async def test_a_choice_on_the_page_is_kept_and_shown_again(house: Houses) -> None:
    it = await house()
    await it.hear(received(), routed(), details())
    link = await a_link(it)
    path = f"{link}/choices"
    async with browser(it) as family:
        assert path in (await family.get(link)).text
        page = (await family.get(path)).text
        assert "polski" in page
        chosen = NOTHING | {
            "seen": "0",
            "channel": "text",
            "language": "pl",
            "pause": "2",
            "often": "together",
        }
        done = await family.post(path, data=chosen)
        assert done.status_code == 303
        after = (await family.get(done.headers["location"])).text
        assert "We have kept your choices" in after
        assert "Keep the break until 16 March 2026" in after
        over = await family.post(path, data=chosen | {"channel": "email"})
        assert (over.status_code, "changed elsewhere" in over.text) == (422, True)
        assert (await family.post(path, data=NOTHING | {"channel": "pigeon"})).status_code == 422
        assert (await family.post("/f/x/choices", data=chosen)).status_code == 404
    assert (await it.said())[-1] == "preference.changed.v1"
