from itertools import permutations

import numpy as np
import pytest
import torch
from tests.recommend.rerank.planted import IDS, LENGTH, clusters, precision, settings

from pushgen.recommend.rerank.batch import batch_of
from pushgen.recommend.rerank.flash_evaluator import FlashEvaluator
from pushgen.recommend.rerank.glorank import GloRank
from pushgen.recommend.rerank.list_samples import list_reward
from pushgen.recommend.rerank.policy import Policy
from pushgen.recommend.rerank.settings import EvaluatorConfig, PolicyConfig
from pushgen.recommend.rerank.train import train_reranker
from pushgen.training.loop import LoopConfig, fit

CPU = torch.device("cpu")


def glorank() -> GloRank:
    torch.manual_seed(0)
    return GloRank(IDS, settings("glorank").network).eval()


def test_the_probabilities_of_all_lists_of_a_pool_add_up_to_one() -> None:
    network = glorank()
    one = batch_of(clusters(1, 0), np.array([0]), 6, CPU)
    one = one.where(free_BP=one.free_BP & (torch.arange(10) < 5))
    lists = torch.tensor(list(permutations(range(5), LENGTH)))
    repeated = one.repeated(len(lists))
    with torch.inference_mode():
        p = network.log_likelihood(repeated, lists, network.read(repeated)).sum(1).exp()
    assert float(p.sum()) == pytest.approx(1.0, abs=1e-5)


def test_step_by_step_and_in_one_go_the_likelihood_is_the_same() -> None:
    """The best list by the trie walk is the best at its first item by the likelihood of all lists."""
    network = glorank()
    some = batch_of(clusters(8, 0), np.arange(8), 6, CPU)
    seen: list[torch.Tensor] = []

    def pick(p_BV: torch.Tensor) -> torch.Tensor:
        best = p_BV.max(-1)
        seen.append(best.values)
        return best.indices

    with torch.inference_mode():
        memory = network.read(some)
        lists = network.write(some, memory, pick)
        along = network.log_likelihood(some, lists, memory)
    assert torch.stack(seen, 1).view(8, LENGTH, 2).sum(-1) == pytest.approx(along, abs=1e-5)


def test_samples_come_as_often_as_their_likelihood_says() -> None:
    network = glorank()
    one = batch_of(clusters(1, 0), np.array([0]), 6, CPU)
    one = one.where(free_BP=one.free_BP & (torch.arange(10) < 3))
    many = one.repeated(4000)
    torch.manual_seed(1)
    with torch.inference_mode():
        first = network.sample(many, network.read(many))[:, 0]
        lists = torch.tensor(list(permutations(range(3))))
        p = network.log_likelihood(one.repeated(6), lists, network.read(one).repeated(6)).sum(1).exp()
    for place in range(3):
        want = float(p[lists[:, 0] == place].sum())
        assert float((first == place).float().mean()) == pytest.approx(want, abs=0.03)


def test_the_policy_learns_what_its_evaluator_wants() -> None:
    """From an untrained model, with an evaluator that knows the truth."""
    network, config = glorank(), settings("glorank").network
    examples = clusters(256, 1)

    class Truth(FlashEvaluator):
        def forward(self, batch, lists_BKL):
            return list_reward(batch, lists_BKL)

    policy = Policy(network, Truth(IDS, config, EvaluatorConfig()), PolicyConfig(group=6, kl=0.0))
    some = batch_of(examples, np.arange(len(examples)), 6, CPU)
    with torch.no_grad():
        before = float(list_reward(some, network.choose(some)[:, None]).mean())
    fit(
        network,
        batches=lambda epoch: np.random.default_rng(epoch).permutation(256).reshape(8, 32),
        loss=lambda rows: policy.loss(batch_of(examples, rows, 6, CPU)),
        validate=lambda: -float(list_reward(some, network.choose(some)[:, None]).mean()),
        config=LoopConfig(epochs=5, learning_rate=5e-3),
        description="policy",
    )
    with torch.no_grad():
        after = float(list_reward(some, network.choose(some)[:, None]).mean())
    assert after > before + 0.2


def test_a_strong_leash_keeps_the_policy_near_the_supervised_model() -> None:
    network = glorank()
    policy = Policy(network, FlashEvaluator(IDS, network.config, EvaluatorConfig()), PolicyConfig(group=4, kl=1.0))
    some = batch_of(clusters(16, 0), np.arange(16), 6, CPU)
    torch.manual_seed(0)
    total, requests = policy.loss(some)
    assert int(requests) == 16
    # At the start both models are one: the divergence is 0 and the advantages of a group add up to 0 in value.
    total.backward()
    assert any(parameter.grad is not None and parameter.grad.abs().sum() > 0 for parameter in network.parameters())


def test_an_index_head_reads_the_answer_off_unshuffled_pools_and_nothing_else() -> None:
    """The leak: right items first. It is why pools are shuffled."""

    def leaking(count: int, seed: int):
        some = clusters(count, seed)
        return some.reordered(np.argsort(-some.feedback, axis=1, kind="stable"))

    model = train_reranker(leaking(400, 1), leaking(40, 2), IDS, settings("index")).model
    found = {"leaking": leaking(100, 3), "shuffled": clusters(100, 3)}
    scores = {name: precision(one, model.rerank(one.histories, one.pools, LENGTH)) for name, one in found.items()}
    assert scores["leaking"] > 0.95
    assert scores["shuffled"] == pytest.approx(0.3, abs=0.1)
