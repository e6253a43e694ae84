"""What a team does with a referral."""

from typing import Any

from fastapi import APIRouter

from chassis.decision import Refused
from chassis.service import Running
from chassis.web.problems import Problem, to_problem
from chassis.web.routes import Routes
from services.referrals.domain.commands import AssignReferral
from services.referrals.domain.work.moving import ChangedMeanwhile
from services.referrals.web.api import answers
from services.referrals.web.api import team_bodies as bodies
from services.referrals.web.api.asked import Asked, Team, act, overtaken, says, visible
from services.referrals.web.api.parts import Reference


def router(running: Running) -> APIRouter:
    """The routes of teams."""
    api = APIRouter(prefix="/api", responses=says(answers.Done))
    _answering(api, running)
    _under_way(api, running)
    _ending(api, running)
    several = APIRouter(prefix="/api", responses=says(answers.GivenToOne))
    _together(several, running)
    both = Routes()
    both.include_router(api)
    both.include_router(several)
    return both


def _answering(api: APIRouter, running: Running) -> None:
    @api.post("/referrals/{reference}/accept")
    async def accept(reference: Reference, body: bodies.Accept, asked: Team) -> Any:
        """The team takes the referral on."""
        return await act(running, reference, "accept", body, asked)

    @api.post("/referrals/{reference}/return")
    async def give_back(reference: Reference, body: bodies.GiveBack, asked: Team) -> Any:
        """The team gives the referral back with advice; its promise stands still until the school answers."""
        return await act(running, reference, "return", body, asked)

    @api.post("/referrals/{reference}/assign")
    async def assign(reference: Reference, body: bodies.Assign, asked: Team) -> Any:
        """One of the team works on it from now on."""
        return await act(running, reference, "assign", body, asked)

    @api.post("/referrals/{reference}/ask")
    async def ask(reference: Reference, body: bodies.Ask, asked: Team) -> Any:
        """The team asks the school; its promise stands still until the school answers."""
        return await act(running, reference, "ask", body, asked)


def _together(api: APIRouter, running: Running) -> None:
    @api.post("/assignments")
    async def assign_several(body: bodies.AssignSeveral, asked: Team) -> Any:
        """Several referrals get the same person; each is answered by itself, and one that fails stops no other."""
        return {"referrals": await _assigned(running, body, asked)}


def _under_way(api: APIRouter, running: Running) -> None:
    @api.post("/referrals/{reference}/visits")
    async def arrange(reference: Reference, body: bodies.ArrangeVisit, asked: Team) -> Any:
        """A visit or training is arranged, or moved to another day."""
        return await act(running, reference, "visit", body, asked)

    @api.post("/referrals/{reference}/visits/done")
    async def took_place(reference: Reference, body: bodies.VisitTookPlace, asked: Team) -> Any:
        """A visit or training took place."""
        return await act(running, reference, "visit-done", body, asked)

    @api.post("/referrals/{reference}/step")
    async def step(reference: Reference, body: bodies.Step, asked: Team) -> Any:
        """The referral goes on as another one, on another rung; answers its reference."""
        return await act(running, reference, "step", body, asked)


def _ending(api: APIRouter, running: Running) -> None:
    @api.post("/referrals/{reference}/conclude")
    async def conclude(reference: Reference, body: bodies.Conclude, asked: Team) -> Any:
        """The team's work is done."""
        return await act(running, reference, "conclude", body, asked)

    @api.post("/referrals/{reference}/close")
    async def close(reference: Reference, body: bodies.Close, asked: Team) -> Any:
        """Nobody works on it any more."""
        return await act(running, reference, "close", body, asked)

    @api.post("/referrals/{reference}/reopen")
    async def reopen(reference: Reference, body: bodies.Reopen, asked: Team) -> Any:
        """It goes on after all."""
        return await act(running, reference, "reopen", body, asked)


async def _assigned(running: Running, body: bodies.AssignSeveral, asked: Asked) -> list[dict[str, Any]]:
    made: list[AssignReferral | Problem] = []
    async with running.pool.acquire() as conn:
        for each in body.referrals:
            try:
                referral = await visible(conn, asked.caller, each.reference)
            except Problem as unknown:
                made.append(unknown)
            else:
                made.append(AssignReferral(referral.id, body.to, by=asked.caller.name, seen=each.seen))
    commands = [each for each in made if isinstance(each, AssignReferral)]
    answers = iter(await running.runner.commands(commands) if commands else [])
    done = [each if isinstance(each, Problem) else next(answers) for each in made]
    return [_answer(one.reference, answer) for one, answer in zip(body.referrals, done, strict=True)]


def _answer(reference: str, answer: Any) -> dict[str, Any]:
    if isinstance(answer, ChangedMeanwhile):
        answer = overtaken(answer)
    elif isinstance(answer, Refused):
        answer = to_problem(answer)
    if isinstance(answer, Problem):
        return {"reference": reference, "code": answer.code, "detail": answer.detail}
    return {"reference": reference, **answer}
