"""Plots as inline SVG: one function per figure, the same bytes for the same data.

Raises `MissingExtraError` where matplotlib is not installed; the report then keeps its tables.
"""

import io
from collections.abc import Mapping, Sequence
from typing import Any

from pushgen.errors import MissingExtraError

INK, ACCENT, MUTED = "#1f2937", "#2563eb", "#9ca3af"


def _figure(width: float, height: float) -> tuple[Any, Any]:
    try:
        import matplotlib as mpl
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingExtraError("matplotlib", "report", "plotting") from error
    # A fixed salt and no date keep the SVG reproducible byte for byte.
    mpl.rcParams.update({"svg.hashsalt": "pushgen", "svg.fonttype": "none", "font.size": 9, "axes.edgecolor": MUTED})
    figure: Any = Figure(figsize=(width, height), layout="constrained")
    axes: Any = figure.add_subplot()
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def _svg(figure: Any, label: str) -> str:
    stream = io.StringIO()
    figure.savefig(stream, format="svg", metadata={"Date": None, "Creator": None, "Title": label})
    text = stream.getvalue()
    return text[text.index("<svg") :]


def lift_plot(rows: Sequence[Mapping[str, Any]]) -> str:
    """Lift with its 95% interval; rows hold `versus`, `lift`, `low`, `high` as ratios minus one."""
    figure, axes = _figure(6.4, 0.6 + 0.5 * len(rows))
    for place, row in enumerate(rows):
        axes.plot([100 * row["low"], 100 * row["high"]], [place, place], color=ACCENT, lw=2)
        axes.plot([100 * row["lift"]], [place], "o", color=ACCENT)
    axes.axvline(0.0, color=MUTED, lw=1, ls="--")
    axes.set_yticks(range(len(rows)), [str(row["versus"]) for row in rows])
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_xlabel("lift of the chosen push in CTR, % (95% interval)")
    return _svg(figure, "lift with intervals")


def interval_plot(rows: Sequence[Mapping[str, Any]], label: str, zero: bool = False) -> str:
    """Values with their intervals, one per row; rows hold `name`, `value`, `low`, `high` as shares, open ends as None.

    `zero` draws the line of no effect.
    """
    figure, axes = _figure(6.4, 0.8 + 0.45 * len(rows))
    closed = [100 * row[end] for row in rows for end in ("low", "value", "high") if row[end] is not None]
    span = (max(closed) - min(closed)) or 1.0 if closed else 1.0
    for place, row in enumerate(rows):
        low = 100 * row["low"] if row["low"] is not None else min(closed, default=0.0) - 0.2 * span
        high = 100 * row["high"] if row["high"] is not None else max(closed, default=1.0) + 0.2 * span
        axes.plot([low, high], [place, place], color=ACCENT, lw=2)
        if row["value"] is not None:
            axes.plot([100 * row["value"]], [place], "o", color=ACCENT)
    if zero:
        axes.axvline(0.0, color=MUTED, lw=1, ls="--")
    axes.set_yticks(range(len(rows)), [str(row["name"]).replace("$", r"\$") for row in rows])
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_xlabel(label)
    return _svg(figure, label)


def gain_plot(gains: Mapping[str, Sequence[tuple[float, float, float, float]]]) -> str:
    """Gain against traffic; `gains[policy]` holds (traffic, gain, low, high), the last three as shares."""
    up = "clicks over uniform random sending, % (95% interval)"
    return level_plot(gains, "impressions per experiment", up, "gain of each policy by traffic")


def level_plot(
    lines: Mapping[str, Sequence[tuple[float, float, float, float]]], across: str, up: str, title: str
) -> str:
    """Shares with intervals at growing levels; `lines[name]` holds (level, value, low, high)."""
    figure, axes = _figure(8.0, 4.6)
    colours = [ACCENT, "#d97706", "#059669", "#7c3aed", "#db2777", MUTED]
    levels = sorted({row[0] for rows in lines.values() for row in rows})
    for index, (name, rows) in enumerate(lines.items()):
        # Moved a little sideways, so that intervals do not hide each other.
        aside = 1.0 + 0.012 * (index - len(lines) / 2)
        places, values = [row[0] * aside for row in rows], [100 * row[1] for row in rows]
        ends = [[100 * (row[1] - row[2]) for row in rows], [100 * (row[3] - row[1]) for row in rows]]
        style = {"color": colours[index % len(colours)], "ls": ("-", "--", ":")[index // len(colours) % 3]}
        axes.errorbar(places, values, yerr=ends, marker="o", ms=3, lw=1.5, capsize=2, label=name, **style)
    axes.set_xscale("log")
    axes.set_xticks(levels, [f"{level:,.0f}" for level in levels])
    axes.minorticks_off()
    axes.set_xlabel(across)
    axes.set_ylabel(up)
    axes.legend(frameon=False, bbox_to_anchor=(1.01, 1.0), loc="upper left")
    return _svg(figure, title)


def round_plot(lines: Mapping[str, Sequence[float]]) -> str:
    """CTR per round; `lines[name]` holds one CTR per round, as a share."""
    figure, axes = _figure(8.0, 3.8)
    for (name, values), colour in zip(lines.items(), (MUTED, ACCENT, "#059669", "#d97706"), strict=False):
        places = range(1, len(values) + 1)
        axes.plot(places, [100 * value for value in values], marker="o", ms=3, lw=1.5, color=colour, label=name)
    axes.set_xticks(range(1, max((len(values) for values in lines.values()), default=0) + 1))
    axes.set_xlabel("round")
    axes.set_ylabel("CTR, %")
    axes.legend(frameon=False, bbox_to_anchor=(1.01, 1.0), loc="upper left")
    return _svg(figure, "CTR per round")


def style_plot(shares: Mapping[str, Mapping[str, float]]) -> str:
    """Share of each style in several stages; `shares[stage][style]` in [0, 1]."""
    styles = sorted({style for stage in shares.values() for style in stage})
    figure, axes = _figure(6.4, 0.8 + 0.34 * len(styles))
    height = 0.8 / max(1, len(shares))
    colours = [MUTED, ACCENT, INK, "#d97706"]
    for index, (stage, share) in enumerate(shares.items()):
        places = [place + index * height for place in range(len(styles))]
        values = [100 * share.get(style, 0.0) for style in styles]
        axes.barh(places, values, height=height, label=stage, color=colours[index % len(colours)])
    axes.set_yticks([place + 0.4 - height / 2 for place in range(len(styles))], styles)
    axes.invert_yaxis()
    axes.set_xlabel("share, %")
    axes.legend(frameon=False)
    return _svg(figure, "share of styles by stage")


def reliability_plot(rows: Sequence[Mapping[str, Any]]) -> str:
    """Reliability of p_a; rows hold `predicted`, `observed`, `count` per bin."""
    figure, axes = _figure(4.2, 3.8)
    axes.plot([0, 1], [0, 1], color=MUTED, lw=1, ls="--")
    largest = max((row["count"] for row in rows), default=1)
    sizes = [12 + 140 * row["count"] / largest for row in rows]
    axes.scatter(
        [row["predicted"] for row in rows], [row["observed"] for row in rows], s=sizes, color=ACCENT, alpha=0.7
    )
    axes.set_xlabel("predicted probability that a wins")
    axes.set_ylabel("observed share of wins")
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    return _svg(figure, "reliability of the win probability")


def funnel_plot(steps: Sequence[tuple[str, int]]) -> str:
    """Rows left after each rule."""
    figure, axes = _figure(6.4, 0.6 + 0.36 * len(steps))
    axes.barh(range(len(steps)), [count for _, count in steps], color=ACCENT, height=0.7)
    for place, (_, count) in enumerate(steps):
        axes.text(count, place, f" {count:,}", va="center", color=INK)
    axes.set_yticks(range(len(steps)), [name for name, _ in steps])
    axes.invert_yaxis()
    axes.set_xlabel("rows")
    return _svg(figure, "rows left after each filter")


def loss_plot(points: Sequence[Mapping[str, Any]]) -> str:
    """Training and validation loss by epoch; rows hold `epoch`, `loss`, `validation`. The best validation is marked."""
    figure, axes = _figure(5.2, 3.4)
    epochs = [point["epoch"] for point in points]
    axes.plot(epochs, [point["loss"] for point in points], color=MUTED, marker="o", ms=3, label="training")
    axes.plot(epochs, [point["validation"] for point in points], color=ACCENT, marker="o", ms=3, label="validation")
    best = min(points, key=lambda point: point["validation"])
    axes.axvline(best["epoch"], color=INK, lw=1, ls="--")
    axes.annotate("weights kept", (best["epoch"], best["validation"]), (4, 6), textcoords="offset points", color=INK)
    axes.set_xlabel("epoch")
    axes.set_ylabel("weighted loss per token")
    axes.legend(frameon=False)
    return _svg(figure, "training and validation loss")
