"""Each code of the contracts has words, the same for every service that shows it to staff."""

import ast
from collections.abc import Mapping
from typing import Any, get_args

import pytest

from schemas import words
from schemas.case_work_v1 import DeclineReason
from schemas.codes import Need, Owner, ProvisionType, Trigger, WithdrawalReason
from schemas.panels_v1 import MissingItem
from schemas.staff_v1 import Role
from tests.architecture import source

CODES: list[tuple[Mapping[Any, str], Any]] = [
    (words.NEEDS, Need),
    (words.TRIGGERS, Trigger),
    (words.PROVISIONS, ProvisionType),
    (words.ITEMS, MissingItem),
    (words.OWNERS, Owner),
    (words.WITHDRAWALS, WithdrawalReason),
    (words.DECLINED, DeclineReason),
    (words.ROLES, Role),
]


@pytest.mark.parametrize(("said", "codes"), CODES, ids=[get_args(codes)[0] for _, codes in CODES])
def test_every_code_has_words_of_its_own_and_nothing_else_has(said: Mapping[Any, str], codes: Any) -> None:
    assert set(said) == set(get_args(codes))
    assert len(set(said.values())) == len(said)


def _said(folder: str) -> dict[str, list[str]]:
    """Every set of at least four codes in words that stands in a module of the services, with the modules."""
    found: dict[str, list[str]] = {}
    for path in source.modules(folder):
        for node in ast.walk(source.tree(path)):
            if isinstance(node, ast.Dict) and len(node.keys) >= 4 and _constant(node):
                found.setdefault(ast.unparse(node), []).append(str(path))
    return found


def _constant(node: ast.Dict) -> bool:
    return all(isinstance(each, ast.Constant) for each in (*node.keys, *node.values))


def test_no_list_of_words_is_written_twice() -> None:
    assert {said: where for said, where in _said("services").items() if len(where) > 1} == {}
