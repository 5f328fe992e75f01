"""From examples to a trained reranker, all kinds through the one training loop.

Most kinds have one stage. `glorank` trains an evaluator on lists around what its supervised model writes and then its
policy against it; `generator-evaluator` trains its generator first and then the evaluator on its lists.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from pushgen.errors import InputError
from pushgen.manifest import fingerprint
from pushgen.recommend.data.jagged import Ids
from pushgen.recommend.rerank.batch import Batch, batch_of
from pushgen.recommend.rerank.examples import Examples
from pushgen.recommend.rerank.flash_evaluator import FlashEvaluator
from pushgen.recommend.rerank.generator_evaluator import GeneratorEvaluator
from pushgen.recommend.rerank.glorank import GloRank
from pushgen.recommend.rerank.kinds import build, ids_for
from pushgen.recommend.rerank.list_samples import around_feedback, list_reward
from pushgen.recommend.rerank.network import RerankNetwork
from pushgen.recommend.rerank.policy import Policy
from pushgen.recommend.rerank.reranker import NetworkReranker
from pushgen.recommend.rerank.settings import RerankConfig
from pushgen.recommend.tokenize.semantic_ids import SemanticIds
from pushgen.settings import as_dict
from pushgen.training.checkpoint import Checkpoint
from pushgen.training.loop import Epoch, LoopConfig, fit
from pushgen.training.precision import best_device, device_of

Choose = Callable[[Batch], Tensor]
"""A list of places for each request, shape (B, L)."""
Propose = Callable[[Batch, int], Tensor]
"""Lists of places for a batch, shape (B, K, L), given how many."""


@dataclass(frozen=True, slots=True)
class TrainedReranker:
    """A model and how it came about."""

    model: NetworkReranker
    history: dict[str, list[Epoch]]
    """The epochs of each stage, by its name."""


def train_reranker(
    examples: Examples,
    validation: Examples,
    ids: SemanticIds,
    config: RerankConfig,
    *,
    scratch: Path | None = None,
) -> TrainedReranker:
    """Trains a reranker; `validation` decides when to stop and is never learnt from.

    Requests without any liked item in their pool teach nothing and are left out, counted in the model's figures. A
    training that is killed goes on from its state in the folder `scratch`. Raises `InputError` without examples.
    """
    kept, held = _with_feedback(examples, "examples"), _with_feedback(validation, "validation")
    ids = ids_for(config.kind, ids)
    network = build(ids, config).to(best_device())
    stages = _Stages(kept, held, config, ids, scratch)
    if isinstance(network, GeneratorEvaluator):
        generator = network
        stages.supervised(network, generator.greedy)
        stages.evaluator(network.evaluator, lambda batch, count: generator.propose(batch, count, seed=1))
    else:
        stages.supervised(network, network.choose)
    if isinstance(network, GloRank) and config.policy.epochs:
        stages.policy(network)
    figures = {
        "requests": len(kept),
        "requests_without_feedback": len(examples) - len(kept),
        "requests_validated": len(held),
        "parameters": sum(parameter.numel() for parameter in network.parameters()),
        "seconds": {stage: epochs[-1].seconds for stage, epochs in stages.history.items()},
        "epochs": {stage: len(epochs) for stage, epochs in stages.history.items()},
        "validation": {stage: min(epoch.validation for epoch in epochs) for stage, epochs in stages.history.items()},
    }
    return TrainedReranker(NetworkReranker(network, ids, config, figures=figures), stages.history)


class _Stages:
    """The trainings that one model may take."""

    def __init__(
        self, examples: Examples, held: Examples, config: RerankConfig, ids: SemanticIds, scratch: Path | None
    ) -> None:
        self._examples, self._held, self._config, self._ids, self._scratch = examples, held, config, ids, scratch
        self.history: dict[str, list[Epoch]] = {}

    def supervised(self, network: RerankNetwork, choose: Choose) -> None:
        """Learns from feedback and reference lists; validated by what `choose` writes."""
        rate = self._config.learning_rate
        self._fit("supervised", network, network.loss, lambda: -self._gain(choose, device_of(network)), rate)

    def evaluator(self, evaluator: FlashEvaluator, propose: Propose) -> None:
        """Learns to tell good lists from bad: half of them around the feedback, half from a generator."""
        device, length = device_of(evaluator), self._config.network.length
        count = self._config.evaluator.lists

        def lists_of(batch: Batch) -> Tensor:
            with torch.no_grad():
                made = propose(batch, count - count // 2)
            return torch.cat((around_feedback(batch, count // 2, length), made), 1)

        with torch.random.fork_rng(devices=[]), torch.no_grad():
            torch.manual_seed(self._config.seed)
            held = [(batch, lists_of(batch)) for batch in self._batches(self._held, device)]

        def loss(batch: Batch) -> tuple[Tensor, Tensor]:
            lists = lists_of(batch)
            return evaluator_loss(evaluator(batch, lists), list_reward(batch, lists))

        def validate() -> float:
            sums = [evaluator_loss(evaluator(batch, lists), list_reward(batch, lists)) for batch, lists in held]
            return float(sum(total for total, _ in sums) / sum(weight for _, weight in sums))

        config = self._config.evaluator
        self._fit("evaluator", evaluator, loss, validate, config.learning_rate, epochs=config.epochs)

    def policy(self, network: GloRank) -> None:
        """GloRank's second stage, against an evaluator that learnt from lists of the supervised model."""
        config = self._config
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(config.seed + 1)
            evaluator = FlashEvaluator(self._ids, config.network, config.evaluator).to(device_of(network))

        def propose(batch: Batch, count: int) -> Tensor:
            network.eval()
            repeated = batch.repeated(count)
            return network.sample(repeated, network.read(batch).repeated(count)).view(len(batch), count, -1)

        self.evaluator(evaluator, propose)
        policy = Policy(network, evaluator, config.policy)
        self._fit(
            "policy",
            network,
            policy.loss,
            lambda: -self._gain(network.choose, device_of(network)),
            config.policy.learning_rate,
            epochs=config.policy.epochs,
            requests=config.policy.requests,
        )

    def _fit(
        self,
        stage: str,
        module: nn.Module,
        loss: Callable[[Batch], tuple[Tensor, Tensor]],
        validate: Callable[[], float],
        rate: float,
        *,
        epochs: int | None = None,
        requests: int | None = None,
    ) -> None:
        config, device = self._config, device_of(module)

        def batches(epoch: int) -> Iterator[Ids]:
            order = np.random.default_rng([config.seed, epoch]).permutation(len(self._examples))[:requests]
            return (order[start : start + config.batch] for start in range(0, len(order), config.batch))

        checkpoint = None
        if self._scratch:
            examples = [self._examples, self._held]
            identity = fingerprint([stage, as_dict(config), [_identity(one) for one in examples]])
            checkpoint = Checkpoint(path=self._scratch / f"training-{stage}.safetensors", identity=identity)
        self.history[stage] = fit(
            module,
            batches=batches,
            loss=lambda rows: loss(batch_of(self._examples, rows, config.network.history, device)),
            validate=validate,
            config=LoopConfig(
                epochs=epochs or config.epochs,
                learning_rate=rate,
                weight_decay=config.weight_decay,
                seed=config.seed,
                patience=config.patience,
                max_seconds=config.max_seconds,
            ),
            description=f"Training {config.kind}, {stage}",
            checkpoint=checkpoint,
        )

    def _batches(self, examples: Examples, device: torch.device) -> Iterator[Batch]:
        rows = np.arange(len(examples))
        return (batch_of(examples, rows[at : at + 256], self._config.network.history, device) for at in rows[::256])

    def _gain(self, choose: Choose, device: torch.device) -> float:
        """Mean discounted gain of the lists of the validation requests."""
        found = [list_reward(batch, choose(batch)[:, None])[:, 0] for batch in self._batches(self._held, device)]
        return float(torch.cat(found).mean())


def evaluator_loss(score_BK: Tensor, reward_BK: Tensor) -> tuple[Tensor, Tensor]:
    """List-wise cross-entropy: softmax of the scores against the rewards divided by their sum.

    The score of a list is then the log of its expected reward, up to a constant of the request. Requests whose lists
    all earn nothing are left out.
    """
    total_B1 = reward_BK.sum(1, keepdim=True)
    target_BK = reward_BK / total_B1.clamp(min=1e-9)
    return -(target_BK * score_BK.log_softmax(1)).sum(), (total_B1 > 0).sum()


def _with_feedback(examples: Examples, name: str) -> Examples:
    rows = np.flatnonzero((examples.feedback > 0).any(axis=1))
    if not len(rows):
        raise InputError(
            field=name,
            expected="at least one request whose pool holds an item that the user liked",
            found=f"{len(examples)} requests, none of them with one",
            remedy="Make pools with inserted items, use a larger pool, or a better retriever.",
        )
    return examples.take(rows)


def _identity(examples: Examples) -> list[str]:
    arrays = (examples.histories.values, examples.histories.offsets, examples.pools, examples.feedback)
    return [fingerprint(array.tobytes().hex()) for array in (*arrays, examples.references)]
