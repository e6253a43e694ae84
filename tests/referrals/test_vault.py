"""The store of evidence keeps its promises in a folder and in S3 alike."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

import obstore
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from obstore.store import ObjectStore, from_url

from chassis.sealing import KeyRings, RingKey
from services.referrals.sniffing import NotTaken, checked
from services.referrals.vault import FRAME, MARK, RING, Damaged, StoreAway, Vault
from tests.support.s3 import BUCKET, s3_server, unfinished

PDF = b"%PDF-1.7\n" + b"A report. " * 2000
#: More than S3 takes in one piece.
LARGE = 12_000_000


@dataclass
class Kept:
    """A vault, and its store as whoever breaks in would see it."""

    vault: Vault
    store: ObjectStore
    s3: dict[str, str]

    def names(self) -> set[str]:
        """Every object there is."""
        return {each["path"] for some in obstore.list(self.store) for each in some}

    def raw(self, name: str) -> bytes:
        """An object as it lies there."""
        return bytes(obstore.get(self.store, name).bytes())

    async def written(self, content: bytes, piece: int = 1000) -> tuple[str, str]:
        """A file is stored; the name of its object, and its key."""
        name, key = uuid4().hex, self.vault.new_key()
        await self.vault.write(name, key, pieces(content, piece))
        return name, key


@pytest.fixture(scope="module", params=["folder", "s3"])
def kept(request: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kept]:
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "folder":
            yield _kept((tmp_path_factory.mktemp("vault") / "evidence").as_uri(), {})
            return
        with s3_server() as variables:
            for name, value in variables.items():
                patch.setenv(name, value)
            yield _kept(f"s3://{BUCKET}/files", variables)


def _kept(url: str, variables: dict[str, str]) -> Kept:
    vault = Vault.at(url, KeyRings({RING: [RingKey(kid="e1", k="B" * 43)]}))
    store = from_url(url)
    obstore.put(store, MARK, b"")
    return Kept(vault, store, variables)


async def pieces(content: bytes, size: int = 1000) -> AsyncIterator[bytes]:
    for start in range(0, len(content), size):
        yield content[start : start + size]


async def all_of(chunks: AsyncIterator[bytes]) -> bytes:
    return b"".join([chunk async for chunk in chunks])


@settings(max_examples=15, deadline=None)
@given(
    size=st.sampled_from([0, 1, FRAME - 1, FRAME, FRAME + 1, 3 * FRAME]), piece=st.integers(500, 2 * FRAME)
)
async def test_what_was_written_is_read_again(kept: Kept, size: int, piece: int) -> None:
    content = bytes(n % 251 for n in range(size))
    name, key = await kept.written(content, piece)
    assert await all_of(kept.vault.read(name, key)) == content


async def test_so_is_a_file_that_goes_there_in_parts(kept: Kept) -> None:
    content = bytes(range(250)) * (LARGE // 250)
    name, key = await kept.written(content, 100_000)
    assert await all_of(kept.vault.read(name, key)) == content


async def test_nothing_of_a_file_stands_in_the_store_in_clear(kept: Kept) -> None:
    name, _ = await kept.written(PDF)
    assert b"report" not in kept.raw(name)


async def test_an_upload_that_fails_leaves_nothing_behind(kept: Kept) -> None:
    before = kept.names()
    with pytest.raises(NotTaken):
        await kept.vault.write("one", kept.vault.new_key(), checked("a.pdf", pieces(b"MZ" * 9000), 1_000_000))
    assert kept.names() == before


async def test_one_that_fails_after_its_first_parts_leaves_nothing_behind_either(kept: Kept) -> None:
    async def cut_off() -> AsyncIterator[bytes]:
        yield bytes(LARGE)
        raise ConnectionResetError

    before = kept.names()
    with pytest.raises(ConnectionResetError):
        await kept.vault.write("one", kept.vault.new_key(), cut_off())
    assert kept.names() == before
    if kept.s3:
        assert unfinished(kept.s3) == 0


@pytest.mark.parametrize("harm", ["change", "cut", "cut-frame", "swap", "append"])
async def test_a_damaged_object_is_noticed(kept: Kept, harm: str) -> None:
    name, key = await kept.written(bytes(3 * FRAME), FRAME)
    data, frame = kept.raw(name), FRAME + 16
    harmed = {
        "change": data[:100] + bytes([data[100] ^ 1]) + data[101:],
        "cut": data[:-1],
        "cut-frame": data[: 2 * frame],
        "swap": data[frame : 2 * frame] + data[:frame] + data[2 * frame :],
        "append": data + b"\0",
    }[harm]
    obstore.put(kept.store, name, harmed)
    with pytest.raises(Damaged):
        await all_of(kept.vault.read(name, key))


async def test_an_object_under_another_name_or_key_is_not_opened(kept: Kept) -> None:
    name, key = await kept.written(PDF)
    obstore.put(kept.store, "another", kept.raw(name))
    for called, with_key in (("another", key), (name, kept.vault.new_key())):
        with pytest.raises(Damaged):
            await all_of(kept.vault.read(called, with_key))


async def test_a_file_that_is_gone_is_deleted_without_a_word_and_not_read(kept: Kept) -> None:
    name, key = await kept.written(PDF)
    for _ in range(2):
        await kept.vault.delete(name)
    with pytest.raises(Damaged):
        await all_of(kept.vault.read(name, key))


async def test_nothing_is_read_written_or_deleted_where_the_mark_of_the_store_is_missing(kept: Kept) -> None:
    name, key = await kept.written(PDF)
    before = kept.names() - {MARK}
    obstore.delete(kept.store, MARK)
    for doing in (
        kept.vault.write("another", key, pieces(PDF)),
        kept.vault.delete(name),
        all_of(kept.vault.read("gone", key)),
    ):
        with pytest.raises(StoreAway):
            await doing
    assert kept.names() == before
    await kept.vault.mark()
    assert await all_of(kept.vault.read(name, key)) == PDF


async def test_a_store_that_nobody_answers_for_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "ENDPOINT": "http://127.0.0.1:9",
        "ALLOW_HTTP": "true",
        "REGION": "eu-west-2",
    }.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY"):
        monkeypatch.setenv(f"AWS_{name}", "a-test")
    monkeypatch.setattr("services.referrals.vault._PATIENCE", timedelta(seconds=0.2))
    vault = Vault.at(f"s3://{BUCKET}/files", KeyRings({RING: [RingKey(kid="e1", k="B" * 43)]}))
    for doing in (
        vault.write("one", vault.new_key(), pieces(PDF)),
        vault.delete("one"),
        all_of(vault.read("one", vault.new_key())),
        vault.mark(),
    ):
        with pytest.raises(StoreAway):
            await doing
