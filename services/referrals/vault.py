"""The store of evidence: every file an encrypted object under a name and a key of its own, in a folder or in S3.

A file is cut into frames of 64 KiB, each sealed with AES-256-GCM. The nonce counts the frames and marks the last one,
and the object's name is bound to each, so that frames can be neither moved, nor left out, nor cut off unnoticed (the
STREAM construction of Hoang, Reyhanitabar, Rogaway and Vizár, 2015). The key is wrapped with the ring "evidence".

The store holds a mark of its own. Where that is missing, what is there is not the store, but what a lost mount or a
wrong setting shows in its place: nothing is written there, and what is missing there says nothing of a file.
"""

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta

import obstore
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from obstore.exceptions import BaseError
from obstore.store import ObjectStore, from_url

from chassis.sealing import CannotOpen, KeyRings

RING = "evidence"
FRAME = 64 * 1024
#: The object by which the store is known.
MARK = "fingerpost-evidence-store"
_TAG = 16
#: How long S3 is asked again before it counts as away; else it would be three minutes.
_PATIENCE = timedelta(seconds=10)


class Damaged(Exception):
    """The object is not what was stored: it is gone, was changed or cut off, or its key is not known here any more.

    The text says which of these.
    """


class StoreAway(Exception):
    """The store cannot be reached, takes nothing, or is not the one that bears the mark. It says nothing of a file."""


class Vault:
    """Reads and writes encrypted objects, a frame at a time. Everything but `new_key` raises StoreAway."""

    def __init__(self, store: ObjectStore, seals: KeyRings) -> None:
        self._store, self._seals = store, seals

    @classmethod
    def at(cls, url: str, seals: KeyRings) -> "Vault":
        """The store at ``file:///folder`` (made where it is missing) or ``s3://bucket/folder``.

        Where S3 is and how to sign in is read from the usual variables (AWS_ENDPOINT, AWS_REGION, …).
        """
        if url.startswith("file:"):
            return cls(from_url(url, mkdir=True), seals)
        return cls(from_url(url, retry_config={"retry_timeout": _PATIENCE}), seals)

    async def has(self, name: str) -> bool:
        """Whether there is such an object, in whatever is there."""
        with _reached():
            try:
                await obstore.head_async(self._store, name)
            except FileNotFoundError:
                return False
            return True

    async def mark(self) -> None:
        """Makes what is there the store: files are kept in it from now on."""
        with _reached():
            await obstore.put_async(
                self._store, MARK, b"Keep this: without it no file is read or written here.\n"
            )

    async def check(self) -> None:
        """Raises StoreAway where the mark is missing."""
        if not await self.has(MARK):
            raise StoreAway

    def new_key(self) -> str:
        """A fresh key for one file, wrapped. Raises ValueError where the ring has no key."""
        return self._seals.seal(RING, os.urandom(32)).decode()

    async def write(self, name: str, key: str, chunks: AsyncIterator[bytes]) -> None:
        """Stores what ``chunks`` bring. What they raise ends it, and nothing is stored."""
        await self.check()
        try:
            await obstore.put_async(self._store, name, _sealed(self._cipher(key), name, chunks))
        except BaseError as error:
            raise StoreAway from error
        await self.check()  # it may have been lost meanwhile, and a folder made in its place

    async def read(self, name: str, key: str) -> AsyncIterator[bytes]:
        """The file, a frame at a time. Raises Damaged."""
        cipher = self._cipher(key)
        number, held = 0, b""
        async for chunk in self._raw(name):
            held += chunk
            while len(held) > FRAME + _TAG:
                yield _opened(cipher, name, number, held[: FRAME + _TAG], last=False)
                number, held = number + 1, held[FRAME + _TAG :]
        yield _opened(cipher, name, number, held, last=True)

    async def trouble(self, name: str, key: str) -> str | None:
        """Why nobody can read the file any more, or None where it is whole: all of it is read."""
        await self.check()
        try:
            async for _ in self.read(name, key):
                pass
        except Damaged as error:
            return str(error)
        return None

    async def _raw(self, name: str) -> AsyncIterator[bytes]:
        with _reached():
            try:
                found = await obstore.get_async(self._store, name)
            except FileNotFoundError:
                await self.check()
                raise Damaged("it is gone") from None
            async for chunk in found.stream(min_chunk_size=FRAME + _TAG):
                yield bytes(chunk)

    async def delete(self, name: str) -> None:
        """Deletes an object; one that is not there is no error."""
        await self.check()
        with _reached(), suppress(FileNotFoundError):
            await obstore.delete_async(self._store, name)

    def _cipher(self, key: str) -> AESGCM:
        try:
            return AESGCM(self._seals.open(RING, key.encode()))
        except CannotOpen:
            raise Damaged("no key of the ring evidence opens it: look whether one is missing there") from None


def unusable(url: str) -> str | None:
    """Why no store can be at ``url``, for the operator; None where one can. S3 is not asked: it may be away for now."""
    try:
        Vault.at(url, KeyRings({}))
    except (BaseError, OSError, ValueError) as error:
        why = str(error) if isinstance(error, OSError) else "it is no address of a folder or bucket"
        return (
            f"REFERRALS_EVIDENCE_STORE cannot be used: {why}. Write a folder that this service may make and write to, "
            "as file:///a/folder, or s3://bucket/folder"
        )
    return None


@contextmanager
def _reached() -> Iterator[None]:
    try:
        yield
    except (BaseError, OSError) as error:
        raise StoreAway from error


async def _sealed(cipher: AESGCM, name: str, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    number, held = 0, b""
    async for chunk in chunks:
        held += chunk
        while len(held) > FRAME:
            yield cipher.encrypt(_nonce(number, last=False), held[:FRAME], name.encode())
            number, held = number + 1, held[FRAME:]
    yield cipher.encrypt(_nonce(number, last=True), held, name.encode())


def _opened(cipher: AESGCM, name: str, number: int, frame: bytes, *, last: bool) -> bytes:
    try:
        return cipher.decrypt(_nonce(number, last=last), frame, name.encode())
    except InvalidTag:
        raise Damaged("it was changed or cut off") from None


def _nonce(number: int, *, last: bool) -> bytes:
    """Unique under the file's own key: the number of the frame, and whether it is the last."""
    return number.to_bytes(11, "big") + bytes([last])
