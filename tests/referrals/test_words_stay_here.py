"""What is searched for, asked and answered, and why records are merged, stands where it belongs and nowhere else."""

import pytest

from tests.referrals.builders import book, form, upn_of
from tests.referrals.conftest import Offices
from tests.referrals.people import Colleague, hidden, joins

SOUGHT, ASKED = "Quibblethrop Zanzarella", "the flumdiddle in the cloakroom"
ANSWERED, WHY = "try a snorkelbeam at playtime", "her aunt Gallivorpa said so by telephone"
PLANTED = [*SOUGHT.split(), "flumdiddle", "snorkelbeam", "Gallivorpa", "Hazelden"]
#: Where each may stand: words of a school's question, names of persons, reasons of a merge.
AT_HOME = {"enquiry", "draft", "person", "papers", "referral", "alias"}


async def _everything(sam: Colleague, olu: Colleague) -> list[str]:
    """Searches, asks, answers, converts and merges; answers what stood in addresses and headers."""
    said: list[str] = []
    for words in (SOUGHT, f"{SOUGHT} " * 50, "Hazelden"):
        found = await olu.send("/search", q=words)
        said.append(str(found.headers) + str(found.url))
    sent = await sam.fill("/ask/question", topic="", question=ASKED)
    at = sent.headers["location"]
    page = await olu.get(at)
    answer = await olu.send(f"{at}/answer", **hidden(page.text), answer=ANSWERED, minutes="5")
    draft = await sam.send(f"{at}/convert", seen="2")
    one, two = book().ids.child("", upn_of(1)), book().ids.child("", "Z91940002301A")
    merged = await olu.send(f"/duplicates/{one}/{two}", did="merge", reason=WHY)
    assert [each.status_code for each in (sent, answer, draft, merged)] == [303] * 4
    return [*said, *(str(each.headers) for each in (sent, page, answer, draft, merged))]


async def test_no_planted_word_leaves_its_table_or_stands_in_a_log_or_an_address(
    office: Offices, capsys: pytest.CaptureFixture[str]
) -> None:
    it = await office()
    await it.refer(form(child__upn=upn_of(1)))
    await it.refer(form(child__upn="Z91940002301A"))
    sam = await joins(it, "Sam", ("school-user", "900001"))
    olu = await joins(it, "Olu", ("sali-officer", None))
    said = await _everything(sam, olu)
    said.append("".join(capsys.readouterr()))
    tables = await it.pool.fetch("SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'")
    for table in {row["name"] for row in tables} - AT_HOME:
        rows = await it.pool.fetch(f"SELECT t::text AS row FROM {table} t")
        said += [f"{table}: {row['row']}" for row in rows]
    assert [
        (word, text[:80]) for word in PLANTED for text in said if word.casefold() in text.casefold()
    ] == []
    kept = await it.pool.fetchval("SELECT state::text FROM enquiry")
    assert ASKED in kept, "the words that were looked for were there to be found"
