"""Scores on demand."""

from fastapi import APIRouter

from pushgen.service.access import needs
from pushgen.service.problems import documented
from pushgen.service.scopes import Scope
from pushgen.service.scores.schemas import ScoreRequest, Scores
from pushgen.service.scores.service import score
from pushgen.service.state import Here

router = APIRouter(prefix="/v1/scores", tags=["scores"], responses=documented())


@router.post("", dependencies=needs(Scope.MODELS_USE), responses=documented(409))
async def score_texts(service: Here, body: ScoreRequest) -> Scores:
    """Which of some texts would win, with probabilities. Nothing is kept."""
    return await service.gate.run(lambda: score(service, body))
