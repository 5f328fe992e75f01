import dataclasses
import math

import numpy as np
import pytest
import torch
from tests.recommend.rerank.planted import IDS, clusters, settings

from pushgen.errors import ConfigurationError
from pushgen.recommend.data.jagged import Jagged
from pushgen.recommend.rerank.batch import Batch, batch_of
from pushgen.recommend.rerank.decoding import decode, refine
from pushgen.recommend.rerank.examples import Examples
from pushgen.recommend.rerank.reranker import NetworkReranker
from pushgen.recommend.rerank.settings import DecodingConfig
from pushgen.recommend.rerank.train import train_reranker
from pushgen.recommend.rerank.unirank import Request, UniRank, masked_loss
from pushgen.recommend.tokenize.semantic_ids import SemanticIds

CPU = torch.device("cpu")


def batch(feedback: list[list[float]], reference: list[list[int]]) -> Batch:
    pools = np.arange(len(feedback[0]))[None].repeat(len(feedback), 0)
    rows = np.arange(len(feedback))
    made = Examples(Jagged.of([[0]] * len(feedback)), pools, np.array(feedback, np.float32), np.array(reference), rows)
    return batch_of(made, rows, 5, CPU)


def test_the_loss_weighs_masked_slots_by_feedback_and_by_one_over_alpha() -> None:
    one = batch([[1, 1, 0]], [[0, 1, 2]])
    z = torch.log(torch.tensor([[[0.5, 0.25, 0.25], [0.2, 0.6, 0.2], [0.1, 0.1, 0.8]]]))
    for masked, want in (
        ([True, True, True], (math.log(1 / 0.5) + math.log(1 / 0.6)) / 3),  # alpha 1; the last has no feedback
        ([False, True, True], math.log(1 / 0.6) / 2),  # alpha 2/3: (1/3) (3/2) CE
        ([True, False, False], math.log(1 / 0.5)),  # alpha 1/3: (1/3) 3 CE
        ([False, False, True], 0.0),
    ):
        mask = torch.tensor([masked])
        total, requests = masked_loss(z, one, mask, mask.sum(1, keepdim=True))
        assert float(total) == pytest.approx(want, rel=1e-6)
        assert int(requests) == 1


def test_what_is_masked_is_hidden_and_what_is_not_is_seen() -> None:
    network = UniRank(IDS, settings("unirank").network).eval()
    request = network.read(batch([[1, 1, 1, 0]], [[0, 1, 2]]))
    empty = network.scores(request, torch.tensor([[-1, -1, -1]]))
    filled = network.scores(request, torch.tensor([[2, -1, -1]]))
    assert not torch.allclose(empty[:, 1], filled[:, 1], atol=1e-4)


def counted(network: UniRank, config: DecodingConfig) -> list[int]:
    """Masked slots at each pass of a decoding."""
    seen: list[int] = []

    class Counting(UniRank):
        def scores(self, request: Request, slate_BL: torch.Tensor) -> torch.Tensor:
            seen.append(int((slate_BL[0] < 0).sum()))
            return super().scores(request, slate_BL)

    network.__class__ = Counting
    decode(network, batch([[1, 1, 1, 0]], [[0, 1, 2]]), config)
    return seen


@pytest.mark.parametrize(("schedule", "passes"), [((1, 1, 1), [3, 2, 1]), ((2, 1), [3, 1]), ((3,), [3]), ((), [3, 1])])
def test_a_schedule_asks_the_network_as_often_as_it_says(schedule: tuple[int, ...], passes: list[int]) -> None:
    network = UniRank(IDS, settings("unirank").network).eval()
    assert counted(network, DecodingConfig(schedule=schedule)) == passes


def test_a_schedule_that_does_not_fill_the_list_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="does not fill lists of 3"):
        UniRank(IDS, settings("unirank").network, DecodingConfig(schedule=(3, 3)))
    with pytest.raises(ConfigurationError, match="at least one slot"):
        DecodingConfig(schedule=(0, 3))


KINDS = 5
PAIRS = np.array([[0, 1], [2, 3], [4, 3]])
"""Kinds of the two items of a list. The commonest first item is of kind 0 and the commonest second of kind 3, which
never go together."""


def torn(count: int, seed: int) -> Examples:
    """Pools of one item of each kind, and the list that was chosen, one of three by chance."""
    rng = np.random.default_rng(seed)
    pool = rng.permuted(np.arange(KINDS)[None].repeat(count, 0), axis=1)
    pair = PAIRS[rng.choice(3, size=count, p=[0.4, 0.3, 0.3])]
    places = (pool[:, None, :] == pair[:, :, None]).argmax(axis=2)
    liked = (pool[:, :, None] == pair[:, None, :]).any(axis=2)
    items = pool * 8 + rng.integers(8, size=pool.shape)
    return Examples(Jagged.of([[0]] * count), items, liked.astype(np.float32), places, np.arange(count))


def coherent(model: NetworkReranker, test: Examples) -> float:
    """Share of lists that somebody could have chosen."""
    kinds = np.take_along_axis(test.pools, model.rerank(test.histories, test.pools, 2), 1) // 8
    return float((kinds[:, None, :] == PAIRS).all(axis=2).any(axis=1).mean())


def test_step_by_step_a_list_agrees_with_itself_and_in_one_step_it_cannot() -> None:
    """Slot by slot the likeliest items make a list that is never right: only who looks at what it chose avoids it."""
    ids = SemanticIds(np.stack([np.arange(40) // 8, np.arange(40) % 8], axis=1), (5, 8))
    config = settings("unirank", epochs=6)
    config = dataclasses.replace(config, patience=0, network=dataclasses.replace(config.network, length=2))
    model = train_reranker(torn(1200, 1), torn(60, 2), ids, config).model
    test = torn(200, 3)
    assert coherent(model.decoded(schedule=(1, 1)), test) > 0.95
    assert coherent(model.decoded(schedule=(1, 1), order="left-to-right"), test) > 0.95
    assert coherent(model.decoded(schedule=(2,)), test) < 0.05
    assert coherent(model.decoded(schedule=(2,), refinements=1), test) > 0.95
    assert coherent(model.decoded(schedule=(2,), refinements=1, criterion="gap"), test) > 0.95


def test_refinement_puts_the_best_in_the_place_of_the_worst() -> None:
    model = train_reranker(clusters(800, 1), clusters(50, 2), IDS, settings("unirank")).model
    test = clusters(100, 3)
    one = batch_of(test, np.arange(len(test)), 6, CPU)
    network = model.network
    assert isinstance(network, UniRank)
    liked = test.feedback.argsort(axis=1)[:, ::-1]
    spoilt = torch.from_numpy(np.column_stack((liked[:, :2], liked[:, -1])).copy())
    for criterion in ("probability", "gap"):
        with torch.inference_mode():
            better = refine(network, one, spoilt, criterion)
        gains = np.take_along_axis(test.feedback, better.numpy(), 1).sum(axis=1)
        assert (gains == 3).mean() > 0.9
        assert all(len(set(row)) == 3 for row in better.tolist())


def test_decoding_concerns_no_weight() -> None:
    config = settings("unirank")
    model = train_reranker(clusters(64, 1), clusters(20, 2), IDS, dataclasses.replace(config, epochs=1)).model
    other = model.decoded(schedule=(3,))
    assert other.config.decoding.schedule == (3,)
    assert other.network is model.network
    with pytest.raises(ConfigurationError, match="does not fill"):
        model.decoded(schedule=(9,))
