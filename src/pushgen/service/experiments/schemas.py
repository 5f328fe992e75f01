"""Experiments in, and what they say."""

from collections.abc import Sequence
from datetime import datetime
from math import isfinite
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from pushgen.experiments.buckets import SALT_BYTES
from pushgen.experiments.decide import Action
from pushgen.experiments.observations import State
from pushgen.records import Arm, Experiment
from pushgen.service.fields import MOST_ROWS, Id, Incoming, Moment

MOST_ARMS = 20
_SALT = "arms:"


def _salts(value: str) -> str:
    most = SALT_BYTES - len(_SALT)
    if len(value.encode()) > most:
        raise ValueError(f"must have at most {most} bytes, since it salts the hash that assigns users")
    return value


def _finite(value: Any) -> Any:
    return None if isinstance(value, float) and not isfinite(value) else value


ExperimentId = Annotated[Id, AfterValidator(_salts)]
Number = Annotated[float | None, BeforeValidator(_finite)]
"""Null where there is none, or none that is finite."""


class ArmIn(Incoming):
    """A push that takes part."""

    push_id: Id
    weight: Annotated[int, Field(ge=1, le=1_000_000)] = 1
    """Its part of the traffic, beside the other arms' weights."""


class ExperimentIn(Incoming):
    """An experiment: pushes of one content, the control first."""

    content_id: Id
    arms: Annotated[list[ArmIn], Field(min_length=2, max_length=MOST_ARMS)]
    started_at: Moment | None = None
    """Now where not given."""

    @model_validator(mode="after")
    def _arms_differ(self) -> Self:
        if len({arm.push_id for arm in self.arms}) < len(self.arms):
            raise ValueError("names a push twice; arms must differ")
        return self


class ExperimentShown(BaseModel):
    """An experiment and its arms; none for one that was imported without them."""

    experiment_id: str
    content_id: str
    started_at: datetime | None
    excluded: str | None
    """Why the audit takes it out of every comparison."""
    arms: int
    pushes: list[Arm]


def shown(experiment: Experiment, arms: Sequence[Arm]) -> ExperimentShown:
    return ExperimentShown(
        experiment_id=experiment.experiment_id,
        content_id=experiment.content_id,
        started_at=experiment.started_at,
        excluded=experiment.excluded,
        arms=experiment.arms,
        pushes=list(arms),
    )


class Users(Incoming):
    """Who is to be assigned."""

    user_ids: Annotated[list[Id], Field(min_length=1, max_length=MOST_ROWS)]


class Assigned(BaseModel):
    """Which push a user gets."""

    user_id: str
    push_id: str


class _FromAnalysis(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class CheckShown(_FromAnalysis):
    """One thing that was looked at before any result."""

    name: str
    state: State
    words: str


class DecisionShown(_FromAnalysis):
    """What the experiment says to do."""

    action: Action
    arm: str | None
    headline: str
    reasons: list[str]
    next_step: str


class ArmShown(_FromAnalysis):
    """One arm by itself."""

    arm: str
    """Push id."""
    units: int | None
    impressions: int
    clicks: int
    ctr: Number
    low: Number
    high: Number
    p_best: Number
    expected_loss: Number


class ComparisonShown(_FromAnalysis):
    """An arm against the control; lifts are relative, and their intervals hold together."""

    metric: str
    arm: str
    control: str
    value: Number
    control_value: Number
    lift: Number
    low: Number
    high: Number
    p_value: Number
    verdict: str


class AnalysisShown(_FromAnalysis):
    """What is known of an experiment. Where its data are broken there are no comparisons."""

    experiment_id: str
    control: str
    method: str
    level: float
    days: int
    decision: DecisionShown
    checks: list[CheckShown]
    arms: list[ArmShown]
    comparisons: list[ComparisonShown]
    notes: list[str]
