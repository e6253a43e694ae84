"""A list of places is brought in: whole, or not at all, with what is wrong said line by line."""

from typing import Any

import httpx2
import pytest

from services.panels.domain.placing import listed
from services.panels.domain.placing.listed import BadLine, Line
from tests.panels.conftest import House
from tests.panels.placing import CENTRE, ELM, OAK
from tests.panels.test_pages import Visitor, as_
from tests.panels.test_placing_pages import agreed

HEADS = "Setting,URN or code,Kind of place,Places"
KNOWN = {OAK, ELM}


def read(text: str, delimiter: str = ",") -> tuple[list[Line], list[BadLine]]:
    return listed.read([line.split(delimiter) for line in text.splitlines()], KNOWN)


def test_lines_are_read_by_the_heads_of_their_columns_in_words_or_codes() -> None:
    text = "\n".join([HEADS, f"Oak,{OAK},special school,12", f"Elm,{ELM},Other provision,0", ",,,"])
    assert read(text) == (
        [Line(2, OAK, "special-school", 12), Line(3, ELM, "other", 0)],
        [],
    )
    other = f"URN or code;Kind of place;Places\r\n{CENTRE};{CENTRE};8\r\n"
    assert read(other, ";") == ([Line(2, CENTRE, CENTRE, 8)], [])


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("x,999999,special school,1", "no setting with this URN"),
        (f"x,{CENTRE},special school,1", "no setting with this URN"),
        (f"x,{OAK},school,1", "has to be one of: special school"),
        (f"x,{OAK},special school,many", "a whole number from 0 to 2,000"),
        (f"x,{OAK},special school,2001", "a whole number from 0 to 2,000"),
        (f"x,{OAK},special school,-1", "a whole number"),
        (f"x,{OAK},special school,²", "a whole number"),
        (f"x,{OAK},special school", "a whole number"),
        (f"x,{ELM},other,1\nx,{ELM},other,2", "on an earlier line already"),
    ],
)
def test_what_is_wrong_is_said_by_its_line_and_never_repeated(line: str, says: str) -> None:
    _, (wrong,) = read(f"{HEADS}\n{line}")
    assert says in wrong.message
    assert wrong.number == line.count("\n") + 2
    assert "999999" not in wrong.message


@pytest.mark.parametrize("text", ["", "a,b\n1,2", HEADS])
def test_a_list_without_its_heads_or_without_a_line_says_so(text: str) -> None:
    lines, wrong = read(text)
    assert lines == []
    assert [type(each) for each in wrong] == [BadLine]


async def brought(visitor: Visitor, text: bytes) -> httpx2.Response:
    return await visitor.http.post(
        "/places/import",
        data={"csrf": visitor.csrf},
        files={"file": ("places.csv", text, "text/csv")},
        headers={"Accept": "text/html"},
    )


async def numbers(house: House) -> dict[str, Any]:
    return {each["places_id"]: each["number"] for each in (await house.get("/places"))["places"]}


async def test_a_list_that_was_given_out_comes_back_with_other_numbers(house: House) -> None:
    await agreed(house)
    tom = await as_(house, "tom")
    first = f"{HEADS}\nOak,{OAK},special school,3\nElm,{ELM},other provision,1".encode()
    assert (await brought(tom, first)).headers["location"] == "/places"
    given = (await tom.get("/places?format=csv")).content
    assert (await brought(tom, given.replace(b"special school,3", b"special school,4"))).status_code == 303
    assert await numbers(house) == {f"{OAK}:special-school": 4, f"{ELM}:other": 1}


async def test_one_bad_line_keeps_the_whole_list_out(house: House) -> None:
    await agreed(house)
    tom = await as_(house, "tom")
    wrong = await brought(tom, f"{HEADS}\nOak,{OAK},special school,3\nElm,999999,other provision,1".encode())
    assert wrong.status_code == 422
    assert "Line 3: There is no setting with this URN in the directory." in wrong.text
    assert await numbers(house) == {}
    for unreadable in (b"\xff\xfe", b"PK\x03\x04\0", HEADS.encode() + b"\n" + b"x" * 200_000):
        assert "saved as CSV" in (await brought(tom, unreadable)).text


@pytest.mark.parametrize(("name", "status"), [("tom", 200), ("mona", 200), ("ehc", 403), ("member", 403)])
async def test_who_keeps_places_brings_lists_in(house: House, name: str, status: int) -> None:
    assert (await (await as_(house, name)).get("/places/import")).status_code == status
