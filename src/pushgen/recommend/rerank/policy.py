"""The second stage of GloRank (arXiv 2604.25291): reinforcement against a frozen list-wise evaluator.

The paper says reinforcement learning and third parties group-relative; built here is group-relative policy
optimisation (GRPO, arXiv 2402.03300, equations 3 and 4 and section 4.1.2). For each request G lists are sampled under
the trie, the evaluator scores them, and

    A_g = (R_g - mean R) / (std R + 1e-6),    loss = -(1/G) sum_g A_g log pi(list_g) / L + kl * KL(pi || pi_supervised)

with the estimator of equation 4, e^d - d - 1, d = log pi_supervised - log pi, per item. Every group is used for one
update, right after it was drawn, so that the ratio of new to old policy is 1 and needs no clipping. Dropout is off in
this stage: lists are sampled from the very distribution whose likelihood is differentiated.

Group size, KL weight and rate are not published; `PolicyConfig` states the choice. Validation is the gain on real
feedback, not the evaluator's score, so that a policy that only pleases the evaluator is not kept.

Shapes: B requests, G lists of a group, L slots.
"""

import copy

import torch
from torch import Tensor

from pushgen.recommend.rerank.batch import Batch
from pushgen.recommend.rerank.flash_evaluator import FlashEvaluator
from pushgen.recommend.rerank.glorank import GloRank
from pushgen.recommend.rerank.settings import PolicyConfig


class Policy:
    """The loss of the stage; the network is changed in place by whoever minimises it."""

    def __init__(self, network: GloRank, evaluator: FlashEvaluator, config: PolicyConfig) -> None:
        self._network, self._config = network, config
        self._evaluator = evaluator.eval().requires_grad_(False)
        self._supervised = copy.deepcopy(network).eval().requires_grad_(False)

    def loss(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Sum over requests, and their number."""
        network, group = self._network, self._config.group
        network.eval()
        repeated = batch.repeated(group)
        memory = network.read(batch)
        with torch.no_grad():
            lists_NL = network.sample(repeated, memory.repeated(group))
            reward_BG = self._evaluator(batch, lists_NL.view(len(batch), group, -1))
            given_NL = self._supervised.log_likelihood(repeated, lists_NL, self._supervised.read(batch).repeated(group))
        own_NL = network.log_likelihood(repeated, lists_NL, memory.repeated(group))
        spread_B1 = reward_BG.std(1, keepdim=True, correction=0)
        advantage_BG = (reward_BG - reward_BG.mean(1, keepdim=True)) / (spread_B1 + 1e-6)
        gain_N = advantage_BG.flatten() * own_NL.mean(1)
        apart_NL = given_NL - own_NL
        divergence_N = (apart_NL.exp() - apart_NL - 1.0).mean(1)
        return (self._config.kl * divergence_N - gain_N).sum() / group, torch.tensor(len(batch))
