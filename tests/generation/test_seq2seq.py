"""The offline model: its loss, its copying, its folder."""

import random
import re
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
import torch
from tests.generation import tiny

from pushgen.errors import CollapsedModelError, InputError
from pushgen.generation.corpus import read_rows
from pushgen.generation.seq2seq.config import DecodeConfig, ModelConfig
from pushgen.generation.seq2seq.generator import load_model, save_model
from pushgen.generation.seq2seq.model import Seq2Seq
from pushgen.generation.seq2seq.train import Sample, weighted_loss
from pushgen.generation.training import train_seq2seq
from pushgen.manifest import hash_path
from pushgen.nn.pointer import match
from pushgen.protocols import GenerationRequest
from pushgen.records import Candidate, Content
from pushgen.splits import is_held_out
from pushgen.tables import CORPUS, write_table


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Threads cost such small matrices more than they give, the more so beside other tests."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


TINY = ModelConfig(
    vocabulary=30, width=16, hidden=32, heads=2, encoder_layers=1, decoder_layers=2, dropout=0.0, max_source=12,
    max_target=8,
)  # fmt: skip
SAMPLES = [
    Sample([5, 6, 7, 8], 2, [6, 7, 1], 1.0),
    Sample([9, 10, 11, 12, 13, 14], 3, [12, 20, 21, 22, 1], 0.4),
    Sample([15, 5], 2, [15, 1], 0.7),
]


def model() -> Seq2Seq:
    torch.manual_seed(1)
    return Seq2Seq(TINY, 30).eval()


def test_weighted_loss_is_that_of_the_steps_by_hand() -> None:
    """The loss, from the probabilities of decoding token by token: another way through the model."""
    network = model()
    expected = 0.0
    for sample in SAMPLES:
        state = network.start(torch.tensor([sample.source]), torch.tensor([sample.control]))
        written, before, total = sample.control, -2, 0.0
        for token in sample.target:
            probability = network.step(state, torch.tensor([written]), torch.tensor([before]))[0]
            assert float(probability.sum().detach()) == pytest.approx(1.0, abs=1e-5)
            total -= float(probability[token].detach().log())
            written, before = token, written
        expected += sample.weight * total / len(sample.target)
    value, weight = weighted_loss(network, SAMPLES)
    assert float(weight) == pytest.approx(2.1)
    assert float(value.detach()) == pytest.approx(expected, rel=1e-4)


def test_weight_two_is_the_gradient_of_two_copies() -> None:
    def gradient(samples: list[Sample]) -> torch.Tensor:
        network = model()
        value, weight = weighted_loss(network, samples)
        (value / weight).backward()
        return torch.cat([p.grad.flatten() for p in network.parameters() if p.grad is not None])

    one, other = SAMPLES[0], SAMPLES[1]
    heavy = [Sample(one.source, one.control, one.target, 2.0), Sample(other.source, other.control, other.target, 1.0)]
    light = [Sample(s.source, s.control, s.target, 1.0) for s in (one, one, other)]
    assert torch.allclose(gradient(heavy), gradient(light), atol=1e-6)
    assert not torch.allclose(gradient(heavy), gradient(light[1:]), atol=1e-4)


def test_match_marks_where_copying_goes_on() -> None:
    found = match(torch.tensor([[7, 8, 9, 8, 9]]), torch.tensor([[9]]), torch.tensor([[8]]))
    assert found[0, 0, :, 0].tolist() == [0, 0, 0, 1, 0]
    assert found[0, 0, :, 1].tolist() == [0, 0, 0, 1, 0]
    assert match(torch.tensor([[7, 8, 9]]), torch.tensor([[8]]), torch.tensor([[9]]))[0, 0, :, 1].sum() == 0


@pytest.mark.slow
def test_copies_names_that_training_never_saw() -> None:
    generator = tiny.seq2seq()
    rng = random.Random(77)
    rows = [tiny.row(number, rng) for number in range(60)]
    seen = " ".join(tiny.corpus(900)["text"].to_list())
    requests = [
        GenerationRequest(
            content=Content(content_id=f"new{number}", caption=str(row["caption"])), style=str(row["style"])
        )
        for number, row in enumerate(rows)
    ]
    right = new = 0
    for row, outcome in zip(rows, generator.generate(requests), strict=True):
        assert isinstance(outcome, Candidate)
        names = [word for word in re.findall(r"[A-Z][a-z]+", str(row["text"])) if word in str(row["caption"])]
        unseen = [word for word in names if word not in seen]
        new += len(unseen)
        right += sum(word in outcome.body for word in unseen)
    assert new > 30
    assert right / new > 0.85


def test_folder_gives_the_same_texts(tmp_path: Path) -> None:
    generator = tiny.seq2seq()
    save_model(generator, tmp_path, {}, "card")
    loaded, again = load_model(tmp_path), load_model(tmp_path)
    assert loaded.name == again.name != generator.name
    requests = [
        GenerationRequest(
            content=Content(content_id="a", caption=str(tiny.row(n, random.Random(n))["caption"])), style=s
        )
        for n in range(4)
        for s in tiny.STYLES
    ]
    assert loaded.generate(requests) == again.generate(requests)
    other = load_model(tmp_path, DecodeConfig(temperature=0.0))
    assert other.name != loaded.name
    (tmp_path / "tokenizer.json").write_text("{")
    with pytest.raises(InputError, match="train again"):
        load_model(tmp_path)


def test_style_without_rows_and_endless_text_are_counted() -> None:
    generator = tiny.seq2seq()
    content = Content(content_id="a", caption="Bel opened a bakery there.")
    outcome = generator.generate([GenerationRequest(content=content, style="humour")])[0]
    assert not isinstance(outcome, Candidate)
    assert outcome.reason == "style without training rows"


def test_held_out_contents_are_never_read(tmp_path: Path) -> None:
    rows = read_rows(tiny.corpus(300), 0.2)
    assert not {row.content_id for row in rows.train} & {row.content_id for row in rows.validation}
    write_table(tiny.corpus(300), tmp_path / "corpus.parquet", CORPUS)
    out = tmp_path / "model"
    first = train_seq2seq(tmp_path / "corpus.parquet", out, tiny.small(1, checked=False))
    used = sum(not is_held_out(f"c{number}") for number in range(300))
    assert first.figures["rows"] + first.figures["validation_rows"] == used
    before = hash_path(out)
    assert train_seq2seq(tmp_path / "corpus.parquet", out, tiny.small(1, checked=False)).again
    assert hash_path(out) == before


def test_same_seed_same_model(tmp_path: Path) -> None:
    write_table(tiny.corpus(120), tmp_path / "corpus.parquet", CORPUS)
    folders = [tmp_path / "a", tmp_path / "b"]
    for folder in folders:
        train_seq2seq(tmp_path / "corpus.parquet", folder, tiny.small(1, checked=False))
    assert hash_path(folders[0]) == hash_path(folders[1])


def test_collapsed_model_is_refused_and_not_left_behind(tmp_path: Path) -> None:
    rows = tiny.corpus(300).to_dicts()
    for row in rows:
        row["text"] = "You have to see this to believe it"
    write_table(CORPUS.conform(pl.DataFrame(rows)), tmp_path / "corpus.parquet", CORPUS)
    with pytest.raises(CollapsedModelError, match="--generator template"):
        train_seq2seq(tmp_path / "corpus.parquet", tmp_path / "model", tiny.small(2))
    assert not (tmp_path / "model" / "config.json").exists()


def test_corpus_without_captions_says_what_to_do() -> None:
    rows = [{**row, "caption": None} for row in tiny.corpus(50).to_dicts()]
    with pytest.raises(InputError, match="50 with no caption"):
        read_rows(CORPUS.conform(pl.DataFrame(rows, schema_overrides={"caption": pl.String})), 0.1)
