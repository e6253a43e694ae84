"""The public directory and the start page, over HTTP."""

import httpx2
import pytest

from services.referrals.domain.words import wait_words
from tests.referrals.conftest import Office, Offices

PAGE = {"Accept": "text/html"}


async def page(it: Office, path: str) -> httpx2.Response:
    return await it.http.get(path, headers=PAGE)


async def test_anybody_may_read_who_helps_whom_and_how_to_reach_them(office: Offices) -> None:
    answer = await page(await office(), "/directory")
    assert answer.status_code == 200
    for words in (
        "Communication and Autism team",
        "Autistic children and young people from five on",
        "The SENCo of the school or setting signs in",
        "07700 900121",
        "Usually about 2 weeks.",
        "Use a visual timetable",
        "SEND Implementation Support Officer for area 3",
        "Hertfordshire SENDIASS",
    ):
        assert words in answer.text


async def test_what_is_for_schools_alone_is_not_offered_to_families(office: Offices) -> None:
    assert "Ask SALI" not in (await page(await office(), "/directory")).text


async def test_the_directory_is_searched_by_need_age_and_town(office: Offices) -> None:
    text = (await page(await office(), "/directory?need=SPLD&age=9&town=Ware")).text
    assert "Specific Learning Difficulties team" in text
    assert "Deaf and Hearing Impairment team" not in text
    assert "Officer for area 3" in text
    assert "Officer for area 4" not in text
    assert "Parents and carers of area 3" in text
    assert "Parents and carers of area 4" not in text


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("age=26", "Enter the age in years"),
        ("age=-1", "Enter the age in years"),
        ("age=seven", "Enter the age in years"),
        ("age=²", "Enter the age in years"),
        ("town=Atlantis", "Choose a town from the list"),
        ("need=XYZ", "Choose a need from the list"),
    ],
)
async def test_a_search_that_cannot_be_understood_says_what_to_enter(
    office: Offices, query: str, message: str
) -> None:
    answer = await page(await office(), f"/directory?{query}")
    assert answer.status_code == 422
    assert answer.text.count(message) == 2
    assert "<title>Error: " in answer.text


async def test_a_town_is_found_however_it_is_written(office: Offices) -> None:
    answer = await page(await office(), "/directory?town=%20wARE")
    assert answer.status_code == 200
    assert "Officer for area 4" not in answer.text


async def test_todays_wait_is_the_one_that_was_published_last(office: Offices) -> None:
    it = await office()
    for task in it.running.service.at_start:
        await task(it.running)
    await it.pool.execute(
        "UPDATE directory_entry SET state = (jsonb_set(jsonb_set(state::jsonb, '{content,expected_wait_days}', '9'),"
        " '{content,expected_wait_p80_days}', '21'))::json WHERE id = 'destination:spld'"
    )
    text = (await page(it, "/directory?need=SPLD&age=9&town=Ware")).text
    assert "Half are answered within 9 days, eight in ten within about 3 weeks." in text


async def test_nobody_signed_in_is_told_what_this_is_and_how_to_sign_in(office: Offices) -> None:
    text = (await page(await office(), "/")).text
    assert 'href="/sign-in"' in text
    assert 'href="/directory"' in text


def test_waits_are_said_as_people_say_them() -> None:
    assert [wait_words(days) for days in (0, 1, 13, 14, 42)] == [
        "less than a day",
        "1 day",
        "13 days",
        "about 2 weeks",
        "about 6 weeks",
    ]
