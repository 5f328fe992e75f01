"""The weighted loss: by hand, by gradients, packed and unpacked."""

import random
from typing import Any

import pytest
import torch
from tests.generation import tiny

from pushgen.errors import ConfigurationError
from pushgen.generation.hf.examples import Collator, Example, pack, refuse_leaks
from pushgen.generation.hf.loading import load_causal
from pushgen.generation.hf.loss import can_slice, weighted_losses

EXAMPLES = [Example([5, 6, 7, 8], [9, 10, 1], 1.0), Example([11, 12], [13, 14, 15, 16, 1], 0.4)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> str:
    return tiny.save_causal(tmp_path_factory.mktemp("causal"))


def some(count: int, seed: int = 0) -> list[Example]:
    rng = random.Random(seed)

    def tokens(most: int) -> list[int]:
        return [rng.randrange(3, 250) for _ in range(rng.randrange(1, most))]

    return [Example(tokens(12), [*tokens(8), 1], rng.uniform(0.3, 1.0)) for _ in range(count)]


def loss_of(model: Any, rows: list[list[Example]], *, packed: bool = False, sliced: bool = True) -> torch.Tensor:
    batch = Collator(0, packed=packed)(rows)
    return weighted_losses(model, batch, sliced=sliced).sum() / batch["weight"].sum()


def value(model: Any, rows: list[list[Example]], *, packed: bool = False) -> float:
    with torch.no_grad():
        return float(loss_of(model, rows, packed=packed))


def gradient(folder: str, rows: list[list[Example]], **how: bool) -> torch.Tensor:
    model, _ = load_causal(folder)
    loss_of(model, rows, **how).backward()
    return torch.cat([p.grad.flatten() for p in model.parameters() if p.grad is not None])


def test_by_hand(folder: str) -> None:
    """One row at a time, without padding or mask, from the model's own logits."""
    model, _ = load_causal(folder)
    expected = 0.0
    for one in EXAMPLES:
        logits = model(input_ids=torch.tensor([[*one.prompt, *one.target]])).logits[0].detach()
        total = 0.0
        for place, token in enumerate(one.target):
            row = logits[len(one.prompt) + place - 1]
            total -= float(row[token] - row.logsumexp(0))
        expected += one.weight * total / len(one.target)
    assert value(model, [[one] for one in EXAMPLES]) == pytest.approx(expected / 1.4, rel=1e-5)


def test_uniform_logits_give_the_logarithm_of_the_vocabulary(folder: str) -> None:
    model, _ = load_causal(folder)
    with torch.no_grad():
        model.lm_head.weight.zero_()
    size = model.config.vocab_size
    assert value(model, [EXAMPLES]) == pytest.approx(float(torch.log(torch.tensor(float(size)))), rel=1e-6)


def test_weight_two_is_the_gradient_of_two_copies(folder: str) -> None:
    one, other = EXAMPLES
    heavy = [[Example(one.prompt, one.target, 2.0)], [Example(other.prompt, other.target, 1.0)]]
    light = [[Example(e.prompt, e.target, 1.0)] for e in (one, one, other)]
    assert torch.allclose(gradient(folder, heavy), gradient(folder, light), atol=1e-6)
    assert not torch.allclose(gradient(folder, heavy), gradient(folder, light[1:]), atol=1e-4)


def test_the_target_counts_by_its_own_length(folder: str) -> None:
    """A mean over all tokens of the batch would weigh the long push more."""
    model, _ = load_causal(folder)
    each = [value(model, [[one]]) for one in EXAMPLES]
    assert value(model, [[one] for one in EXAMPLES]) == pytest.approx((each[0] + 0.4 * each[1]) / 1.4)


def test_the_prompt_gives_no_loss_but_is_read(folder: str) -> None:
    model, _ = load_causal(folder)
    batch = Collator(0, packed=False)([[EXAMPLES[0]]])
    assert batch["share"].tolist() == [[0, 0, 0, 0, pytest.approx(1 / 3), pytest.approx(1 / 3), pytest.approx(1 / 3)]]
    other = Example([50, 60, 70, 80], EXAMPLES[0].target, 1.0)
    assert value(model, [[other]]) != pytest.approx(value(model, [[EXAMPLES[0]]]), abs=1e-4)


def test_logits_at_some_places_are_the_same_loss(folder: str) -> None:
    rows = [[one] for one in some(6)]
    assert can_slice(load_causal(folder)[0])
    assert torch.allclose(gradient(folder, rows, sliced=True), gradient(folder, rows, sliced=False), atol=1e-6)


@pytest.mark.parametrize("attention", ["sdpa", "eager"])
def test_packed_pushes_are_blind_to_each_other(folder: str, attention: str) -> None:
    """Logits, loss and gradient of packed rows are those of rows with one push each."""
    model, _ = load_causal(folder)
    model.set_attn_implementation(attention)
    found = some(9)
    row = Collator(0, packed=True)([found])
    together = model(input_ids=row["input_ids"], position_ids=row["position_ids"], use_cache=False).logits[0]
    start = 0
    for one in found:
        alone = model(input_ids=torch.tensor([[*one.prompt, *one.target]]), use_cache=False).logits[0]
        assert torch.allclose(together[start : start + one.length], alone, atol=1e-5)
        start += one.length
    naive = model(input_ids=row["input_ids"], use_cache=False).logits[0]
    assert not torch.allclose(naive, together, atol=1e-3)  # without restarting positions they would see each other
    rows, packs = [[one] for one in found], pack(found, 40, 0)
    assert len(packs) < len(found)
    assert value(model, packs, packed=True) == pytest.approx(value(model, rows), rel=1e-5)
    assert torch.allclose(gradient(folder, packs, packed=True), gradient(folder, rows), atol=1e-5)


def test_packing_keeps_every_example_whole_and_fills_rows() -> None:
    found = some(400, seed=3)
    rows = pack(found, 64, 0)
    assert sorted(map(id, (one for row in rows for one in row))) == sorted(map(id, found))
    lengths = [sum(one.length for one in row) for row in rows]
    assert max(lengths) <= 64
    assert sum(lengths) / (64 * len(rows)) > 0.9
    long = Example([7] * 90, [1], 1.0)
    assert [long] in pack([*found, long], 64, 0)
    assert pack(found, 0, 0) == [[one] for one in found]


def test_a_model_that_lets_packed_pushes_see_each_other_is_refused() -> None:
    from transformers import MambaConfig, MambaForCausalLM

    torch.manual_seed(0)
    config = MambaConfig(vocab_size=260, hidden_size=16, state_size=4, num_hidden_layers=1)
    model = MambaForCausalLM(config)

    class Placed(torch.nn.Module):
        """Takes positions and lets its state run on."""

        def __init__(self) -> None:
            super().__init__()
            self.inner = model

        def forward(self, input_ids: torch.Tensor, use_cache: bool, position_ids: Any = None) -> Any:
            del position_ids
            return self.inner(input_ids=input_ids, use_cache=use_cache)

    with pytest.raises(ConfigurationError, match="set pack = 0"):
        refuse_leaks(Placed(), pack(some(4), 64, 0), 0)
