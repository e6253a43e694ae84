"""What people do on pages with planted values: staff who sign in, drafts, evidence, searches and questions."""

import asyncio
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import httpx2

from chassis.web.sessions import start
from deploy.local.services import Town
from tests.canary.plants import OF_PAGES
from tests.referrals.lists import as_csv, cells, names
from tests.referrals.people import hidden
from tests.support.forms import Form
from tests.support.sessions import Held

#: Role and scope of each, by whose planted name it is.
_WORK = {
    "SENCo's name": ("school-user", "{urn}"),
    "officer's name": ("sali-officer", ""),
    "teacher's name": ("team-member", "communication-autism"),
}
PDF = b"%PDF-1.7\n" + OF_PAGES["words in the evidence"].encode() * 3000


class Somebody:
    """One of the staff in a browser of sorts. ``seen`` are addresses and headers that such a browser kept."""

    def __init__(self, url: str, held: Held) -> None:
        self._held, self.seen = held, list[str]()
        self._http = httpx2.Client(base_url=url, cookies=held.cookies, timeout=60)

    def opens(self, path: str, **query: str) -> str:
        """A page, which must be there; its text."""
        return self._kept(self._http.get(path, params=query, headers={"Accept": "text/html"}), 200).text

    def searches(self, path: str, **fields: str) -> None:
        """A form that is answered by a page."""
        self._kept(self._http.post(path, data=self._with_token(fields)), 200)

    def sends(self, path: str, files: Any = None, **fields: str) -> str:
        """A form that is taken; the address that its sender is sent to."""
        sent = self._http.post(path, data=self._with_token(fields), files=files)
        return str(self._kept(sent, 303).headers["location"])

    def fills(self, path: str, files: Any = None, **fields: str) -> str:
        """The same, with what the page itself brings along."""
        return self.sends(path, files, **{**hidden(self.opens(path)), **fields})

    def _with_token(self, fields: dict[str, str]) -> dict[str, str]:
        return {"csrf": self._held.csrf, **fields}

    def _kept(self, answer: httpx2.Response, status: int) -> httpx2.Response:
        assert answer.status_code == status, (
            f"{answer.request.url}: {answer.status_code} {answer.text[:2000]}"
        )
        self.seen += [str(answer.headers), *re.findall(r'(?:href|action|src)="([^"]*)"', answer.text)]
        self.seen += re.findall(r"<title>.*?</title>", answer.text, re.DOTALL)
        return answer


def appointed(town: Town, urn: str, folder: Path) -> dict[str, Somebody]:
    """Staff with planted names, appointed by an operator's command, each with a session."""
    entries = [
        f'[[staff]]\nsubject = "zqsubject.{number}"\nname = "{OF_PAGES[name]}"\n'
        f'email = "{OF_PAGES["staff e-mail"]}{number}@council.example"\n[[staff.roles]]\nrole = "{role}"\n'
        + (f'scope = "{scope.format(urn=urn)}"\n' if scope else "")
        for number, (name, (role, scope)) in enumerate(_WORK.items())
    ]
    file = folder / "staff.toml"
    file.write_text("\n".join(entries), encoding="utf-8")
    town.referrals.operate("staff", "load", str(file))
    return {
        name: Somebody(town.referrals.url, held)
        for name, held in zip(_WORK, asyncio.run(_sessions(town)), strict=True)
    }


async def _sessions(town: Town) -> list[Held]:
    conn = await asyncpg.connect(town.referrals.dsn)
    try:
        rows = await conn.fetch("SELECT id FROM staff ORDER BY subject")
        return [Held(await start(conn, row["id"], "a test", timedelta(hours=1)), "referrals") for row in rows]
    finally:
        await conn.close()


def work(everybody: dict[str, Somebody], reference: str, form: Form) -> None:
    """All that leaves planted values behind; a draft stays one. What is added to the pages is to be added here."""
    senco, officer, teacher = everybody.values()
    _drafts(senco)
    _adds_evidence(senco, reference)
    _uploads_a_list(senco, form)
    _searches(officer)
    _looks_into_a_queue(teacher, senco)
    _asks_and_answers(senco, officer)


def _drafts(senco: Somebody) -> None:
    """A form is begun, and a file goes with it; it is never sent."""
    draft = senco.sends("/refer").rpartition("/")[0]
    senco.fills(f"{draft}/words", narrative=OF_PAGES["draft words"])
    senco.fills(f"{draft}/evidence/0", _file("of a draft"), kind="report", title=OF_PAGES["title of a paper"])
    senco.opens(f"{draft}/words")
    senco.opens(draft)


def _adds_evidence(senco: Somebody, reference: str) -> None:
    path = f"/referrals/{reference}/evidence"
    senco.fills(
        path, _file("sent"), kind="report", title=OF_PAGES["title of a paper"], reason=OF_PAGES["reason"]
    )
    senco.opens(f"/referrals/{reference}")


def _file(which: str) -> dict[str, tuple[str, bytes, str]]:
    return {"file": (f"{OF_PAGES['file name']} {which}.pdf", PDF, "application/pdf")}


def _uploads_a_list(senco: Somebody, form: Form) -> None:
    """A row that is sent although it repeats another referral, and one with words in the wrong columns."""
    right = cells({**form, "narrative": OF_PAGES["words of a list"]})
    word = OF_PAGES["word in a wrong column"]
    wrong = {**right, **dict.fromkeys(("Date of birth", "UPN", "Primary need", "School URN"), word)}
    file = {"file": (f"{OF_PAGES['file name']}.csv", as_csv([right, wrong], names()), "text/csv")}
    at = senco.sends("/bulk", file)
    senco.opens(at)
    senco.seen.append(senco.opens(f"{at}/faults.csv"))
    senco.sends(f"{at}/confirm", anyway="2")
    senco.opens(at)


def _looks_into_a_queue(teacher: Somebody, senco: Somebody) -> None:
    """Somebody looks for a child where schools and references are looked for."""
    for one, path in ((teacher, "/queue"), (senco, "/school")):
        one.opens(path, q=OF_PAGES["name searched in a queue"])
        one.opens(path, q=OF_PAGES["name searched in a queue"], sort="received", tab="completed")


def _searches(officer: Somebody) -> None:
    officer.searches("/search", q=OF_PAGES["search term"])
    officer.searches("/search", q=f"{OF_PAGES['search term']} 2017")


def _asks_and_answers(senco: Somebody, officer: Somebody) -> None:
    at = senco.fills("/ask/question", topic="", question=OF_PAGES["question"])
    page = officer.opens(at)
    officer.sends(f"{at}/answer", **{**hidden(page), "answer": OF_PAGES["answer"], "minutes": "5"})
    senco.opens(at)
    officer.opens("/enquiries")
