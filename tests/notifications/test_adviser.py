"""Who advises families independently is checked when the service starts, and can be rung from the page."""

from collections.abc import Awaitable, Callable

import pytest
from pydantic import ValidationError

from services.notifications.domain.adviser import Adviser, adviser
from tests.notifications.builders import details, received, routed
from tests.notifications.conftest import House, settings
from tests.notifications.test_web import a_link, browser

NUMBER = ("01632 960301", "tel:+441632960301")


def test_a_name_and_a_number_are_enough() -> None:
    assert adviser("Hertfordshire SENDIASS, 01632 960301") == Adviser("Hertfordshire SENDIASS", (NUMBER,))


def test_an_address_and_a_page_may_follow() -> None:
    found = adviser("SENDIASS, 01632 960301, help@sendiass.example, https://sendiass.example/herts")
    assert found.ways == (
        NUMBER,
        ("help@sendiass.example", "mailto:help@sendiass.example"),
        ("https://sendiass.example/herts", "https://sendiass.example/herts"),
    )


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("01632 960301", "no name"),
        ("SENDIASS", "no telephone number"),
        ("SENDIASS, help@sendiass.example", "no telephone number"),
        ("SENDIASS, 0163 29", "a part that is no"),
        ("SENDIASS, 01632 960301, http://sendiass.example", "a part that is no"),
        ("SENDIASS, 01632 960301, javascript:alert(1)", "a part that is no"),
        ("SENDIASS, 01632 960301, ", "a part that is no"),
    ],
)
def test_a_service_whose_line_families_could_not_use_does_not_start(line: str, why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        settings(sendiass=line)


async def test_on_the_page_it_is_rung_with_one_touch(house: Callable[..., Awaitable[House]]) -> None:
    it = await house(sendiass="Herts & Co SENDIASS, 01632 960301")
    await it.hear(received(), routed(), details())
    async with browser(it) as family:
        page = await family.get(f"{await a_link(it)}/words?about=disagree")
    assert "Herts &amp; Co SENDIASS advises you free of charge" in page.text
    assert '<a href="tel:+441632960301" dir="ltr">01632 960301</a>' in page.text
