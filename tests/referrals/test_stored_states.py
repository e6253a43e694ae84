"""What stands in rows without their defaults: what is left out there must mean the same for as long as they live."""

from collections.abc import Iterator
from typing import Any, get_args

from pydantic import BaseModel

from services.referrals.domain.referral import Clock, Referral
from services.referrals.storage import REFERRALS


def _parts(annotation: Any) -> Iterator[type[BaseModel]]:
    """The models that a type is made of."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
        for field in annotation.model_fields.values():
            yield from _parts(field.annotation)
    for argument in get_args(annotation):
        yield from _parts(argument)


def test_what_a_row_leaves_out_is_nothing_and_so_never_has_to_mean_anything_else() -> None:
    assert REFERRALS.lean
    fields = [item for part in _parts(Referral) for item in part.model_fields.items()]
    defaults = {name: field.get_default() for name, field in fields if not field.is_required()}
    assert {name: default for name, default in defaults.items() if default} == {
        "version": 1,
        "clock": Clock(),
    }
    assert not any(dict(Clock()).values())
