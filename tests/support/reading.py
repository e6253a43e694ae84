"""Reads a PDF as those do who cannot see it: its tags, its language, its words."""

import io
from collections.abc import Iterator
from typing import Any

from pypdf import PdfReader


class Document:
    """A PDF that somebody was given."""

    def __init__(self, content: bytes) -> None:
        self._reader = PdfReader(io.BytesIO(content))
        self._root: Any = self._reader.trailer["/Root"]

    @property
    def text(self) -> str:
        """All words, with a space for each end of a line."""
        return " ".join(" ".join(page.extract_text() for page in self._reader.pages).split())

    @property
    def pages(self) -> int:
        return len(self._reader.pages)

    @property
    def title(self) -> str | None:
        """The title in its properties, if readers show that instead of the file's name."""
        shown = self._root["/ViewerPreferences"]["/DisplayDocTitle"]
        return self._reader.metadata.title if shown and self._reader.metadata else None

    @property
    def language(self) -> str:
        return str(self._root["/Lang"])

    @property
    def claims_pdf_ua(self) -> bool:
        """Whether it says of itself that it keeps PDF/UA-1, and is marked throughout."""
        metadata = self._root["/Metadata"].get_data()
        return b"pdfuaid:part" in metadata and bool(self._root["/MarkInfo"]["/Marked"])

    @property
    def tags(self) -> list[str]:
        """The kinds of all parts of its tree of structure, in reading order."""
        return list(_kinds(self._root["/StructTreeRoot"]))

    def unmarked_pages(self) -> list[int]:
        """The pages that hold anything beside marked content: text that no tag leads to, and no artefact covers."""
        return [n for n, page in enumerate(self._reader.pages, 1) if not _all_marked(page)]


def _kinds(node: Any) -> Iterator[str]:
    if "/S" in node:
        yield str(node["/S"])[1:]
    children = node.get("/K", [])
    for child in children if isinstance(children, list) else [children]:
        found = child.get_object() if hasattr(child, "get_object") else child
        if isinstance(found, dict):
            yield from _kinds(found)


def _all_marked(page: Any) -> bool:
    depth = 0
    contents = page.get_contents()
    for _, operator in contents.operations if contents else []:
        if operator in (b"BDC", b"BMC"):
            depth += 1
        elif operator == b"EMC":
            depth -= 1
        elif operator in (b"Tj", b"TJ", b"'", b'"') and depth == 0:
            return False
    return depth == 0
