"""Claim: choosing with the reward model is safer than training the generator on it (the paper's reason against RL).

    python benchmarks/claims/training_on_reward.py [--work DIR]      (long)

World: one small generator, supervised on the corpus of the paper's filters, writes one candidate in each style for past
contents of the training part. It is then trained on what the reward model says of them, in two ways, each from the
supervised weights: expert iteration (likelihood of each content's three best) and DPO (Rafailov et al., 2023: the best
against the worst of each content). All three write for new contents, and the reward model chooses. Side by side: the
true CTR of the choice and of the mean candidate, names and numbers that the contents do not have, what the reward model
believes was gained against what was, and what its probes watch: digits and names in a text.
"""

import copy
import itertools
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.claims.generators import BATCH, CONTENTS, PAPER, SEEDS, corpus, generator_of, judge, write
from benchmarks.claims.rows import Finding, Row, publish
from benchmarks.claims.style_conditioning import NOTE
from benchmarks.claims.worlds import Past, each_seed, linear_of, options
from pushgen.generation.corpus import Row as Example
from pushgen.generation.seq2seq.generator import Seq2SeqGenerator
from pushgen.generation.seq2seq.model import PAD
from pushgen.generation.seq2seq.train import Sample, encode, weighted_loss
from pushgen.records import Candidate, Content
from pushgen.splits import is_held_out
from pushgen.text.measures import MEASURES
from pushgen.training.loop import LoopConfig, fit

LEAST = 0.01
SAMPLED = 100
"""Past contents that are written for before training on the reward."""
TUNING = 100
"""Optimiser steps on the reward, by either way."""
BEST = 3
BETA = 0.1
"""Strength of DPO's tie to the supervised generator, on the log-likelihood of whole texts."""
PROBES = ("digits", "names")


def ranked(past: Past, written: Sequence[Candidate]) -> list[list[Candidate]]:
    """Candidates of each content, the one that the reward model likes best first."""
    of: dict[str, list[Candidate]] = {}
    for one in written:
        of.setdefault(one.content_id, []).append(one)
    captions = {content.content_id: content.caption for content in (*past.world.contents, *past.contents)}
    told = linear_of(past).utilities([[one.text for one in some] for some in of.values()], [captions[n] for n in of])
    return [[some[place] for place in np.argsort(-utility)] for some, utility in zip(of.values(), told, strict=True)]


def samples(past: Past, generator: Seq2SeqGenerator, candidates: Sequence[Candidate]) -> list[Sample]:
    """Candidates as training rows of their own generator, each under the style that it was asked for."""
    captions = {content.content_id: content.caption or "" for content in past.world.contents}
    rows = [Example(one.content_id, captions[one.content_id], one.text, one.style, 1.0) for one in candidates]
    return encode(rows, generator.subwords, generator.config)[0]


def twin(generator: Seq2SeqGenerator) -> Seq2SeqGenerator:
    """The same generator with weights of its own."""
    return Seq2SeqGenerator(copy.deepcopy(generator.model), generator.subwords, generator.config, generator.decode,
                            generator.common, generator.once_only)  # fmt: skip


def tune(generator: Seq2SeqGenerator, rows: int, loss: Callable[[list[int]], tuple[Tensor, Tensor]], seed: int) -> None:
    """So many steps on batches of rows; the last weights stay, since nothing but the reward could choose among them."""
    rng, steps = np.random.default_rng(seed), itertools.count()
    plan = [rng.choice(rows, min(BATCH, rows), replace=False).tolist() for _ in range(TUNING)]
    fit(generator.model, batches=lambda _: plan, loss=loss, validate=lambda: -float(next(steps)),
        config=LoopConfig(epochs=1, learning_rate=5e-4, warmup_share=0.1, bf16="no", seed=seed),
        description="training on the reward")  # fmt: skip


def expert(past: Past, start: Seq2SeqGenerator, orders: Sequence[Sequence[Candidate]]) -> Seq2SeqGenerator:
    """Expert iteration: the likelihood of the best candidates of each content."""
    generator = twin(start)
    given = samples(past, generator, [one for order in orders for one in order[:BEST]])
    tune(generator, len(given), lambda rows: weighted_loss(generator.model, [given[row] for row in rows]), 0)
    return generator


def dpo(past: Past, start: Seq2SeqGenerator, orders: Sequence[Sequence[Candidate]]) -> Seq2SeqGenerator:
    """Direct preference optimisation of the best against the worst candidate of each content."""
    generator = twin(start)
    # A pair of which one side is too long for the model is left out whole.
    pairs = [pair for order in orders if len(pair := samples(past, generator, [order[0], order[-1]])) == 2]
    sides = [[pair[end] for pair in pairs] for end in (0, 1)]
    with torch.no_grad():
        before = [_log_likelihood(start, side) for side in sides]

    def loss(rows: list[int]) -> tuple[Tensor, Tensor]:
        gained = [_log_likelihood(generator, [side[row] for row in rows]) - old[rows]
                  for side, old in zip(sides, before, strict=True)]  # fmt: skip
        each = -torch.nn.functional.logsigmoid(BETA * (gained[0] - gained[1]))
        return each.sum(), torch.tensor(float(len(rows)))

    tune(generator, len(sides[0]), loss, 0)
    return generator


def _log_likelihood(generator: Seq2SeqGenerator, given: Sequence[Sample]) -> Tensor:
    """Of whole texts, shape (B,)."""
    length = torch.tensor([float(len(one.target)) for one in given])
    source, target = (_padded([getattr(one, name) for one in given]) for name in ("source", "target"))
    control = torch.tensor([one.control for one in given])
    return generator.model.log_likelihood(source, control, target) * length


def _padded(sequences: Sequence[list[int]]) -> Tensor:
    length = max(len(sequence) for sequence in sequences)
    return torch.tensor([[*sequence, *[PAD] * (length - len(sequence))] for sequence in sequences])


def believed(past: Past, written: Sequence[Candidate]) -> float:
    """Mean utility of the candidates by the reward model: expected log-CTR up to a constant of each content."""
    captions = {content.content_id: content.caption for content in past.contents}
    model = linear_of(past)
    raw = model.raw([one.text for one in written], [captions[one.content_id] for one in written])
    return float(model.residual.slope * raw.mean())


def figures(past: Past, generator: Seq2SeqGenerator, styles: Sequence[str]) -> dict[str, float]:
    """What a generator writes for new contents is worth, what the reward model believes, and the probes' measures."""
    written = write(past, generator, styles)
    texts = [one.text for one in written]
    told = {name: float(np.mean([MEASURES[name](text) for text in texts])) for name in PROBES}
    rates = past.world.truth.ctrs([one.content_id for one in written], texts)
    return judge(past, written) | told | {"believed": believed(past, written), "log rate": float(np.log(rates).mean())}


def past_contents(past: Past) -> list[Content]:
    return [one for one in past.world.contents if not is_held_out(one.content_id)][:SAMPLED]


def measure(past: Past) -> Mapping[str, float]:
    """Figures of the supervised generator and of both that are trained on the reward, and what each gained."""
    rows = corpus(past, PAPER)
    styles, start = sorted(rows["style"].unique()), generator_of(past, "paper", rows)
    orders = ranked(past, write(past, start, styles, contents=past_contents(past)))
    orders = [order for order in orders if len(order) > BEST]
    base = figures(past, start, styles)
    found = {f"{name}, supervised": value for name, value in base.items()}
    for way, train in (("expert iteration", expert), ("DPO", dpo)):
        tuned = figures(past, train(past, start, orders), styles)
        found |= {f"{name}, {way}": value for name, value in tuned.items()}
        found |= {f"{name} lost, {way}": 1 - tuned[name] / base[name] for name in ("choice", "mean")}
        found[f"ungrounded, {way}"] = base["grounded"] - tuned["grounded"]
        gained = tuned["log rate"] - base["log rate"]
        found |= {f"believed gain, {way}": tuned["believed"] - base["believed"], f"true gain, {way}": gained}
        found[f"overstated, {way}"] = tuned["believed"] - base["believed"] - gained
    return found


def main() -> None:
    with options(__doc__, SEEDS) as given:
        found = each_seed("training_on_reward", measure, given.seeds, given.work)
    setting = f"world, {CONTENTS} new contents a seed, over {len(given.seeds)} seeds"
    findings: list[Finding] = []
    for way in ("expert iteration", "DPO"):
        probes = ", ".join(f"{name} {found[f'{name}, supervised'].value:.2f} to {found[f'{name}, {way}'].value:.2f}"
                           for name in PROBES)  # fmt: skip
        findings += [
            Finding(setting=setting, measure=f"true CTR of the choice that {way} loses", least=LEAST,
                    interval=found[f"choice lost, {way}"],
                    baseline=f"supervised, then chosen: CTR {found['choice, supervised'].value:.4f}"),
            Finding(setting=setting, measure=f"ungrounded candidates that {way} adds", unit="points", least=LEAST,
                    interval=found[f"ungrounded, {way}"],
                    baseline=f"supervised: {1 - found['grounded, supervised'].value:.1%} ungrounded"),
            Finding(setting=setting, measure=f"log-CTR gain of {way} that the reward model overstates", unit="",
                    least=LEAST, interval=found[f"overstated, {way}"],
                    baseline=f"{way}: it believes {found[f'believed gain, {way}'].value:+.3f}, true is "
                             f"{found[f'true gain, {way}'].value:+.3f}; per text {probes}"),
        ]  # fmt: skip
    claim = "Choosing with the reward model is safer than training the generator on it"
    publish("training_on_reward", Row(claim=claim, findings=findings, note=NOTE))


if __name__ == "__main__":
    main()
