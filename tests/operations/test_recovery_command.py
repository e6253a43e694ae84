"""What ``recover`` tells the operator: only where nothing is missing may the service write again."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import asyncpg
import pytest
import typer
from aiokafka.errors import KafkaConnectionError
from typer.testing import CliRunner, Result

from chassis.guard import DatabaseSetBack
from chassis.operations import recovery_command
from chassis.operations.recovery import Recovered
from chassis.service import Running

FORWARD = Recovered(facts=3, heard=5, unknown=[], forked=[], left=None)


def told(outcome: Recovered | BaseException) -> Result:
    """What the command prints, and its status, when the recovery ends so."""

    def with_running(work: Callable[[Running], Awaitable[Any]]) -> Recovered:
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    app = typer.Typer()
    recovery_command.add(app, with_running)
    return CliRunner().invoke(app, ["--reason", "disk lost"])


def test_a_database_that_is_forward_may_write_again() -> None:
    result = told(FORWARD)
    assert result.exit_code == 0
    assert "the service may write again" in result.output


def test_facts_that_could_not_be_put_back_forbid_to_write_and_say_what_to_do() -> None:
    result = told(replace(FORWARD, unknown=[("referrals.v1", "a")]))
    assert result.exit_code == 1
    assert "cannot be put back: referrals.v1 a" in result.output
    assert "restore a newer backup" in result.output
    assert "may write again" not in result.output


@pytest.mark.parametrize(
    ("outage", "status"),
    [
        (OSError(), 2),
        (asyncpg.InterfaceError("connection is closed"), 2),
        (KafkaConnectionError(), 2),
        (KeyboardInterrupt(), 130),
    ],
)
def test_whatever_breaks_it_off_asks_to_leave_the_service_stopped_and_to_run_it_again(
    outage: BaseException, status: int
) -> None:
    result = told(outage)
    assert result.exit_code == status
    assert "broken off" in result.output
    assert "Leave the service stopped, and run this again" in result.output


def test_a_database_that_is_still_behind_is_not_sent_round_to_the_same_command() -> None:
    behind = DatabaseSetBack("1 of the last 40 aggregates published are newer on Kafka than in this database")
    result = told(replace(FORWARD, left=behind.how_far))
    assert result.exit_code == 1
    assert "not forward: 1 of the last 40" in result.output
    assert "Do not start the service: restore a newer backup" in result.output
    assert "`recover` command" not in result.output
    assert "`recover` command" in str(behind), "who has not tried it yet is told of it"
