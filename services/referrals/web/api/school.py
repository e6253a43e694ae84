"""What a school does with a referral after it was sent."""

from typing import Any

from fastapi import APIRouter

from chassis.service import Running
from services.referrals.web.api import answers
from services.referrals.web.api import school_bodies as bodies
from services.referrals.web.api.asked import Either, School, act, says
from services.referrals.web.api.parts import Reference


def router(running: Running) -> APIRouter:
    """The routes of schools."""
    api = APIRouter(prefix="/api", responses=says(answers.Done))

    @api.post("/referrals/{reference}/answer")
    async def answer(reference: Reference, body: bodies.Answer, asked: School) -> Any:
        """The school answers a question, or advice: the team has the referral again."""
        return await act(running, reference, "answer", body, asked)

    @api.post("/referrals/{reference}/amend")
    async def amend(reference: Reference, body: bodies.Amend, asked: School) -> Any:
        """The school changes parts of what it sent. ``rerouted`` says whether another team has it now."""
        return await act(running, reference, "amend", body, asked)

    @api.post("/referrals/{reference}/evidence")
    async def evidence(reference: Reference, body: bodies.MoreEvidence, asked: School) -> Any:
        """The school adds papers."""
        return await act(running, reference, "evidence", body, asked)

    @api.post("/referrals/{reference}/withdraw")
    async def withdraw(reference: Reference, body: bodies.Withdraw, asked: School) -> Any:
        """The school takes the referral back."""
        return await act(running, reference, "withdraw", body, asked)

    @api.post("/referrals/{reference}/review")
    async def review(reference: Reference, body: bodies.Review, asked: Either) -> Any:
        """Whether it helped, as school and family see it; the team may record it too."""
        return await act(running, reference, "review", body, asked)

    return api
