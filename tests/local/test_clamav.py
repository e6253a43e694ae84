"""A scanner that finds the test file that every scanner finds."""

import asyncio
import io
import os
from pathlib import Path
from time import monotonic, sleep

import pytest
from aioclamd import ClamdAsyncClient, ClamdConnectionError

from deploy.local.clamav import NONE_HERE, clamd_beside, program, start_clamd
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


async def test_one_that_is_started_beside_answers_after_a_while(tmp_path: Path) -> None:
    if not os.environ.get("CLAMD") and program() is None:
        not_tried(NONE_HERE)
    said: list[str] = []
    with clamd_beside(tmp_path, said.append) as address:
        host, port = address.split(":")
        clamd, end = ClamdAsyncClient(host, int(port)), monotonic() + 60
        while not await answers(clamd):
            assert monotonic() < end, said
            await asyncio.sleep(0.1)
        assert (await clamd.instream(io.BytesIO(EICAR)))["stream"][0] == "FOUND"
    assert said == []


async def answers(clamd: ClamdAsyncClient) -> bool:
    try:
        return bool(await clamd.ping())
    except ClamdConnectionError:
        return False


@pytest.mark.parametrize("installable", [False, True])
def test_beside_too_one_sentence_says_that_there_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, installable: bool
) -> None:
    monkeypatch.delenv("CLAMD", raising=False)
    monkeypatch.setattr("deploy.local.clamav.found", lambda _: None)
    monkeypatch.setattr("deploy.local.clamav.installed", lambda *_: None)
    monkeypatch.setattr("deploy.local.clamav.may_install", lambda: installable)
    said: list[str] = []
    with clamd_beside(tmp_path, said.append) as address:
        assert bool(address) == installable
        end = monotonic() + 20
        while not said:
            assert monotonic() < end
            sleep(0.01)
    assert said == [NONE_HERE]
