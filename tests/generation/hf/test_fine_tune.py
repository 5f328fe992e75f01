"""Fine-tuning end to end on a tiny random model: what it learns, what it leaves, where it goes on."""

import json
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import torch
from safetensors.torch import load_file
from tests.generation import tiny

from pushgen.errors import ConfigurationError, MissingExtraError
from pushgen.generation.collapse import CollapseConfig
from pushgen.generation.corpus import Rows, read_rows
from pushgen.generation.hf import HuggingFaceConfig, HuggingFaceGenerator, HuggingFaceTraining
from pushgen.generation.hf.config import LoraConfig
from pushgen.generation.hf.fine_tune import CHECKPOINTS, fine_tune
from pushgen.generation.hf.loading import load_model
from pushgen.generation.prompt import write_prompt
from pushgen.generation.registry import open_generator
from pushgen.generation.training import history_of, train_hf
from pushgen.protocols import GenerationRequest
from pushgen.records import Candidate, Content
from pushgen.styles.taxonomy import load_taxonomy
from pushgen.tables import CORPUS, write_table
from pushgen.training.loop import LoopConfig

LOOSE = CollapseConfig(contents=2, min_distinct=0, min_specificity=-1, max_failed=1)
pytestmark = pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing. is deprecated:FutureWarning")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> str:
    taxonomy = load_taxonomy()
    prompts = [
        write_prompt(
            GenerationRequest(content=Content(content_id="a", caption=row["caption"]), style=style), taxonomy, "en"
        )
        for row in tiny.corpus(60).iter_rows(named=True)
        for style in tiny.STYLES
    ]
    return tiny.save_causal(tmp_path_factory.mktemp("causal"), [prompt.text for prompt in prompts])


def config(folder: str, **changes: Any) -> HuggingFaceTraining:
    loop = LoopConfig(epochs=2, learning_rate=3e-3, bf16="no", **changes.pop("loop", {}))
    return HuggingFaceTraining(base=folder, batch_size=8, evaluations=2, loop=loop, collapse=LOOSE, **changes)


def tuned(rows: Rows, settings: HuggingFaceTraining, out: Path) -> dict[str, torch.Tensor]:
    fine_tune(rows, settings, out, "key")
    return load_file(out / "model.safetensors")


def same(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor], tolerance: float = 1e-5) -> bool:
    return all(torch.allclose(one[name], other[name], atol=tolerance) for name in one)


@pytest.fixture(scope="module")
def rows() -> Rows:
    return read_rows(tiny.corpus(90), 0.2)


@pytest.fixture(scope="module")
def unbroken(folder: str, rows: Rows, tmp_path_factory: pytest.TempPathFactory) -> dict[str, torch.Tensor]:
    return tuned(rows, config(folder), tmp_path_factory.mktemp("unbroken"))


def test_a_planted_style_token_is_recovered(folder: str, tmp_path: Path) -> None:
    """Every style opens with a word of its own; held-out contents must get the word of the style asked for."""
    marks: dict[str, str] = dict(zip(tiny.STYLES, ("Alpha", "Beta", "Gamma"), strict=True))
    frame = tiny.corpus(240)
    texts = [f"{marks[row['style']]} news today" for row in frame.iter_rows(named=True)]
    frame = frame.with_columns(text=pl.Series(texts))
    write_table(frame, tmp_path / "corpus.parquet", CORPUS)
    settings = replace(
        config(folder, pack=640),
        loop=LoopConfig(epochs=6, learning_rate=1e-2, bf16="no"),
        batch_size=2,
        decode=HuggingFaceConfig(temperature=0, max_tokens=6),
    )
    trained = train_hf(tmp_path / "corpus.parquet", tmp_path / "model", settings)
    history = history_of(tmp_path / "model")
    assert history[-1]["validation"] < 0.3 * history[0]["loss"]
    generator = open_generator(str(tmp_path / "model"))
    requests = [
        GenerationRequest(content=Content(content_id=f"new{n}", caption=row["caption"]), style=style)
        for n, row in enumerate(tiny.corpus(40, seed=9).iter_rows(named=True))
        for style in tiny.STYLES
    ]
    outcomes = generator.generate(requests)
    hits = [isinstance(o, Candidate) and o.text.startswith(marks[o.style]) for o in outcomes]
    assert sum(hits) / len(hits) > 0.95
    assert trained.figures["packed_rows"] < trained.figures["rows"] / 2


def test_a_split_batch_takes_the_same_road(
    folder: str, rows: Rows, unbroken: dict[str, torch.Tensor], tmp_path: Path
) -> None:
    parts = replace(config(folder, loop={"accumulate": 4}), batch_size=2)
    assert same(tuned(rows, parts, tmp_path / "parts"), unbroken)
    assert not same(
        tuned(rows, replace(parts, loop=replace(parts.loop, accumulate=1)), tmp_path / "other"), unbroken, 1e-4
    )


def test_gradient_checkpointing_changes_nothing(
    folder: str, rows: Rows, unbroken: dict[str, torch.Tensor], tmp_path: Path
) -> None:
    assert same(tuned(rows, config(folder, gradient_checkpointing=True), tmp_path), unbroken)


def test_training_goes_on_where_it_stopped(
    folder: str, rows: Rows, unbroken: dict[str, torch.Tensor], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stopped after the second checkpoint; a torn third one is not read."""
    from pushgen.generation.hf.trainer import WeightedTrainer

    steps = WeightedTrainer.get_batch_samples

    def stop(self: WeightedTrainer, *arguments: Any) -> Any:
        if self.state.global_step == 13:
            raise KeyboardInterrupt
        return steps(self, *arguments)

    monkeypatch.setattr(WeightedTrainer, "get_batch_samples", stop)
    with pytest.raises(KeyboardInterrupt):
        tuned(rows, config(folder), tmp_path)
    monkeypatch.undo()
    left = sorted(one.name for one in (tmp_path / CHECKPOINTS).glob("checkpoint-*"))
    assert left
    torn = tmp_path / CHECKPOINTS / "checkpoint-13"
    shutil.copytree(tmp_path / CHECKPOINTS / left[-1], torn)
    (torn / "trainer_state.json").write_text('{"epoch": 1.')
    assert same(tuned(rows, config(folder), tmp_path), unbroken, 1e-7)
    assert not (tmp_path / CHECKPOINTS).exists()


def test_training_stops_when_validation_rises(folder: str, tmp_path: Path) -> None:
    """Texts of chance can only be learnt by heart."""
    few = read_rows(tiny.corpus(60), 0.3)
    settings = config(folder)
    hot = replace(settings, loop=replace(settings.loop, epochs=40, learning_rate=1e-2, patience=1), evaluations=1)
    found = fine_tune(few, hot, tmp_path, "key").history
    assert len(found) < 40
    assert min(found, key=lambda point: point.validation) is found[-2]
    assert found[-1].loss < found[0].loss


@pytest.mark.parametrize("merge", [True, False])
def test_adapter_and_merged_model_say_the_same(folder: str, rows: Rows, tmp_path: Path, merge: bool) -> None:
    peft = pytest.importorskip("peft")
    settings = config(folder, lora=True, low_rank=LoraConfig(rank=4, merge=merge))
    fine_tune(rows, settings, tmp_path, "key")
    ids = torch.tensor([[5, 9, 40, 100, 7]])
    base = load_model(folder, dtype=torch.float32).eval()
    plain = base(input_ids=ids).logits.detach()
    adapter = tmp_path / "adapter" if merge else tmp_path
    with_adapter = peft.PeftModel.from_pretrained(base, str(adapter)).eval()(input_ids=ids).logits
    loaded = load_model(str(tmp_path), dtype=torch.float32).eval()(input_ids=ids).logits
    assert torch.allclose(loaded, with_adapter, atol=1e-5)
    assert not torch.allclose(loaded, plain, atol=1e-3)
    assert (tmp_path / "model.safetensors").is_file() == merge
    assert isinstance(open_generator(str(tmp_path)), HuggingFaceGenerator)


def test_a_finished_model_is_kept_and_tells_its_curve(folder: str, tmp_path: Path) -> None:
    write_table(tiny.corpus(100), tmp_path / "corpus.parquet", CORPUS)
    settings = config(folder)
    trained = train_hf(tmp_path / "corpus.parquet", tmp_path / "model", settings)
    points = history_of(tmp_path / "model")
    assert [point["epoch"] for point in points] == pytest.approx([0.5, 1, 1.5, 2], abs=0.2)
    assert trained.figures["validation"] == pytest.approx(min(point["validation"] for point in points), abs=1e-4)
    assert "\n| 2 |" in (tmp_path / "model" / "card.md").read_text()
    assert train_hf(tmp_path / "corpus.parquet", tmp_path / "model", settings).again


def test_what_is_missing_or_contradicts_is_said(folder: str, rows: Rows, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="--base"):
        fine_tune(rows, HuggingFaceTraining(), tmp_path, "key")
    with pytest.raises(ConfigurationError, match="needs lora"):
        HuggingFaceTraining(four_bit=True)
    with pytest.raises(ConfigurationError, match="targets"):
        fine_tune(rows, config(folder, lora=True, low_rank=LoraConfig(targets="no_such_layer")), tmp_path, "key")
    with pytest.raises(ConfigurationError, match="max_target"):
        fine_tune(rows, config(folder, max_target=2), tmp_path, "key")
    if not _has("bitsandbytes"):
        with pytest.raises(MissingExtraError, match="bitsandbytes"):
            fine_tune(rows, config(folder, lora=True, four_bit=True), tmp_path, "key")


def _has(name: str) -> bool:
    from importlib.util import find_spec

    return find_spec(name) is not None


TOML = """
batch_size = 4
evaluations = 2
[loop]
learning_rate = 3e-3
bf16 = "no"
[collapse]
contents = 2
min_distinct = 0.0
min_specificity = -1.0
max_failed = 1.0
"""


def _command(folder: str, work: Path, out: str, *before: str) -> list[str]:
    words = ["train", "generator", str(work / "corpus.parquet"), "--out", str(work / out), "--backend", "hf"]
    return [*before, "-m", "pushgen", *words, "--base", folder, "--epochs", "6", "--config", str(work / "hf.toml")]


@pytest.mark.slow
def test_a_killed_training_ends_with_the_same_weights(folder: str, tmp_path: Path) -> None:
    write_table(tiny.corpus(200), tmp_path / "corpus.parquet", CORPUS)
    (tmp_path / "hf.toml").write_text(TOML)
    process = subprocess.Popen(_command(folder, tmp_path, "killed", sys.executable))
    deadline = time.monotonic() + 120
    while not list((tmp_path / "killed" / CHECKPOINTS).glob("checkpoint-*/trainer_state.json")):
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert not (tmp_path / "killed" / "manifest.json").exists()
    for out in ("killed", "whole"):
        subprocess.run(_command(folder, tmp_path, out, sys.executable), check=True)
    one, other = (load_file(tmp_path / out / "model.safetensors") for out in ("killed", "whole"))
    assert same(one, other, 1e-7)
    assert (tmp_path / "killed" / "curve.svg").read_text() == (tmp_path / "whole" / "curve.svg").read_text()


@pytest.mark.slow
@pytest.mark.xfail(reason="two processes train, and end elsewhere than one: not yet explained", strict=False)
def test_two_processes_take_the_road_of_one(folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each process sees half of every batch; weights are summed over both."""
    write_table(tiny.corpus(100), tmp_path / "corpus.parquet", CORPUS)
    monkeypatch.setenv("ACCELERATE_USE_CPU", "true")
    launch = (sys.executable, "-m", "torch.distributed.run", "--nproc_per_node", "2")
    for out, size, before in (("one", 4, (sys.executable,)), ("two", 2, launch)):
        (tmp_path / "hf.toml").write_text(TOML.replace("batch_size = 4", f"batch_size = {size}"))
        subprocess.run(_command(folder, tmp_path, out, *before), check=True)
    one, two = (load_file(tmp_path / out / "model.safetensors") for out in ("one", "two"))
    assert same(one, two, 1e-4)
    figures = [
        json.loads((tmp_path / out / "training.json").read_text())["figures"]["validation"] for out in ("one", "two")
    ]
    assert figures[0] == pytest.approx(figures[1], abs=1e-3)
