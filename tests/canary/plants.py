"""The planted values, one for every personal field there is, and what is made of them."""

import json
import random
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

from schemas.contracts import Contract, contracts
from schemas.envelope import Envelope
from schemas.topics import ALL, Topic
from tests.support.forms import Form, a_form, a_placement_form, a_upn
from tests.support.submissions import Written

BORN = date(2017, 8, 23)
#: Values that occur nowhere else. Telephone numbers are of those that Ofcom keeps for drama.
CANARIES: dict[str, str] = {
    "child's given name": "Zéphyxine",
    "child's family name": "Quarlbrough",
    "child's date of birth": BORN.isoformat(),
    "child's UPN": a_upn(8765432),
    "child's address": "17 Xanthewynd Bottom, Zedhampton",
    "child's e-mail": "zqchild.4471",
    "child's telephone": "07700 900467",
    "adult's given name": "Thaddeusina",
    "adult's family name": "Wexcombe-Ålund",
    "adult's e-mail": "zqparent.9135",
    "adult's telephone": "07700 900813",
    "refused adult's e-mail": "zqrefused.2208",
    "deferred adult's e-mail": "zqdeferred.6640",
    "referrer's name": "Ottolinda Frabjoust",
    "referrer's e-mail": "zqreferrer.7702",
    "who agreed": "Perivaleria Snodgrove",
    "the family's own view": "grumblewick disagreement, recorded",
    "narrative": "wibblethrum in the afternoons, and cannot settle",
    "put in place": "a snorkelbeam timetable every morning",
    "what changed": "fewer flumdiddles than before",
    "advice": "try the quibblefrond exercises at home",
    "reasons of the decision": "the gallivorpal school can meet the needs",
    "operator's reason": "spoke to Mrs Kerfufflestein by telephone",
}
#: Values that people type or choose on pages; no form of a school's system has them.
OF_PAGES: dict[str, str] = {
    "SENCo's name": "Balthazine Crumhorn",
    "officer's name": "Osgoodina Pelliwhistle",
    "teacher's name": "Cressidina Oxtoggle",
    "staff e-mail": "zqstaff.3307",
    "draft words": "a zwoggle of a morning, not yet sent",
    "file name": "Snickleberry's hearing test",
    "words in the evidence": "The audiogram shows a frumbiously flat line. ",
    "title of a paper": "What Dr Wimbleflax heard",
    "reason": "the grobblewort clinic wrote to us",
    "search term": "Quazzlemire",
    "name searched in a queue": "Jabberthwaite",
    "words of a list": "a plimsollish afternoon, as the list says",
    "word in a wrong column": "Snoddlewick",
    "name of a sent file": "Tumbleflick's plan",
    "words in a sent file": "Mornings go spritchily, with help. ",
    "title of a sent file": "What Nurse Drubbleby wrote",
    "question": "How do we help with the flibberstick at playtime?",
    "answer": "Give her a job in the dandelump corner.",
}


def canary_form(today: date, **changes: Any) -> Form:
    """A valid form in which every field that can hold a person's data holds a planted value."""
    return a_form(1, today, **(_personal(today) | changes))


def canary_placement(today: date, **changes: Any) -> Form:
    """The same child's case for the placement panel."""
    return a_placement_form(1, today, **(_personal(today) | changes))


def _personal(today: date) -> Form:
    return {
        "referrer": {
            "name": CANARIES["referrer's name"],
            "email": CANARIES["referrer's e-mail"] + "@school.example",
        },
        "child": {
            "given_name": CANARIES["child's given name"],
            "family_name": CANARIES["child's family name"],
            "born": CANARIES["child's date of birth"],
            "upn": CANARIES["child's UPN"],
            "address": CANARIES["child's address"],
            "email": CANARIES["child's e-mail"] + "@family.example",
            "phone": CANARIES["child's telephone"],
            "sen_provision": "K",
            "primary_need": "ASD",
        },
        "adults": [an_adult("adult's e-mail")],
        "agreement": {
            "agreed": True,
            "by": CANARIES["who agreed"],
            "on": (today - timedelta(days=4)).isoformat(),
            "disagreement": CANARIES["the family's own view"],
        },
        "narrative": CANARIES["narrative"],
        "tried": [
            {
                "started": (today - timedelta(days=50)).isoformat(),
                "reviewed": (today - timedelta(days=20)).isoformat(),
                "put_in_place": CANARIES["put in place"],
                "changed": CANARIES["what changed"],
            }
        ],
    }


def an_adult(address: str) -> dict[str, object]:
    """An adult who may be told, at the planted address of this name."""
    return {
        "given_name": CANARIES["adult's given name"],
        "family_name": CANARIES["adult's family name"],
        "relation": "mother",
        "email": f"{CANARIES[address]}@family.example",
        "phone": CANARIES["adult's telephone"],
        "may_be_told": True,
    }


def faulty_forms(today: date) -> list[Form]:
    """Forms that are refused, with planted values in every place where they do not belong."""
    chance, found = random.Random(1), []
    for value in CANARIES.values():
        form = canary_form(today)
        form["urn"] = chance.choice([form["urn"], value[:20]])
        form["child"] |= {"upn": value, "born": value, "sen_provision": value, "phone": value, value: value}
        form["adults"] = [
            {**an_adult("adult's e-mail"), "relation": value, "email": value, "may_be_told": value}
        ]
        form["agreement"] |= {"on": value, value: True}
        form["asks_for"], form[value] = value, value
        found.append(form)
    not_yet_born = canary_form(today)
    not_yet_born["child"]["born"] = (today + timedelta(days=30)).isoformat()
    return [*found, not_yet_born]


def bad_records(sealed: dict[str, bytes]) -> list[Written]:
    """Records that nobody can apply, made of planted values, for every topic.

    ``sealed`` has a genuine value for each sealed topic that has one, to be broken.
    """
    found: list[Written] = []
    for topic in ALL:
        found += _bad_in_clear(topic)
        if topic.sealed:
            token = sealed.get(topic.name, b"e30.AAAA.AAAA.AAAA.AAAA")
            broken = (token[:-8] + b"AAAAAAAA", token[:60], json.dumps(CANARIES).encode(), token[::-1])
            found += [_record(topic, value) for value in broken]
    return found


def _bad_in_clear(topic: Topic) -> list[Written]:
    """Planted values as the value, in the wrong fields, as ids, as types, as times and as keys."""
    name, text = CANARIES["child's family name"], CANARIES["narrative"]
    everything = json.dumps(CANARIES, ensure_ascii=False).encode()
    _, key, value, headers = _record(topic, everything)
    spoilt = [
        (topic.name, key, value, [(each, text.encode() if each == target else was) for each, was in headers])
        for target in (
            "ce_id",
            "ce_type",
            "ce_time",
            "ce_streamversion",
            "ce_specversion",
            "ce_correlationid",
        )
    ]
    extra = (
        topic.name,
        key,
        value,
        [*headers, ("x-child", name.encode()), ("x-bytes", b"\xff" + name.encode())],
    )
    nameless: Written = (topic.name, name.encode(), value, [])
    wrong = [
        _record(topic, json.dumps(_misfilled(each.model.model_fields)).encode(), each.ce_type)
        for each in _types(topic)
    ]
    return [_record(topic, value), _record(topic, b"\xff" + everything), extra, nameless, *spoilt, *wrong]


def _types(topic: Topic) -> list[Contract]:
    return [each for each in contracts() if each.topic == topic]


def _misfilled(fields: Any) -> dict[str, object]:
    """Every field of an event filled with a planted value."""
    values = list(CANARIES.values())
    return {name: values[number % len(values)] for number, name in enumerate(fields)}


def _record(topic: Topic, value: bytes | None, type: str | None = None) -> Written:
    """A record with a proper envelope, the first of a stream of its own."""
    known = _types(topic)
    envelope = Envelope(
        id=str(uuid4()),
        type=type or (known[0].ce_type if known else "somebody.said.v1"),
        source="/919/somebody",
        time=datetime.now(UTC),
        key=str(uuid4()),
        version=1,
        correlation=str(uuid4()),
    )
    return topic.name, envelope.key.encode(), value, envelope.headers()
