"""Training of the sequence-to-sequence generator with the confidence of each sample as the weight of its loss.

loss = sum_i w_i CE_i / sum_i w_i, CE_i the mean cross-entropy over the tokens of target i alone (PushGen, 2.1.2).
"""

import random
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from pushgen.generation.collapse import CollapseReport, measure, refuse_collapsed
from pushgen.generation.corpus import Row, Rows
from pushgen.generation.seq2seq.config import ModelConfig, Seq2SeqConfig
from pushgen.generation.seq2seq.generator import Seq2SeqGenerator
from pushgen.generation.seq2seq.grounding import Word, words_of
from pushgen.generation.seq2seq.model import PAD, Seq2Seq
from pushgen.generation.seq2seq.tokenizer import Subwords
from pushgen.progress import say
from pushgen.text.facts import facts
from pushgen.training.loop import Epoch, fit

_FACTS = frozenset({"number", "date", "time", "name"})


@dataclass(frozen=True, slots=True)
class Sample:
    """A row in tokens."""

    source: list[int]
    control: int
    target: list[int]
    """Ends in the end token."""
    weight: float


@dataclass(frozen=True, slots=True)
class Trained:
    """A generator and how it came about."""

    generator: Seq2SeqGenerator
    history: Sequence[Epoch]
    collapse: CollapseReport
    rows: int
    too_long: int
    """Training rows left out because their push has more tokens than the model writes."""


def train(rows: Rows, config: Seq2SeqConfig) -> Trained:
    """Trains tokenizer and model.

    Raises `CollapsedModelError` where the model writes nearly the same for every content.
    """
    styles = sorted({row.style for row in rows.train if row.style})
    texts = (text for row in rows.train for text in (row.caption, row.text))
    subwords = Subwords.train(texts, styles, config.model.vocabulary)
    samples, too_long = encode(rows.train, subwords, config.model)
    held, _ = encode(rows.validation, subwords, config.model)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        model = Seq2Seq(config.model, subwords.size)
    size = sum(parameter.numel() for parameter in model.parameters())
    say(f"seq2seq: {size / 1e6:.1f} M parameters, {subwords.size} subwords, {len(samples)} rows to train on")
    history = fit(
        model,
        batches=lambda epoch: batches(samples, config.batch_size, config.seed + epoch),
        loss=lambda places: weighted_loss(model, [samples[place] for place in places]),
        validate=_validation(model, held, config.batch_size),
        config=config.loop,
        description="training the generator",
    )
    known = common_words(rows.train, subwords), single_words(samples, subwords)
    generator = Seq2SeqGenerator(model, subwords, config.model, config.decode, *known)
    report = measure(generator, rows.contents(config.collapse.contents), styles or ["plain"], seed=config.seed)
    refuse_collapsed(report, config.collapse)
    return Trained(generator, history, report, len(samples), too_long)


def encode(rows: Sequence[Row], subwords: Subwords, config: ModelConfig) -> tuple[list[Sample], int]:
    """Rows in tokens and the number of rows left out because their push is too long.

    A row of a style that the tokenizer does not know, or of none, gets the control token of no style.
    """
    captions = list(dict.fromkeys(row.caption for row in rows))
    known = dict(zip(captions, subwords.encode_many(captions), strict=True))
    targets = subwords.encode_many([row.text for row in rows])
    samples: list[Sample] = []
    for row, target in zip(rows, targets, strict=True):
        if len(target) >= config.max_target:
            continue
        control = subwords.control(row.style) or subwords.control(None) or PAD
        source = known[row.caption][: config.max_source]
        samples.append(Sample(source, control, [*target, subwords.end], row.weight))
    return samples, len(rows) - len(samples)


def weighted_loss(model: Seq2Seq, samples: Sequence[Sample]) -> tuple[Tensor, Tensor]:
    """Sum of w_i CE_i and sum of w_i over the samples."""
    source = _padded([sample.source for sample in samples])
    target = _padded([sample.target for sample in samples])
    control = torch.tensor([sample.control for sample in samples])
    weight = torch.tensor([sample.weight for sample in samples])
    return -(weight * model.log_likelihood(source, control, target)).sum(), weight.sum()


def batches(samples: Sequence[Sample], size: int, seed: int) -> list[list[int]]:
    """Every sample once, in batches of near lengths, in an order that the seed decides."""
    rng = random.Random(seed)
    order = list(range(len(samples)))
    rng.shuffle(order)
    found: list[list[int]] = []
    window = 50 * size
    for start in range(0, len(order), window):
        near = sorted(order[start : start + window], key=lambda place: len(samples[place].source))
        found.extend(near[first : first + size] for first in range(0, len(near), size))
    rng.shuffle(found)
    return found


def common_words(rows: Iterable[Row], subwords: Subwords, least: int = 2) -> list[Word]:
    """Words of at least `least` training pushes that are mostly no part of a name or number and hold no digit."""
    opens = [subwords.opens_word(token) for token in range(subwords.size)]
    inside: Counter[Word] = Counter()
    total: Counter[Word] = Counter()
    for text in (row.text for row in rows):
        spans = [(fact.start, fact.end) for fact in facts(text) if fact.kind in _FACTS and fact.certain]
        tokens = subwords.offsets(text)
        place = 0
        for word in words_of([token for token, _, _ in tokens], opens):
            start, end = tokens[place][1], tokens[place + len(word) - 1][2]
            place += len(word)
            total[word] += 1
            inside[word] += any(first < end and start < last for first, last in spans)
    return sorted(
        word
        for word, count in total.items()
        if count >= least
        and 2 * inside[word] <= count
        and not any(sign.isdigit() for token in word for sign in subwords.token(token))
    )


def single_words(samples: Sequence[Sample], subwords: Subwords, share: float = 0.03) -> list[int]:
    """Tokens that are whole words and come twice in less than `share` of the pushes that hold them.

    A text that repeats one of them is stuck. Pieces of words are none: two names may share one.
    """
    held: Counter[int] = Counter()
    twice: Counter[int] = Counter()
    whole: Counter[int] = Counter()
    total: Counter[int] = Counter()
    opens = [subwords.opens_word(token) for token in range(subwords.size)]
    for sample in samples:
        counts = Counter(sample.target)
        held.update(counts.keys())
        twice.update(token for token, count in counts.items() if count > 1)
        total.update(sample.target)
        pairs = zip(sample.target, sample.target[1:], strict=False)
        whole.update(token for token, following in pairs if opens[token] and opens[following])
    return sorted(
        token for token, count in held.items() if whole[token] >= 0.9 * total[token] and twice[token] < share * count
    )


def _validation(model: Seq2Seq, held: Sequence[Sample], size: int) -> Callable[[], float]:
    plan = [list(held[start : start + size]) for start in range(0, len(held), size)]

    def validate() -> float:
        sums = [weighted_loss(model, batch) for batch in plan]
        return float(sum(value for value, _ in sums)) / float(sum(weight for _, weight in sums))

    return validate


def _padded(sequences: Sequence[list[int]]) -> Tensor:
    length = max(len(sequence) for sequence in sequences)
    return torch.tensor([[*sequence, *[PAD] * (length - len(sequence))] for sequence in sequences])
