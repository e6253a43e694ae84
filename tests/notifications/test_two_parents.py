"""Two parents are told each in their own right, and neither learns where the other one lives."""

from collections.abc import Awaitable, Callable

from tests.notifications.builders import FATHER, MOTHER, accepted, details, received, routed
from tests.notifications.conftest import House
from tests.notifications.test_sender import Post, a_sender
from tests.notifications.test_web import browser

Houses = Callable[..., Awaitable[House]]
HERS, HIS = "1 Rose Lane, Hitchin, SG4 9AA", "22 Mill Road, Ware, SG12 9BB"


async def everything_sent(house: House) -> Post:
    post = Post()
    sender = a_sender(house, post)
    await sender.sweep()
    while await sender.send_group():
        pass
    return post


async def test_each_is_told_as_far_as_each_may_be(house: Houses) -> None:
    it = await house()
    await it.hear(received(tell=(MOTHER, FATHER)), routed(), details(MOTHER))
    await it.hear(details(FATHER, relation="father", may_be_told=False))
    assert [letter.to for letter in (await everything_sent(it)).letters] == ["p-mother@families.example"]
    assert ("referral.routed", FATHER, "closed", "may-not-be-told") in await it.phases()

    await it.hear(details(FATHER, relation="father"), accepted())
    told = [(letter.to, letter.fact) for letter in (await everything_sent(it)).letters]
    assert sorted(told) == [
        ("p-father@families.example", "referral.accepted"),
        ("p-mother@families.example", "referral.accepted"),
    ]


async def test_neither_message_nor_page_says_how_the_other_one_is_reached(house: Houses) -> None:
    it = await house()
    hers, his = {"address": HERS, "phone": "07700 900111"}, {"address": HIS, "phone": "07700 900222"}
    await it.hear(received(tell=(MOTHER, FATHER)), routed())
    await it.hear(details(MOTHER, **hers), details(FATHER, relation="father", **his))
    letters = (await everything_sent(it)).letters
    assert len(letters) == 2
    async with browser(it) as family:
        for letter in letters:
            page = await family.get("/f/" + letter.body.split("/f/")[1].split()[0])
            assert page.status_code == 200
            other = FATHER if letter.to.startswith(MOTHER) else MOTHER
            for private in ("Rose Lane", "Mill Road", "900111", "900222", other):
                assert private not in letter.body + letter.subject + page.text
