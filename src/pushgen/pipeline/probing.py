"""Probes of a reward model on a log, and the bounds that the log's own pushes set."""

from typing import TYPE_CHECKING, Literal

from pushgen.logs import Log, make_pairs
from pushgen.pipeline.unseen import unseen
from pushgen.records import push_text
from pushgen.reward.probes import Probes, probe
from pushgen.text.bounds import Bounds, bounds_of

if TYPE_CHECKING:
    from pushgen.reward.trained import TrainedReward


def probed(
    judge: "TrainedReward",
    log: Log,
    *,
    part: Literal["holdout", "all"] = "holdout",
    styles: str = "auto",
    most: int = 1000,
    draws: int = 2000,
    seed: int = 0,
) -> tuple[Probes, Bounds]:
    """The probes on one part of the log, and the bounds that all its pushes set.

    `styles` names a labeller as `pushgen label --labeller` does; `none` leaves styles out.
    Raises `ConfigurationError` where nothing was held out from the model, `InputError` where no pair has clicks.
    """
    from pushgen.reward.predictions import predict

    pairs = make_pairs(log).frame
    held = unseen(judge, log, pairs, part)
    texts = [push_text(title, body) for title, body in log.pushes.select("title", "body").iter_rows()]
    labeller = None
    if styles != "none":
        from pushgen.styles import open_labeller

        labeller = open_labeller(styles, texts=texts[:1000])
    mean = predict(judge, held).mean
    return probe(judge, held, mean, labeller=labeller, most=most, draws=draws, seed=seed), bounds_of(texts)
