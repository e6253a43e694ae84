"""What is asked of an API by its document is asked with every token, and one wrong answer is enough."""

from pathlib import Path
from typing import Annotated

import pytest
from fastapi import FastAPI, Header, HTTPException

from tests.support.browser import served
from tests.support.by_schema import assert_as_described

app = FastAPI()


@app.get("/sittings")
async def sittings(authorization: Annotated[str, Header(include_in_schema=False)]) -> int:
    if authorization == "Bearer unlucky":
        raise HTTPException(500, "that no document describes")
    return 8


@pytest.mark.parametrize(("other", "is_fine"), [("lucky", True), ("unlucky", False)])
async def test_an_answer_that_one_of_the_tokens_gets_is_found(
    tmp_path: Path, other: str, is_fine: bool
) -> None:
    checks = "[checks.unsupported_method]\nenabled = false\n"
    async with served(app) as url:
        asked = assert_as_described(url, "main", tmp_path, phases=("fuzzing",), config=checks, others=[other])
        if is_fine:
            await asked
            return
        with pytest.raises(AssertionError, match="Server error"):
            await asked
