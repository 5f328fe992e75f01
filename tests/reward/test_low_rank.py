"""Low-rank updates: what trains, what stays, and that merging changes no score."""

import dataclasses
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch

from pushgen.reward import open_reward
from pushgen.reward.backbone import open_backbone
from pushgen.reward.low_rank import add_low_rank, merge_low_rank
from pushgen.reward.settings import BackboneConfig, Kind, RewardConfig
from pushgen.reward.storage import save_reward
from pushgen.reward.train import train

CONFIG = BackboneConfig(name="own", width=32, layers=2, vocabulary=400)
LORA = dataclasses.replace(CONFIG, lora_rank=4, lora_dropout=0.0)
TEXTS = ["the secret harbour", "the weekly committee", "a storm in the garden"]


def test_few_weights_train_and_merging_keeps_what_they_say() -> None:
    backbone, tokenizer, _ = open_backbone(CONFIG, TEXTS, seed=0)
    backbone.eval()
    read = tokenizer(TEXTS, return_tensors="pt", padding=True)
    names = set(backbone.state_dict())

    def states() -> torch.Tensor:
        with torch.inference_mode():
            return backbone(**read).last_hidden_state

    plain = states()
    add_low_rank(backbone, LORA, seed=0)
    assert torch.equal(states(), plain)
    trained = [name for name, parameter in backbone.named_parameters() if parameter.requires_grad]
    assert trained
    assert all("lora_" in name for name in trained)
    with torch.no_grad(), torch.random.fork_rng():
        torch.manual_seed(1)
        for name, parameter in backbone.named_parameters():
            if "lora_B" in name:
                parameter.normal_(0, 0.1)
    updated = states()
    assert (updated - plain).abs().max() > 1e-2
    merge_low_rank(backbone, LORA)
    assert set(backbone.state_dict()) == names
    torch.testing.assert_close(states(), updated, atol=1e-5, rtol=0)


@pytest.mark.parametrize("kind", ["pair", "score"])
def test_a_model_trained_with_them_is_saved_like_any_other(
    kind: Kind, train_pairs: pl.DataFrame, tmp_path: Path
) -> None:
    config = RewardConfig(
        kind=kind, backbone=LORA, epochs=1, learning_rate=1e-2, batch_texts=40, validation=0.2, bf16="no"
    )
    model = train(train_pairs.head(300), config)
    save_reward(model, tmp_path / "model")
    here = model.compare(TEXTS[:2], TEXTS[1:])
    there = open_reward(tmp_path / "model").compare(TEXTS[:2], TEXTS[1:])
    np.testing.assert_allclose(there.mean, here.mean, atol=1e-5)
    assert np.abs(here.mean).max() > 1e-4
