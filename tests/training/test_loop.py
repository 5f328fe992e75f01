"""The loop on problems whose answer is known."""

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from pushgen.errors import ConfigurationError, PushgenError
from pushgen.training.checkpoint import Checkpoint
from pushgen.training.loop import Epoch, LoopConfig, fit

Row = tuple[Tensor, Tensor, Tensor]


def _data(rows: int = 64) -> Row:
    generator = torch.Generator().manual_seed(1)
    x_ND = torch.randn(rows, 3, generator=generator)
    y_N = x_ND @ torch.tensor([1.0, -2.0, 0.5]) + 0.3
    return x_ND, y_N, torch.rand(rows, generator=generator) + 0.1


def _module() -> nn.Module:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 1))


def _loss(module: nn.Module) -> Callable[[Row], tuple[Tensor, Tensor]]:
    def loss(batch: Row) -> tuple[Tensor, Tensor]:
        x_ND, y_N, weight_N = batch
        return (weight_N * (module(x_ND)[:, 0] - y_N) ** 2).sum(), weight_N.sum()

    return loss


def _split(data: Row, size: int) -> list[Row]:
    return list(zip(*(part.split(size) for part in data), strict=True))


def _train(size: int, config: LoopConfig) -> tuple[nn.Module, list[Epoch]]:
    module, data = _module(), _data()
    loss = _loss(module)

    def validate() -> float:
        total, weight = loss(data)
        return float(total / weight)

    history = fit(
        module, batches=lambda _: _split(data, size), loss=loss, validate=validate, config=config, description="test"
    )
    return module, history


def test_accumulated_micro_batches_follow_the_trajectory_of_the_large_batch() -> None:
    whole, history = _train(32, LoopConfig(epochs=5, learning_rate=1e-2, bf16="no"))
    parts, accumulated = _train(4, LoopConfig(epochs=5, learning_rate=1e-2, bf16="no", accumulate=8))
    for one, two in zip(history, accumulated, strict=True):
        assert one.steps == two.steps
        assert one.loss == pytest.approx(two.loss, abs=1e-5)
        assert one.validation == pytest.approx(two.validation, abs=1e-5)
    for one, two in zip(whole.parameters(), parts.parameters(), strict=True):
        torch.testing.assert_close(one, two, atol=1e-5, rtol=0)
    other, _ = _train(4, LoopConfig(epochs=5, learning_rate=1e-2, bf16="no"))
    assert not torch.allclose(next(other.parameters()), next(parts.parameters()), atol=1e-3)


def test_training_learns_and_repeats_itself() -> None:
    config = LoopConfig(epochs=40, learning_rate=3e-2, bf16="no")
    first, history = _train(16, config)
    second, again = _train(16, config)
    assert history[-1].validation < 0.1 * history[0].validation
    assert [epoch.validation for epoch in history] == [epoch.validation for epoch in again]
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), second.parameters(), strict=True))


def test_the_weights_of_the_best_epoch_come_back() -> None:
    module = nn.Linear(1, 1)
    seen: list[Tensor] = []
    values = iter([3.0, 1.0, 2.0, math.nan, 5.0])

    def validate() -> float:
        assert not module.training
        assert not torch.is_grad_enabled()
        seen.append(module.weight.detach().clone())
        return next(values)

    def loss(batch: Tensor) -> tuple[Tensor, Tensor]:
        assert module.training
        return module(batch).sum(), torch.tensor(float(len(batch)))

    history = fit(
        module,
        batches=lambda _: [torch.ones(4, 1)] * 3,
        loss=loss,
        validate=validate,
        config=LoopConfig(epochs=9, patience=3, bf16="no", learning_rate=0.1),
        description="test",
    )
    assert [epoch.best for epoch in history] == [True, True, False, False, False]
    assert not module.training
    assert torch.equal(module.weight, seen[1])
    assert not torch.equal(module.weight, seen[0])


def test_the_rate_warms_up_and_falls_to_nothing() -> None:
    module = nn.Linear(1, 1, bias=False)
    before = [float(module.weight.detach())]
    moves: list[float] = []

    def loss(batch: Tensor) -> tuple[Tensor, Tensor]:
        moves.append(abs(float(module.weight.detach()) - before[0]))
        before[0] = float(module.weight.detach())
        return module(batch).sum(), torch.tensor(1.0)

    config = LoopConfig(epochs=2, learning_rate=0.1, warmup_share=0.3, weight_decay=0.0, clip_norm=0.0, bf16="no")
    fit(
        module,
        batches=lambda _: [torch.ones(1, 1)] * 10,
        loss=loss,
        validate=lambda: 0.0,
        config=config,
        description="",
    )
    steps = moves[1:]  # under a constant gradient, Adam moves by exactly the rate
    peak = max(range(len(steps)), key=steps.__getitem__)
    assert 4 <= peak <= 6
    assert steps[peak] == pytest.approx(0.1, rel=0.05)
    assert steps == sorted(steps[: peak + 1]) + sorted(steps[peak + 1 :], reverse=True)
    assert steps[-1] < 0.02


def test_a_rate_of_zero_freezes_a_parameter() -> None:
    module = _module()
    frozen = module[0].weight.detach().clone()  # type: ignore[index]
    loss = _loss(module)
    fit(
        module,
        batches=lambda _: _split(_data(), 16),
        loss=loss,
        validate=lambda: 0.0,
        config=LoopConfig(epochs=1, bf16="no"),
        description="test",
        rate_scale=lambda name: 0.0 if name == "0.weight" else 1.0,
    )
    assert torch.equal(module[0].weight, frozen)  # type: ignore[index]


class _KilledError(Exception):
    """Stands for the end of a process."""


@pytest.mark.parametrize("killed_after", [1, 4, 5, 9, 14])
def test_a_killed_training_ends_as_an_unbroken_one(killed_after: int, tmp_path: Path) -> None:
    config = LoopConfig(epochs=3, learning_rate=1e-2, accumulate=2, bf16="no", seed=3)
    path, batches = tmp_path / "state.safetensors", _split(_data(), 6)

    def train(steps: int | None, *, identity: str = "same", state: bool = True) -> tuple[nn.Module, list[Epoch]]:
        with torch.random.fork_rng():
            torch.manual_seed(0)
            module = nn.Sequential(nn.Linear(3, 16), nn.Dropout(0.5), nn.Tanh(), nn.Linear(16, 1))
        plain, calls = _loss(module), 0

        def loss(batch: Row) -> tuple[Tensor, Tensor]:
            nonlocal calls
            calls += 1
            if steps is not None and calls > 2 * steps:
                raise _KilledError
            return plain(batch)

        def validate() -> float:
            total, weight = plain(_data())
            return float(total / weight)

        kept = Checkpoint(path=path, identity=identity, seconds=0.0) if state else None
        history = fit(
            module, batches=lambda epoch: batches[epoch:], loss=loss, validate=validate, config=config,
            description="test", checkpoint=kept,
        )  # fmt: skip
        return module, history

    whole, history = train(None, state=False)
    with pytest.raises(_KilledError):
        train(killed_after)
    resumed, again = train(None)
    assert not path.exists()
    assert [replace(epoch, seconds=0.0) for epoch in again] == [replace(epoch, seconds=0.0) for epoch in history]
    assert all(torch.equal(a, b) for a, b in zip(whole.parameters(), resumed.parameters(), strict=True))


def test_a_state_of_other_work_or_a_broken_one_is_not_taken_up(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    module = _module()
    optimizer = torch.optim.AdamW(module.parameters())
    path = tmp_path / "state.safetensors"
    Checkpoint(path=path, identity="one").write(module, optimizer, {}, {"epoch": 1})
    assert Checkpoint(path=path, identity="one").read(module, optimizer) == ({}, {"epoch": 1})
    assert Checkpoint(path=path, identity="two").read(module, optimizer) is None
    assert "other work" in capsys.readouterr().err
    path.write_bytes(path.read_bytes()[:100])
    assert Checkpoint(path=path, identity="one").read(module, optimizer) is None
    assert "cannot be read" in capsys.readouterr().err


def test_the_time_budget_ends_the_run() -> None:
    _, history = _train(4, LoopConfig(epochs=1000, max_seconds=0.3, bf16="no"))
    assert len(history) < 1000


def test_the_random_state_of_the_caller_is_left_alone() -> None:
    before = torch.get_rng_state()
    _train(32, LoopConfig(epochs=1))
    assert torch.equal(before, torch.get_rng_state())


@pytest.mark.parametrize("bf16", ["auto", "yes"])
def test_reduced_precision_learns_too(bf16: str) -> None:
    _, history = _train(16, LoopConfig(epochs=40, learning_rate=3e-2, bf16=bf16))  # type: ignore[arg-type]
    assert history[-1].validation < 0.2 * history[0].validation


def test_a_loss_that_is_not_a_number_is_an_error() -> None:
    module = nn.Linear(1, 1)
    with pytest.raises(PushgenError, match="Lower the learning rate"):
        fit(
            module,
            batches=lambda _: [torch.ones(1, 1)],
            loss=lambda batch: (module(batch).sum() * math.nan, torch.tensor(1.0)),
            validate=lambda: 0.0,
            config=LoopConfig(),
            description="test",
        )


def test_no_batches_is_an_error() -> None:
    with pytest.raises(PushgenError, match="nothing to train on"):
        fit(
            nn.Linear(1, 1),
            batches=lambda _: list[Tensor](),
            loss=lambda batch: (batch.sum(), batch.sum()),
            validate=lambda: 0.0,
            config=LoopConfig(),
            description="test",
        )


@pytest.mark.parametrize("field", ["epochs", "learning_rate", "accumulate", "max_seconds"])
def test_settings_out_of_range_are_refused(field: str) -> None:
    values: dict[str, Any] = {field: -1}
    with pytest.raises(ConfigurationError, match=field):
        LoopConfig(**values)
