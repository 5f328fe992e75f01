"""The card of a reward model: what it is, what it saw, how good it is, what it must not be used for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pushgen.reward.trained import TrainedReward


def card(model: TrainedReward) -> str:
    """Markdown from the model's own facts; the same model gives the same text."""
    origin = model.origin
    held = f"{origin.holdout:.0%} of contents, salt `{origin.salt}`" if origin.holdout else "none"
    inputs = [f"- `{name}`: SHA-256 `{value}`" for name, value in sorted(origin.inputs.items())]
    terms = sorted(origin.licences.items())
    return "\n".join(
        [
            "# PushGen reward model",
            "",
            "Says which of two pushes of one content has the higher true click rate.",
            "",
            f"- kind: `{model.kind}`: {model.shape}",
            f"- backbone: `{origin.backbone}`",
            f"- reads at most {model.reads} of a text; what follows is cut and counted",
            f"- the true log-CTR ratio is taken as normal around the mean with the residual scale "
            f"{model.residual.scale:.4f} (slope {model.residual.slope:.4f}), both fitted on validation experiments; "
            "the probability that a wins is Phi(mean / scale)",
            f"- held out from training: {held}",
            "",
            "## Data",
            "",
            *(inputs or ["- not recorded"]),
            "",
            *(
                f"- terms of `{name}`: {words or 'not stated; `pushgen import --licence` records them'}"
                for name, words in terms
            ),
            "",
            "The licence of the data goes with the model where it asks for it.",
            "",
            "## Figures of training",
            "",
            *_table(origin.figures),
            "",
            *_held_out(origin.held_out),
            "## Limits",
            "",
            "It knows copy like that of its log, in its language. Reward models like names, numbers, capitals and "
            "emoji more than readers do: choose among checked candidates with it, and do not train a generator "
            "against it.",
            "",
        ]
    )


def _held_out(figures: Mapping[str, str]) -> list[str]:
    if not figures:
        return ["Figures on held-out experiments: `pushgen evaluate reward MODEL LOG`.", ""]
    rows = [f"| {name} | {value} |" for name, value in figures.items()]
    head = ["## Figures on held-out experiments", "", "With 95% intervals over experiments.", ""]
    return [*head, "| figure | value [95%] |", "|---|---|", *rows, ""]


def _table(figures: Mapping[str, Any]) -> list[str]:
    rows = [f"| {name.replace('_', ' ')} | {_show(value)} |" for name, value in sorted(figures.items())]
    return ["| figure | value |", "|---|---|", *rows]


def _show(value: object) -> str:
    return f"{value:.4f}" if isinstance(value, float) else str(value)
