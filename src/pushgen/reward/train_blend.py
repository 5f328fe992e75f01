"""Training of the blend: both parts on the same experiments, their weights on those that both kept for validation."""

import dataclasses
from pathlib import Path

import numpy as np
import polars as pl

from pushgen.reward.blend import BlendReward
from pushgen.reward.evidence import evidence
from pushgen.reward.inner import inner_split
from pushgen.reward.origin import Origin
from pushgen.reward.predictions import predict
from pushgen.reward.settings import RewardConfig
from pushgen.reward.train_linear import train_linear
from pushgen.reward.train_utility import train_utility
from pushgen.statistics.calibration import Residual, fit_blend
from pushgen.styles.linear import LinearLabeller


def train_blend(
    pairs: pl.DataFrame,
    config: RewardConfig,
    origin: Origin | None = None,
    *,
    styles: LinearLabeller | None = None,
    scratch: Path | None = None,
) -> BlendReward:
    """Trains on a frame of `tables.PAIRS`, all of which must belong to the training part of the split.

    `styles` is a labeller for the regression, as of `train_linear`; `scratch` is as of `train_utility`. Raises
    `InputError` where too few pairs carry evidence.
    """
    origin = origin or Origin()
    shape = dataclasses.replace(config.utility, members=config.blend_members)
    network = train_utility(
        pairs, dataclasses.replace(config, kind="score", utility=shape), origin, scratch=scratch
    ).model
    linear = train_linear(pairs, dataclasses.replace(config, kind="linear"), origin, styles=styles)
    held = inner_split(pairs, config.validation)[1]
    given = evidence(held)
    said_PM = np.stack([predict(part, held).mean for part in (network, linear)], axis=1)
    weights, scale = fit_blend(said_PM, given.ratio, given.variance, given.share)
    figures = {f"network_{name}": value for name, value in network.origin.figures.items()}
    figures |= {f"linear_{name}": value for name, value in linear.origin.figures.items()}
    figures |= {"parameters": sum(int(part.origin.figures["parameters"]) for part in (network, linear))}
    told = dataclasses.replace(origin, backbone=network.origin.backbone, figures=figures | dict(origin.figures))
    return BlendReward(network, linear, (float(weights[0]), float(weights[1])), Residual(scale=scale), told)
