import numpy as np
import pytest
import torch
from tests.recommend.rerank.planted import IDS, LENGTH, POOL, clusters, settings

from pushgen.recommend.rerank.batch import Batch, batch_of
from pushgen.recommend.rerank.flash_evaluator import FlashEvaluator
from pushgen.recommend.rerank.generator_evaluator import GeneratorEvaluator
from pushgen.recommend.rerank.list_samples import around_feedback, from_scores, gumbel, list_reward
from pushgen.recommend.rerank.settings import EvaluatorConfig
from pushgen.recommend.rerank.train import evaluator_loss, train_reranker

CPU = torch.device("cpu")


def requests(count: int = 6) -> Batch:
    return batch_of(clusters(count, 0), np.arange(count), 6, CPU)


def evaluator(cross_layers: int) -> FlashEvaluator:
    torch.manual_seed(0)
    made = FlashEvaluator(IDS, settings("prm").network, EvaluatorConfig(cross_layers=cross_layers))
    for name, parameter in made.named_parameters():
        if parameter.abs().sum() == 0:  # residual branches that begin at zero would hide what they do
            torch.nn.init.normal_(parameter, std=0.2)
            del name
    return made.eval()


def lists(count: int = 7) -> torch.Tensor:
    torch.manual_seed(1)
    return around_feedback(requests(), count, LENGTH)


def test_one_pass_gives_the_scores_of_the_network_run_list_by_list() -> None:
    network = evaluator(0)
    with torch.inference_mode():
        together, apart = network(requests(), lists()), network.one_by_one(requests(), lists())
    assert (together - apart).abs().max() < 1e-5
    assert together.std(1).min() > 1e-3


def test_with_the_cross_list_stage_the_score_of_a_list_depends_on_its_rivals() -> None:
    network = evaluator(1)
    with torch.inference_mode():
        assert (network(requests(), lists()) - network.one_by_one(requests(), lists())).abs().max() > 1e-3


@pytest.mark.parametrize("cross_layers", [0, 1])
def test_the_order_of_lists_and_of_the_pool_changes_nothing_and_that_within_a_list_does(cross_layers: int) -> None:
    network, made = evaluator(cross_layers), lists()
    turn = torch.tensor([3, 1, 0, 2, 6, 5, 4])
    order = np.stack([np.random.default_rng(row).permutation(POOL) for row in range(6)])
    moved = batch_of(clusters(6, 0).reordered(order), np.arange(6), 6, CPU)
    back = torch.from_numpy(np.argsort(order, axis=1))
    with torch.inference_mode():
        score = network(requests(), made)
        assert torch.allclose(network(requests(), made[:, turn]), score[:, turn], atol=1e-5)
        there = torch.stack([back.gather(1, one) for one in made.unbind(1)], 1)
        assert torch.allclose(network(moved, there), score, atol=1e-5)
        assert not torch.allclose(network(requests(), made.flip(2)), score, atol=1e-3)


def test_lists_may_be_short() -> None:
    network, made = evaluator(0), lists()
    made[:, :, 2] = -1
    with torch.inference_mode():
        assert torch.allclose(network(requests(), made), network(requests(), made[:, :, :2]), atol=1e-5)


def test_the_reward_is_the_discounted_gain_over_the_best() -> None:
    one = requests(1)
    liked = one.feedback_BP[0].nonzero()[:, 0].tolist()
    other = (one.feedback_BP[0] == 0).nonzero()[:, 0].tolist()
    made = torch.tensor([[liked[:3], [other[0], liked[0], other[1]], other[:3]]])
    best = 1 + 1 / np.log2(3) + 0.5
    assert list_reward(one, made)[0].tolist() == pytest.approx([1.0, 1 / np.log2(3) / best, 0.0])


def test_the_best_scores_are_the_logs_of_the_rewards() -> None:
    reward = torch.tensor([[0.6, 0.3, 0.1], [0.0, 0.0, 0.0]])
    right, requests_counted = evaluator_loss(reward.clamp(min=1e-9).log(), reward)
    wrong, _ = evaluator_loss(torch.zeros(2, 3), reward)
    entropy = -(reward[0] * reward[0].log()).sum()
    assert float(right) == pytest.approx(float(entropy), abs=1e-6)
    assert float(wrong) == pytest.approx(np.log(3), abs=1e-6)
    assert int(requests_counted) == 1


def test_noise_belongs_to_the_item_not_to_its_place() -> None:
    numbers = torch.tensor([[3, 8, 5]])
    noise, turned = gumbel(numbers, 4, seed=1), gumbel(numbers.flip(1), 4, seed=1)
    assert torch.equal(noise, turned.flip(2))
    assert not torch.equal(noise, gumbel(numbers, 4, seed=2))
    many = gumbel(torch.arange(20_000)[None], 2, seed=0)
    assert float(many.mean()) == pytest.approx(0.5772, abs=0.02)
    assert float(many.var()) == pytest.approx(np.pi**2 / 6, abs=0.06)
    assert abs(float(np.corrcoef(many[0].numpy())[0, 1])) < 0.03


def test_a_generator_draws_its_first_item_by_the_softmax_of_its_scores() -> None:
    """Over many items with the same three scores, as noise hangs on the item."""
    score = torch.log(torch.tensor([0.6, 0.3, 0.1])).repeat(3000, 1)
    some = requests(1).repeated(3000)
    some = some.where(pool_BP=torch.arange(9000).view(3000, 3), free_BP=torch.ones(3000, 3, dtype=torch.bool))
    drawn = from_scores(some, score, 2, 2)
    assert (drawn[:, 0] == torch.tensor([0, 1])).all(), "the first list is the greedy one"
    share = torch.bincount(drawn[:, 1, 0], minlength=3) / 3000
    assert share.tolist() == pytest.approx([0.6, 0.3, 0.1], abs=0.03)


def test_among_the_lists_of_a_poor_generator_the_evaluator_finds_better_ones() -> None:
    config = settings("generator-evaluator", epochs=5)
    model = train_reranker(clusters(800, 1), clusters(60, 2), IDS, config).model
    network = model.network
    assert isinstance(network, GeneratorEvaluator)
    test = batch_of(clusters(200, 3), np.arange(200), 6, CPU)
    with torch.inference_mode():
        made = from_scores(test, torch.zeros_like(test.pool_BP), 20, LENGTH)
        reward = list_reward(test, made)
        chosen = reward.gather(1, network.evaluator(test, made).argmax(1, keepdim=True))
    assert float(chosen.mean()) > float(reward.mean()) + 0.7 * float((reward.amax(1) - reward.mean(1)).mean())
