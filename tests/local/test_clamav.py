"""A scanner that finds the test file that every scanner finds."""

import io
import os
from pathlib import Path

import pytest
from aioclamd import ClamdAsyncClient

from deploy.local.clamav import NONE_HERE, program, start_clamd
from tests.support.clamd import EICAR
from tests.support.missing import not_tried


async def test_an_infected_file_is_found_and_a_clean_one_passes(tmp_path: Path) -> None:
    if not os.environ.get("CLAMD") and program() is None:
        not_tried(NONE_HERE)
    with start_clamd(tmp_path) as address:
        host, port = address.split(":")
        clamd = ClamdAsyncClient(host, int(port))
        assert (await clamd.instream(io.BytesIO(EICAR)))["stream"] == (
            "FOUND",
            "Eicar-Test-Signature.UNOFFICIAL",
        )
        assert (await clamd.instream(io.BytesIO(b"a plan for a child")))["stream"][0] == "OK"


def test_where_there_is_none_one_sentence_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("deploy.local.clamav.found", lambda _: None)
    monkeypatch.setattr("deploy.local.clamav.installed", lambda *_: None)
    with (
        pytest.raises(FileNotFoundError, match="stay quarantined: install the package clamav-daemon"),
        start_clamd(tmp_path),
    ):
        raise AssertionError
