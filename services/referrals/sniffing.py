"""Which files are taken as evidence: an allow-list by name, and a look at the bytes whether the name is true."""

from collections.abc import AsyncIterator
from pathlib import PurePath
from typing import Literal

import puremagic

Refusal = Literal["none", "empty", "too-large", "type-not-taken", "not-what-it-says", "store-away"]

_OOXML = "application/vnd.openxmlformats-officedocument"
_ODF = "application/vnd.oasis.opendocument"
#: The media type of each name's ending that is taken.
TYPES: dict[str, str] = {
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".tif": "image/tiff",
    ".tiff": "image/tiff",
    ".webp": "image/webp",
    ".heic": "image/heif",
    ".heif": "image/heif",
    ".doc": "application/msword",
    ".xls": "application/vnd.ms-excel",
    ".ppt": "application/vnd.ms-powerpoint",
    ".docx": f"{_OOXML}.wordprocessingml.document",
    ".xlsx": f"{_OOXML}.spreadsheetml.sheet",
    ".pptx": f"{_OOXML}.presentationml.presentation",
    ".odt": f"{_ODF}.text",
    ".ods": f"{_ODF}.spreadsheet",
    ".odp": f"{_ODF}.presentation",
}
#: What stands in the directory at the end of a document that is a ZIP archive inside.
_INSIDE = {
    ".docx": b"word/",
    ".xlsx": b"xl/",
    ".pptx": b"ppt/",
    ".odt": b"META-INF/",
    ".ods": b"META-INF/",
    ".odp": b"META-INF/",
}
_HEAD = 8192  # bytes that tell what a file is
_TAIL = 65_536  # bytes in which a ZIP archive names what it holds
_OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


class NotTaken(Exception):
    """The file is refused; ``why`` is a stable code."""

    def __init__(self, why: Refusal) -> None:
        super().__init__(why)
        self.why: Refusal = why


def media_type(filename: str) -> str:
    """The media type that a file's name promises. Raises NotTaken."""
    if not filename.strip():
        raise NotTaken("none")
    try:
        return TYPES[_ending(filename)]
    except KeyError:
        raise NotTaken("type-not-taken") from None


def _ending(filename: str) -> str:
    return PurePath(filename.strip().lower()).suffix


async def checked(filename: str, chunks: AsyncIterator[bytes], most: int) -> AsyncIterator[bytes]:
    """The same chunks. Raises NotTaken as soon as they are too many, or not what the name says.

    Of a document that is an archive inside, only the end can show it: then the last chunk is held back until then.
    """
    ending, head, tail, size = _ending(filename), b"", b"", 0
    begun = False
    async for chunk in chunks:
        size += len(chunk)
        if size > most:
            raise NotTaken("too-large")
        tail = (tail + chunk)[-_TAIL:]
        if not begun:
            head += chunk
            if len(head) < _HEAD:
                continue
            chunk = _begins(ending, head)
            begun = True
        yield chunk
    if size == 0:
        raise NotTaken("empty")
    if not begun:
        yield _begins(ending, head)
    if ending in _INSIDE and _INSIDE[ending] not in tail:
        raise NotTaken("not-what-it-says")


def _begins(ending: str, head: bytes) -> bytes:
    """``head``, if a file with this ending may begin so. Raises NotTaken."""
    old = ending in (".doc", ".xls", ".ppt")
    true = head.startswith(_OLD_OFFICE) if old else TYPES[ending] in _types(head)
    if not true:
        raise NotTaken("not-what-it-says")
    return head


def _types(head: bytes) -> set[str]:
    try:
        return {found.mime_type for found in puremagic.magic_string(head[:_HEAD])}
    except puremagic.PureError:
        return set()
