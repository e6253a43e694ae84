"""The look of pages: what the layout says, how words are put, what a browser is shown when something is wrong."""

import re
from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Annotated, Any

import httpx2
import pytest
from fastapi import APIRouter, Depends, FastAPI, Query, Request, Response
from pydantic import ValidationError

from chassis.runner import Unavailable
from chassis.settings import ServiceSettings
from chassis.web.app import create_app
from chassis.web.gate import BUSY, Gate
from chassis.web.look import Assets, ErrorPages, Link, Look, routers, words
from chassis.web.people import nobody
from chassis.web.problems import Fault, Problem

PAGE = """{% extends "layout.html" %}
{% block title %}Your name{% endblock %}
{% block content %}
<form method="post">{{ csrf_field() }}
{{ govukInput({"id": "name", "name": "name", "label": {"text": "Name"}, "errorMessage": error_of(problems, "name")}) }}
</form>
{{ words }}
{% endblock %}"""


def settings(**given: Any) -> ServiceSettings:
    """Settings for a test."""
    fields = {"database": "postgresql://nobody@127.0.0.1/nothing", "kafka": "127.0.0.1:9"}
    return ServiceSettings(**(fields | given))


def look_of(folder: Path, **given: Any) -> Look:
    """A look with one template."""
    (folder / "name.html").write_text(PAGE, encoding="utf-8")
    running: Any = SimpleNamespace(settings=settings(**given), name="test")
    return Look.of(running, folder, [Link("Start", "/"), Link("Names", "/names")])


PERSON = SimpleNamespace(name="Ana <Moss>", csrf="t0ken")


def application(look: Look) -> FastAPI:
    """Pages that succeed, and pages that fail in every way."""
    routes = APIRouter()

    @routes.get("/names/one")
    async def name(request: Request) -> Response:
        return look.page("name.html", request, person=PERSON, words="<script>alert(1)</script>")

    @routes.get("/wrong")
    async def wrong(request: Request) -> Response:
        faults = [Fault(field="name", code="missing", message="Enter a name")]
        return look.page("name.html", request, person=PERSON, status=422, problems=faults)

    @routes.get("/months")
    async def months(month: Annotated[str, Query(pattern="^[0-9]{4}-[0-9]{2}$")]) -> Response:
        return look.redirect("/names/one")

    @routes.get("/done")
    async def done() -> Response:
        return look.redirect("/names/one", done="Your referral was sent.")

    @routes.get("/status/{status}")
    async def status(status: int) -> Response:
        raise Problem(status, "own-code", "A sentence of the route's own.")

    @routes.get("/broken")
    async def broken() -> Response:
        raise RuntimeError("Ana Moss, born 2016")

    @routes.get("/away")
    async def away() -> Response:
        raise Unavailable(5)

    @routes.get("/members")
    async def members(_: Annotated[None, Depends(refuse)]) -> Response:
        raise AssertionError

    app = create_app("test", "1", (), [routes, *routers(look, Assets.of(settings()))])
    app.state.error_pages = ErrorPages(look)
    return app


def refuse(request: Request) -> None:
    """Nobody has signed in."""
    raise nobody(request)


@pytest.fixture
def look(tmp_path: Path) -> Look:
    """A look with one template."""
    return look_of(tmp_path)


@pytest.fixture
def browser(look: Look) -> httpx2.AsyncClient:
    """Asks as a browser does."""
    transport = httpx2.ASGITransport(app=application(look), raise_app_exceptions=False)
    return httpx2.AsyncClient(
        transport=transport, base_url="http://here", headers={"Accept": "text/html,*/*;q=0.8"}
    )


async def test_a_page_names_the_council_the_service_and_who_has_signed_in(
    browser: httpx2.AsyncClient,
) -> None:
    page = (await browser.get("/names/one")).text
    assert (
        "<title>Your name - Support for special educational needs - Hertfordshire County Council</title>"
        in page
    )
    assert "Ana &lt;Moss&gt;" in page
    assert 'action="/sign-out"' in page
    assert '<input type="hidden" name="csrf" value="t0ken">' in page
    assert 'href="/names" aria-current="true"' in page
    assert "Skip to main content" in page


async def test_what_people_wrote_is_never_markup(browser: httpx2.AsyncClient) -> None:
    page = (await browser.get("/names/one")).text
    assert "&lt;script&gt;alert(1)" in page


async def test_a_page_runs_only_scripts_of_this_site_and_none_that_stand_in_it(
    browser: httpx2.AsyncClient,
) -> None:
    answer = await browser.get("/names/one")
    policy = answer.headers["content-security-policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert " style=" not in answer.text
    assert "<style" not in answer.text


async def test_a_pages_own_forms_come_from_this_site_as_a_browser_says_it(
    browser: httpx2.AsyncClient,
) -> None:
    assert (await browser.get("/names/one")).headers["referrer-policy"] == "same-origin"


async def test_a_council_is_not_the_government(browser: httpx2.AsyncClient) -> None:
    page = (await browser.get("/names/one")).text
    assert "GOV.UK" not in page
    assert "Crown copyright" not in page


async def test_problems_stand_in_the_title_on_top_and_beside_their_field(browser: httpx2.AsyncClient) -> None:
    answer = await browser.get("/wrong")
    assert answer.status_code == 422
    assert "<title>Error: Your name" in answer.text
    assert '<a href="#name">Enter a name</a>' in answer.text
    assert answer.text.count("Enter a name") == 2


async def test_an_address_that_cannot_be_read_is_told_without_a_programmers_words(
    browser: httpx2.AsyncClient,
) -> None:
    answer = await browser.get("/months?month=March")
    assert answer.status_code == 422
    assert "this page cannot read" in answer.text
    assert "pattern" not in answer.text


async def test_what_was_done_is_said_once_on_the_next_page(browser: httpx2.AsyncClient) -> None:
    answer = await browser.get("/done")
    assert answer.status_code == 303
    assert "sent" not in answer.headers["location"]
    assert "Your referral was sent." in (await browser.get("/names/one")).text
    assert "Your referral was sent." not in (await browser.get("/names/one")).text


async def test_a_damaged_note_of_what_was_done_is_not_shown(browser: httpx2.AsyncClient) -> None:
    browser.cookies.set("test-done", "%%%")
    assert (await browser.get("/names/one")).status_code == 200


@pytest.mark.parametrize("status", [403, 404, 409, 413, 429, 500, 503])
async def test_a_browser_is_shown_a_page_that_says_what_to_do(
    browser: httpx2.AsyncClient, status: int
) -> None:
    answer = await browser.get(f"/status/{status}")
    assert answer.status_code == status
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "Go to the start page" in answer.text
    assert ("A sentence of the route" in answer.text) == (status < 500)


async def test_a_program_still_gets_a_problem_document(browser: httpx2.AsyncClient) -> None:
    answer = await browser.get("/status/403", headers={"Accept": "application/json"})
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "own-code"


async def test_a_failure_shows_a_number_to_give_and_nothing_of_what_failed(
    browser: httpx2.AsyncClient,
) -> None:
    answer = await browser.get("/broken")
    assert answer.status_code == 500
    assert answer.headers["x-request-id"] in answer.text
    assert "Ana Moss" not in answer.text


async def test_an_outage_asks_people_to_come_back_without_the_words_of_programs(
    browser: httpx2.AsyncClient,
) -> None:
    answer = await browser.get("/away")
    assert answer.status_code == 503
    assert answer.headers["retry-after"]
    assert "Idempotency-Key" not in answer.text
    assert "go back to it" in answer.text


async def test_an_unknown_address_is_answered_by_a_page(browser: httpx2.AsyncClient) -> None:
    answer = await browser.get("/nowhere")
    assert answer.status_code == 404
    assert "Page not found" in answer.text


async def test_a_body_that_is_too_large_is_answered_by_a_page(browser: httpx2.AsyncClient) -> None:
    answer = await browser.post("/names/one", content=b"x" * 1_000_001)
    assert answer.status_code == 413
    assert "Send a smaller file" in answer.text


async def test_who_must_sign_in_is_sent_there(browser: httpx2.AsyncClient) -> None:
    answer = await browser.get("/members")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/sign-in?to=%2Fmembers"


async def test_a_browser_that_is_turned_away_unread_is_shown_a_page(look: Look) -> None:
    gate = Gate(application(look), 0, ErrorPages(look).busy(BUSY))
    async with httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app=gate), base_url="http://here"
    ) as anybody:
        page = await anybody.get("/names/one", headers={"Accept": "text/html"})
        document = await anybody.get("/names/one")
    assert (page.status_code, document.status_code) == (503, 503)
    assert "does not work at the moment" in page.text
    assert page.headers["retry-after"] == document.headers["retry-after"]
    assert document.json()["code"] == "overloaded"


@pytest.mark.parametrize("path", ["/accessibility", "/privacy", "/contact"])
async def test_the_foots_pages_are_there_for_everybody(browser: httpx2.AsyncClient, path: str) -> None:
    answer = await browser.get(path)
    assert answer.status_code == 200
    assert "<h1" in answer.text


def test_a_service_may_say_its_own_words_on_the_pages_of_the_foot(tmp_path: Path) -> None:
    (tmp_path / "privacy.html").write_text("Ours", encoding="utf-8")
    assert look_of(tmp_path).text("privacy.html", "/privacy", None) == "Ours"


async def test_built_files_are_kept_for_ever_and_others_are_not_found(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text('{"look.css": "look.1.css"}')
    (tmp_path / "look.1.css").write_text("body{}")
    assets = Assets.load(tmp_path)
    app = create_app("test", "1", (), [assets.router()])
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://here") as anybody:
        found = await anybody.get(assets.url("look.css") or "")
        other = await anybody.get("/assets/manifest.json")
    assert found.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert found.headers["content-type"] == "text/css; charset=utf-8"
    assert other.status_code == 404


def test_without_built_files_pages_come_all_the_same(tmp_path: Path) -> None:
    assert Assets.load(tmp_path).url("look.css") is None


@pytest.mark.parametrize("colour", ["#ffdd00", "green", "#17483b; x"])
def test_a_colour_on_which_white_cannot_be_read_is_refused(colour: str) -> None:
    with pytest.raises(ValidationError):
        settings(brand_colour=colour)


def test_the_councils_colour_is_in_a_file_of_its_own() -> None:
    assets = Assets.of(settings(brand_colour="#123456"))
    name = (assets.url("brand.css") or "").removeprefix("/assets/")
    assert assets.files[name] == b":root{--govuk-brand-colour:#123456}"


async def test_browsers_are_given_a_mark_in_the_councils_colour_on_every_page_and_where_they_look_for_one(
    look: Look, browser: httpx2.AsyncClient
) -> None:
    (named,) = re.findall(r'<link rel="icon" href="([^"]+)"', (await browser.get("/names/one")).text)
    for path in (named, "/favicon.ico"):
        answer = await browser.get(path)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "image/svg+xml")
        assert settings().brand_colour in answer.text
        assert "public" in answer.headers["cache-control"]


def test_dates_and_times_are_said_in_words_by_the_clock_on_the_wall() -> None:
    summer = datetime(2026, 7, 1, 23, 5, tzinfo=UTC)
    assert words.day(summer) == "Thursday 2 July 2026"
    assert words.moment(summer) == "2 July 2026 at 12:05am"
    assert words.moment(datetime(2026, 1, 5, 12, 0, tzinfo=UTC)) == "5 January 2026 at 12:00pm"
    assert words.day(date(2026, 11, 2)) == "Monday 2 November 2026"
    assert words.day(None) == words.moment(None) == ""


def test_numbers_are_said_with_their_noun() -> None:
    assert [words.count(number, "referral") for number in (0, 1, 2041)] == [
        "no referrals",
        "1 referral",
        "2,041 referrals",
    ]
    assert words.count(3, "child", "children") == "3 children"


@pytest.mark.parametrize(
    ("page", "shown"), [(1, "1 2 ⋯ 9"), (5, "1 ⋯ 4 5 6 ⋯ 9"), (9, "1 ⋯ 8 9"), (2, "1 2 3 ⋯ 9")]
)
def test_a_long_list_has_links_to_its_ends_and_to_its_neighbours(look: Look, page: int, shown: str) -> None:
    html = look._jinja.from_string("{{ pagination(page, 9, '/queue?page=') }}").render(page=page)
    items = html.split('class="govuk-pagination__list"')[1].split("</ul>")[0]
    found = [part.split("<")[0].replace("&ctdot;", "⋯") for part in items.split(">")]
    assert " ".join(word.strip() for word in found if word.strip()) == shown
    assert ("Previous" in html, "Next" in html) == (page > 1, page < 9)
