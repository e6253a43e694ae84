"""The store of evidence: every file an encrypted object under a name and a key of its own, in a folder or in S3.

A file is cut into frames of 64 KiB, each sealed with AES-256-GCM. The nonce counts the frames and marks the last one,
and the object's name is bound to each, so that frames can be neither moved, nor left out, nor cut off unnoticed (the
STREAM construction of Hoang, Reyhanitabar, Rogaway and Vizár, 2015). The key is wrapped with the ring "evidence".
"""

import os
from collections.abc import AsyncIterator
from contextlib import suppress

import obstore
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from obstore.store import ObjectStore, from_url

from chassis.sealing import CannotOpen, KeyRings

RING = "evidence"
FRAME = 64 * 1024
_TAG = 16


class Damaged(Exception):
    """The object is not what was stored: it was changed, cut off, or its key is not known here any more."""


class Vault:
    """Reads and writes encrypted objects, a frame at a time."""

    def __init__(self, store: ObjectStore, seals: KeyRings) -> None:
        self._store, self._seals = store, seals

    @classmethod
    def at(cls, url: str, seals: KeyRings) -> "Vault":
        """The store at ``file:///folder`` (made where it is missing) or ``s3://bucket/folder``.

        Where S3 is and how to sign in is read from the usual variables (AWS_ENDPOINT, AWS_REGION, …).
        """
        store = from_url(url, mkdir=True) if url.startswith("file:") else from_url(url)
        return cls(store, seals)

    def new_key(self) -> str:
        """A fresh key for one file, wrapped. Raises ValueError where the ring has no key."""
        return self._seals.seal(RING, os.urandom(32)).decode()

    async def write(self, name: str, key: str, chunks: AsyncIterator[bytes]) -> None:
        """Stores what ``chunks`` bring. What they raise ends it, and nothing is stored."""
        await obstore.put_async(self._store, name, _sealed(self._cipher(key), name, chunks))

    async def read(self, name: str, key: str) -> AsyncIterator[bytes]:
        """The file, a frame at a time. Raises FileNotFoundError and Damaged."""
        cipher = self._cipher(key)
        found = await obstore.get_async(self._store, name)
        number, held = 0, b""
        async for chunk in found.stream(min_chunk_size=FRAME + _TAG):
            held += bytes(chunk)
            while len(held) > FRAME + _TAG:
                yield _opened(cipher, name, number, held[: FRAME + _TAG], last=False)
                number, held = number + 1, held[FRAME + _TAG :]
        yield _opened(cipher, name, number, held, last=True)

    async def delete(self, name: str) -> None:
        """Deletes an object; one that is not there is no error."""
        with suppress(FileNotFoundError):
            await obstore.delete_async(self._store, name)

    def _cipher(self, key: str) -> AESGCM:
        try:
            return AESGCM(self._seals.open(RING, key.encode()))
        except CannotOpen:
            raise Damaged from None


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
        raise Damaged from None


def _nonce(number: int, *, last: bool) -> bytes:
    """Unique under the file's own key: the number of the frame, and whether it is the last."""
    return number.to_bytes(11, "big") + bytes([last])
