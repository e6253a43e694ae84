"""Sets a document as tagged PDF (PDF/UA-1, ISO 14289-1) from a template beside this module and from data.

Data reaches the template as data, never as markup: nothing that somebody wrote can become a command. The fonts are the
typesetter's own; nothing is fetched.
"""

import asyncio
import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any

from services.panels.documents.printable import printable

TEMPLATES = Path(__file__).parent / "templates"
# One at a time: a pack takes a tenth of a second and some megabytes, and lets others go on meanwhile.
_TYPESETTER = ThreadPoolExecutor(max_workers=1, thread_name_prefix="typesetter")


class NotSet(Exception):
    """The document cannot be set; the text names the template only, since the reason may quote what was written."""


async def typeset(template: str, data: Mapping[str, Any], made_at: datetime) -> bytes:
    """The PDF of ``template`` (such as ``pack``) with this data, made beside the event loop. Raises NotSet."""
    return await asyncio.get_running_loop().run_in_executor(_TYPESETTER, pdf, template, data, made_at)


def pdf(template: str, data: Mapping[str, Any], made_at: datetime) -> bytes:
    """As `typeset`, in the caller's own time. The same data at the same instant gives the same bytes."""
    # Only where one is asked for: the typesetter takes 60 MB of memory, in a process that may never be asked.
    import typst

    try:
        made = typst.compile(
            str(TEMPLATES / f"{template}.typ"),
            root=str(TEMPLATES),
            sys_inputs={"data": json.dumps(printable(dict(data)))},
            pdf_standards=["ua-1"],
            ignore_system_fonts=True,
            timestamp=made_at,
        )
    except BaseException as error:  # a fault inside the typesetter itself is no Exception
        if isinstance(error, KeyboardInterrupt | SystemExit):
            raise
        raise NotSet(f"the template {template} cannot be set with what it was given") from None
    assert isinstance(made, bytes)
    return made
