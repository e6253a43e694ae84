"""Brings about everything in which a planted value might slip out, as schools, staff and families would."""

import asyncio
import time
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx2

from deploy.local.services import Town
from tests.canary import people
from tests.canary.plants import (
    CANARIES,
    OF_PAGES,
    an_adult,
    bad_records,
    canary_form,
    canary_placement,
    faulty_forms,
)
from tests.faults.oracle import drain
from tests.support.mail import MailSink
from tests.support.submissions import Written, a_submission, write
from tests.support.topics import records

SOURCE = "/schools/test-system"
SECONDS = 90.0
#: Where a planted value can stand in a request without making it another request.
_ODD_HEADERS = {
    "User-Agent": "{value}",
    "Referer": "http://127.0.0.1/{value}",
    "X-Forwarded-For": "{value}",
    "X-Request-ID": "{value}",
    "traceparent": "{value}",
    "tracestate": "child={value}",
    "baggage": "child={value}",
    "Cookie": "child={value}",
}


class Driver:
    """One run. ``answers`` are the bodies and headers of all answers that were not successes; ``addresses`` what a
    browser keeps of pages: their addresses, titles, links and headers.
    """

    def __init__(self, town: Town, sink: MailSink, today: date) -> None:
        self.town, self.sink, self.today = town, sink, today
        self.answers: list[str] = []
        self.statuses: list[int] = []
        self.planted: list[Written] = []
        self.addresses: list[str] = []
        self._http = httpx2.Client(timeout=30)

    def ask(
        self, service: str, method: str, path: str, caller: str | None = None, **more: Any
    ) -> httpx2.Response:
        """One request; what it is answered is kept unless it succeeded."""
        headers = {**(self.town.headers(caller) if caller else {}), **more.pop("headers", {})}
        url = self.town.services[service].url + path
        answer = self._http.request(method, url, headers=headers, **more)
        self.statuses.append(answer.status_code)
        if not answer.is_success:
            self.answers.append(f"{answer.status_code} {dict(answer.headers)} {answer.text}")
        return answer

    def done(self, service: str, method: str, path: str, caller: str, **more: Any) -> Any:
        """One request that has to succeed; answers its JSON."""
        answer = self.ask(service, method, path, caller, **more)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json()

    # -- the road as it should be ------------------------------------------------------------------------

    def forms_are_taken(self) -> None:
        """By HTTP and by sealed event; each twice, and once with another body under the same key."""
        form, key = canary_form(self.today), {"Idempotency-Key": "the-same-key"}
        taken = self.done("referrals", "POST", "/api/referrals", "school", json=form, headers=key)
        again = self.done("referrals", "POST", "/api/referrals", "school", json=form, headers=key)
        assert taken == again
        other = canary_form(self.today, narrative=f"{CANARIES['narrative']} {CANARIES['advice']}")
        refused = self.ask("referrals", "POST", "/api/referrals", "school", json=other, headers=key)
        assert refused.status_code == 409
        self.done("referrals", "GET", f"/api/referrals/{taken['reference']}", "school")
        back = {"reason": "advice-given", "advice": CANARIES["advice"]}
        self.done("referrals", "POST", f"/api/referrals/{taken['reference']}/return", "team", json=back)
        submitted = a_submission(self.town, SOURCE, "a-form", form)
        self.planted.append(submitted)
        topic, record_key, value, headers = submitted
        name = CANARIES["child's family name"].encode()
        odd = [(each, name) for each in ("ce_correlationid", "ce_causationid", "traceparent", "x-child")]
        write(self.town, [(topic, record_key, value, [*headers, *odd]), submitted])

    def mail_is_refused_and_put_off(self) -> None:
        """The mail server says no with a sentence that quotes the address; a person then settles it."""
        for name in ("refused adult's e-mail", "deferred adult's e-mail"):
            form = canary_form(self.today, adults=[an_adult(name)])
            self.done("referrals", "POST", "/api/referrals?duplicate=continue", "school", json=form)
        self._until(lambda: bool(self._held()), "a refused message")
        message = self._held()[0]["id"]
        why = {"reason": CANARIES["operator's reason"], "told": True}
        self.done("notifications", "POST", f"/api/messages/{message}/settle", "operator", json=why)

    def _held(self) -> list[Any]:
        found: list[Any] = self.done("notifications", "GET", "/api/held", "operator")["messages"]
        return found

    def a_case_is_decided(self) -> None:
        """With reasons, which the family may read on its page and nowhere else."""
        form = canary_placement(self.today)
        taken = self.done("referrals", "POST", "/api/referrals?duplicate=continue", "school", json=form)
        place = f"/api/cases?referral={taken['referral_id']}"
        self._until(lambda: bool(self.done("panels", "GET", place, "officer")["cases"]), "the case")
        case = f"/api/cases/{self.done('panels', 'GET', place, 'officer')['cases'][0]['case_id']}"
        sitting = self._next_sitting()
        batch = {"case_ids": [case.rpartition("/")[2]]}
        self.done(
            "panels", "POST", f"/api/sittings/{sitting['sitting_id']}/confirm", "co-ordinator", json=batch
        )
        self._step(sitting["sits_at"])
        reasons = CANARIES["reasons of the decision"]
        said = {"sitting_id": sitting["sitting_id"], "outcome": "agreed", "provision": "special-school"}
        said["reasons"] = reasons
        self.done("panels", "POST", f"{case}/recommendation", "co-ordinator", json=said)
        self.done("panels", "POST", f"{case}/decision", "officer", json={"reasons": reasons})
        assert CANARIES["child's family name"] in self.ask("panels", "GET", case, "officer").text

    def _next_sitting(self) -> Any:
        now = datetime.fromisoformat(self.done("panels", "GET", "/internal/idle", "driver")["now"])
        sittings = self.done("panels", "GET", f"/api/sittings?from={now:%Y-%m-%d}", "officer")["sittings"]
        ahead = sorted(sittings, key=lambda each: str(each["sits_at"]))
        return next(each for each in ahead if datetime.fromisoformat(each["papers_close_at"]) > now)

    def _step(self, to: str) -> None:
        for name in self.town.services:
            self.done(name, "POST", "/internal/clock", "driver", json={"now": to})

    def families_look_at_their_pages(self) -> None:
        """All of them; the reasons stand on one."""
        self._until(
            lambda: any("decision" in mail.fact for mail in self.sink.mails), "the decision's message"
        )
        pages = []
        for mail in self.sink.mails:
            page = f"/f/{mail.body.split('/f/', 1)[1].split()[0]}"
            path = f"/api/messages/{mail.message_id}/page-code"
            told = self.done("notifications", "POST", path, "operator", json={"reason": "a planted word"})
            self.ask("notifications", "POST", f"{page}/code", data={"digits": told["code"]})
            pages.append(self.ask("notifications", "GET", page).text)
        assert any(CANARIES["reasons of the decision"] in page for page in pages)

    def people_work_on_pages(self, folder: Path) -> None:
        """A SENCo and an officer, with a referral of a child of its own."""
        form = canary_form(self.today)
        taken = self.done("referrals", "POST", "/api/referrals?duplicate=continue", "school", json=form)
        everybody = people.appointed(self.town, form["urn"], folder)
        people.work(everybody, taken["reference"], form)
        self.addresses += [each for one in everybody.values() for each in one.seen]

    def a_system_sends_files(self) -> None:
        """One that a referral gets, one that nobody takes, and one that is no file of evidence."""
        form = canary_form(self.today)
        content = b"%PDF-1.7\n" + OF_PAGES["words in a sent file"].encode() * 500
        sent = self._sends_a_file(form["urn"], ".pdf", content)
        assert sent.status_code == 201, sent.text
        paper = {"kind": "report", "title": OF_PAGES["title of a sent file"], "file": sent.json()["id"]}
        form["evidence"] = [paper]
        taken = self.done("referrals", "POST", "/api/referrals?duplicate=continue", "school", json=form)
        self.done("referrals", "GET", f"/api/referrals/{taken['reference']}/files", "team")
        for ending, words in ((".exe", content), (".png", content), (".pdf", b"")):
            assert self._sends_a_file(form["urn"], ending, words).status_code in (415, 422)
        assert self._sends_a_file(OF_PAGES["name of a sent file"], ".pdf", content).status_code == 422

    def _sends_a_file(self, urn: str, ending: str, content: bytes) -> httpx2.Response:
        headers = {
            "File-Name": _quoted(OF_PAGES["name of a sent file"] + ending),
            "Content-Type": "application/octet-stream",
        }
        path = f"/api/files?urn={_quoted(urn)}"
        answer = self.ask("referrals", "POST", path, "school", content=content, headers=headers)
        self.answers.append(f"{dict(answer.headers)} {answer.text}")
        return answer

    # -- the road as it should not be --------------------------------------------------------------------

    def faulty_forms_are_refused(self) -> None:
        """Planted values in every wrong place: over HTTP, and as signed and sealed events."""
        for number, form in enumerate(faulty_forms(self.today)):
            refused = self.ask("referrals", "POST", "/api/referrals", "school", json=form)
            assert refused.status_code == 422
            write(self.town, [a_submission(self.town, SOURCE, f"faulty-{number}", form, key="a-school")])
        another = canary_form(self.today)
        another["child"] = {**another["child"], "born": "2016-02-11"}
        refused = self.ask("referrals", "POST", "/api/referrals", "school", json=another)
        assert refused.status_code == 422, "the UPN is another child's"
        write(self.town, [a_submission(self.town, SOURCE, "another-child", another)])
        broken = str(canary_form(self.today))  # Python's way of writing it is not JSON
        as_json = {"Content-Type": "application/json"}
        refused = self.ask("referrals", "POST", "/api/referrals", "school", content=broken, headers=as_json)
        assert refused.status_code == 422

    def odd_requests_are_refused(self) -> None:
        """Planted values in paths, queries, headers and tokens, of every service."""
        for value in CANARIES.values():
            odd = {name: text.format(value=value).encode() for name, text in _ODD_HEADERS.items()}
            for service, path, caller in (
                ("referrals", "/api/referrals/{0}", "school"),
                ("referrals", "/api/referrals?status={0}", "school"),
                ("referrals", "/api/referrals?after={0}&limit={0}", "school"),
                ("panels", "/api/cases/{0}", "officer"),
                ("panels", "/api/cases?state={0}&after={0}", "officer"),
                ("panels", "/api/sittings?from={0}", "officer"),
                ("notifications", "/f/{0}", None),
                ("notifications", "/api/messages/{0}", "operator"),
                ("notifications", "/api/messages?state={0}&after={0}", "operator"),
                ("notifications", "/{0}/{0}?{0}={0}", None),
            ):
                self.ask(service, "GET", path.format(_quoted(value)), caller, headers=odd)
            self._odd_writes(value, odd)

    def _odd_writes(self, value: str, odd: dict[str, bytes]) -> None:
        body = {"reason": value, value: value, "next_step_by": value, "sitting_id": value}
        for service, path, caller in (
            ("referrals", "/api/referrals/{0}/accept", "team"),
            ("panels", "/api/cases/{0}/recommendation", "co-ordinator"),
            ("panels", "/api/sittings/{0}/confirm", "co-ordinator"),
            ("notifications", "/api/messages/{0}/release", "operator"),
        ):
            self.ask(service, "POST", path.format(_quoted(value)), caller, json=body, headers=odd)
        token = {"Authorization": f"Bearer {value}".encode()}
        assert self.ask("referrals", "GET", "/api/referrals", headers=token).status_code == 401

    def bad_records_are_parked(self) -> None:
        """On every topic; also genuine sealed values that were changed on the way."""
        bad = bad_records(self._sealed_values())
        self.planted += bad
        write(self.town, bad)

    def _sealed_values(self) -> dict[str, bytes]:
        names = ("personal-details.v1", "referral-papers.v1", "case-papers.v1", "referral-submissions.v1")
        read = asyncio.run(records(self.town.stack.bootstrap, [self.town.topic(name) for name in names]))
        return {record.topic.removeprefix(self.town.prefix): record.value for record in read if record.value}

    def a_service_crashes(self, folder: Path) -> None:
        """Killed in the middle of a transaction that holds planted values."""
        reached = folder / "reached"
        process = self.town.referrals
        process.stop()
        env = {"FINGERPOST_FAILPOINT": "mid-batch:4", "FINGERPOST_FAILPOINT_REACHED": str(reached)}
        process.start(wait=False, env=env)
        end = time.monotonic() + SECONDS
        while process.running:
            assert time.monotonic() < end, "referrals did not reach mid-batch"
            try:
                form = canary_form(self.today)
                self.ask("referrals", "POST", "/api/referrals?duplicate=continue", "school", json=form)
            except httpx2.TransportError:
                time.sleep(0.1)
        assert reached.read_text().split() == ["mid-batch"]
        process.start()

    def settle(self) -> None:
        """Waits until every service is at rest, but for the message that the mail server puts off."""
        drain(self.town, SECONDS, put_off_is_fine=True)

    def _until(self, happened: Callable[[], bool], what: str) -> None:
        end = time.monotonic() + SECONDS
        while not happened():
            assert time.monotonic() < end, f"{what} did not come within {SECONDS} s"
            time.sleep(0.1)


def _quoted(value: str) -> str:
    return quote(value, safe="")
