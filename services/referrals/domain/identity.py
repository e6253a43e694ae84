"""Ids of persons and referrals, and the reference that people read out over the telephone."""

import hmac
from datetime import UTC, date, datetime
from datetime import time as time_of_day
from functools import lru_cache
from hashlib import sha256
from itertools import count
from uuid import UUID, uuid5

from stdnum.gb import upn
from stdnum.iso7064 import mod_37_36

from chassis.ids import beside
from chassis.readable import ALIKE, LETTERS

_SUBMISSIONS = UUID("4d1f9a0e-6c55-5b57-8a0c-6f5b1b0d7c11")
_CLEAR = frozenset(LETTERS) - {"0", "1"}
_BODY = 11  # characters of a reference before its check character; 55 bits


class Ids:
    """Makes ids. A child's id follows from the UPN, but only for whoever knows the secret."""

    def __init__(self, secret: bytes, authority: str) -> None:
        self._secret, self._authority = secret, authority
        #: Ids that are nobody's any more: a child who is referred again after that gets another one.
        self.erased: frozenset[str] = frozenset()

    def child(self, referral_id: str, number: str | None) -> str:
        """The same for every referral of a child with this UPN; without a UPN, one for this referral."""
        if number is None:
            return beside(referral_id, "child")
        plain = f"{self._authority}:{standard_upn(number)}"
        texts = (f"{plain}:{again}" if again else plain for again in count())
        return next(id for text in texts if (id := self._of(text)) not in self.erased)

    def staff(self, subject: str) -> str:
        """The same for whoever the sign-in provider knows by this subject, however often they come and go."""
        return self._of(f"staff:{self._authority}:{subject}")

    def _of(self, text: str) -> str:
        return _written_id(hmac.digest(self._secret, text.encode(), "sha256")[:16])

    @staticmethod
    def adult(referral_id: str, index: int) -> str:
        """One for each adult of a referral; nobody guesses that two of one name are one person."""
        return beside(referral_id, f"adult:{index}")


# Taking one form in asks three times. The ids are kept in memory, the numbers are not.
@lru_cache(maxsize=1024)
def _written_id(hidden: bytes) -> str:
    return str(UUID(bytes=hidden, version=5))


def standard_upn(number: str) -> str:
    """A UPN in its standard writing: capitals, no blanks."""
    return number.upper() if number.isascii() and number.isalnum() else str(upn.compact(number))


def referral_id_of(source: str, submission_id: str) -> str:
    """The id of the referral that a submitted event becomes, the same however often it comes."""
    return str(uuid5(_SUBMISSIONS, f"{source}\n{submission_id}"))


def id_of_form(caller: str, body: bytes, day: date) -> str:
    """The id of the referral that a program's form becomes: one for the same words of the same program on one day.

    So the same form that is sent fifty times at once is one referral. It begins with the day, see `chassis.ids`.
    """
    time = f"{int(datetime.combine(day, time_of_day.min, UTC).timestamp() * 1000):012x}"
    the_day = f"{time[:8]}-{time[8:]}-7000-8000-000000000000"
    return beside(the_day, f"{caller}\n{sha256(body).hexdigest()}", within=str(_SUBMISSIONS))


def reference_of(referral_id: str) -> str:
    """``XXXX-XXXX-XXXX``: 55 bits from the id in Crockford's base 32, and an ISO 7064 (37, 36) check character.

    The bits are such that the check character is never one of O, I, L and U, nor 0 or 1, which stand for them.
    """
    bodies = (_body(referral_id, attempt) for attempt in count())
    return next(_written(body, check) for body in bodies if (check := _check(body)) in _CLEAR)


def _body(referral_id: str, attempt: int) -> str:
    bits = int.from_bytes(sha256(f"{referral_id} {attempt}".encode()).digest()[:8], "big") >> 9
    return "".join(LETTERS[bits >> shift & 31] for shift in range(50, -1, -5))


def _check(body: str) -> str:
    return str(mod_37_36.calc_check_digit(body))


def _written(body: str, check: str) -> str:
    return f"{body[:4]}-{body[4:8]}-{body[8:]}{check}"


def read_reference(text: str) -> str | None:
    """A reference as somebody typed it, in its standard writing; None where it cannot be one.

    Small letters, blanks and missing hyphens do no harm, nor O for 0, nor I or L for 1.
    """
    typed = "".join(text.split()).replace("-", "").upper()
    body, check = typed[:_BODY].translate(ALIKE), typed[_BODY:]
    if len(body) != _BODY or check not in _CLEAR or not set(body) <= set(LETTERS):
        return None
    return _written(body, check) if _check(body) == check else None
