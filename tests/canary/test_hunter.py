"""The hunter finds what it is there to find; otherwise its silence would mean nothing."""

import base64
import json
from urllib.parse import quote, quote_plus

import pytest

from tests.canary.hunter import Hunter, writings

CANARIES = {
    "given name": "Zéphyxine",
    "born": "2017-08-23",
    "phone": "07700 900467",
    "text": "wibble? thrum/o",
}
HUNTER = Hunter(CANARIES)


@pytest.mark.parametrize("name", CANARIES)
@pytest.mark.parametrize("around", [b"%s", b"before %s after", b'{"x":"%s"}'])
def test_each_canary_is_found_in_each_of_its_writings(name: str, around: bytes) -> None:
    for writing, needle in writings(CANARIES[name]):
        found = HUNTER.hunt("here", around % needle)
        assert writing in {sighting.writing for sighting in found if sighting.canary == name}


@pytest.mark.parametrize("name", CANARIES)
@pytest.mark.parametrize("before", ["", "a", "ab", "abc", "é"])
@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
def test_a_canary_in_the_middle_of_something_in_base64_is_found(
    name: str, before: str, encode: object
) -> None:
    assert callable(encode)
    hidden: bytes = encode(f'{before}{{"v":"{CANARIES[name]}"}} and more'.encode())
    assert name in {sighting.canary for sighting in HUNTER.hunt("here", hidden)}


@pytest.mark.parametrize(
    "line",
    [
        json.dumps({"event": "request", "who": "Zéphyxine"}),
        '{"event": "no such child: ZÉPHYXINE"}',
        f"GET /search?q={quote('Zéphyxine')}",
        f"GET /search?q={quote_plus('wibble? thrum/o')}",
        "DETAIL: Key (born)=(2017-08-23) already exists.",
        "datetime.date(2017, 8, 23)",
        "born on 23/08/2017",
        "call +447700900467",
        "Zéphyxine".encode().hex(),
    ],
)
def test_a_canary_in_a_line_of_a_log_is_found(line: str) -> None:
    assert HUNTER.hunt("a log", f"an innocent line\n{line}\nanother one\n")


@pytest.mark.parametrize(
    "line", ["", '{"event": "request", "status": 422}', "2017-08-24", "07700 900468", "Zephyxin"]
)
def test_where_no_canary_is_nothing_is_found(line: str) -> None:
    assert HUNTER.hunt("a log", line) == []


def test_content_that_is_no_text_is_searched_too() -> None:
    assert HUNTER.hunt("bytes", b"\xff\xfe\x00" + "Zéphyxine".encode() + b"\xff")
