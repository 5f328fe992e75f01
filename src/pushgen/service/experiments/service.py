"""Experiments in, users to arms, and what came out."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from pushgen.errors import InputError
from pushgen.records import Arm, Experiment
from pushgen.service.experiments.schemas import AnalysisShown, Assigned, ExperimentIn, ExperimentShown, shown
from pushgen.service.problems import FieldError, Problem, missing
from pushgen.store import Transaction


def start(tx: Transaction, experiment_id: str, body: ExperimentIn, now: datetime) -> tuple[ExperimentShown, bool]:
    """The experiment, and whether it is new. Its arms never change: a changed weight would move users between them.

    Raises a `Problem` for a content or a push that is not there, and where another experiment has this id.
    """
    experiment = Experiment(
        experiment_id=experiment_id,
        content_id=body.content_id,
        started_at=body.started_at or now,
        arms=len(body.arms),
    )
    arms = [
        Arm(experiment_id=experiment_id, place=place, push_id=arm.push_id, weight=arm.weight)
        for place, arm in enumerate(body.arms)
    ]
    known = tx.experiments.get(experiment_id, lock=True)
    if known is not None:
        if body.started_at is None:
            experiment = replace(experiment, started_at=known.started_at)
        if known != experiment or tx.arms.of(experiment_id) != arms:
            raise Problem(409, "an experiment does not change once it has begun; start another one")
        return shown(known, arms), False
    if tx.contents.get(body.content_id) is None:
        raise Problem(
            422, "the experiment cannot be started", errors=[_error("/content_id", "there is no such content")]
        )
    pushes = tx.pushes.named([arm.push_id for arm in arms])
    errors = [
        _error(f"/arms/{arm.place}/push_id", "there is no such push of this content; approve a candidate first")
        for arm in arms
        if (push := pushes.get(arm.push_id)) is None or push.content_id != body.content_id
    ]
    if errors:
        raise Problem(422, "the experiment cannot be started", errors=errors)
    tx.experiments.put([experiment])
    tx.arms.put(arms)
    return shown(experiment, arms), True


def assign(tx: Transaction, experiment_id: str, user_ids: Sequence[str]) -> list[Assigned]:
    """The push of each user, by a hash of experiment and user: the same for ever, and stored nowhere.

    Raises a `Problem` where the experiment is not there or has no arms.
    """
    import polars as pl

    from pushgen.experiments.assignment import Allocation, Assignment

    arms = _arms(tx, experiment_id)
    allocation = Allocation(experiment_id=experiment_id, arms={arm.push_id: arm.weight for arm in arms})
    found = Assignment(experiments=[allocation]).assign(pl.Series("user_id", user_ids, pl.String))
    return [
        Assigned(user_id=user_id, push_id=push_id) for user_id, push_id in found.select("user_id", "arm").iter_rows()
    ]


def analyze(tx: Transaction, experiment_id: str, control: str | None) -> AnalysisShown:
    """Judges an experiment by what was sent and what users did.

    Raises a `Problem` where there is no such experiment, or nothing to judge it by.
    """
    from pushgen.experiments.analysis import analyze as judge
    from pushgen.experiments.settings import AnalysisConfig, Rules
    from pushgen.pipeline.observe_store import observe_store

    arms = _arms(tx, experiment_id)
    ids = [arm.push_id for arm in arms]
    if control is not None and control not in ids:
        raise Problem(422, "the control is no arm of this experiment", errors=[_error("/query/control", "no such arm")])
    try:
        observed = observe_store(tx, experiment_id)
        weights = {arm.push_id: float(arm.weight) for arm in arms if arm.push_id in observed.arms}
        found = judge(observed, Rules(), AnalysisConfig(control=control or ids[0], weights=weights))
    except InputError as error:
        raise Problem(409, f"there is nothing to judge by yet: expected {error.expected}. {error.remedy}") from error
    return AnalysisShown.model_validate(found)


def _arms(tx: Transaction, experiment_id: str) -> list[Arm]:
    if tx.experiments.get(experiment_id) is None:
        raise missing("experiment")
    arms = tx.arms.of(experiment_id)
    if not arms:
        raise Problem(409, "the arms of this experiment are not known here")
    return arms


def _error(pointer: str, detail: str) -> FieldError:
    return FieldError(pointer=pointer, detail=detail)
