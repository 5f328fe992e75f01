"""What every encoder must do, run on each of them."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from pushgen.encoders import CachedEncoder, NgramEncoder
from pushgen.protocols import Encoder

TEXTS = [
    "The ferry leaves at nine and nobody is on the quay.",
    "the ferry leaves at nine, and nobody is on the quay",
    "Seven recipes for a cold evening",
    "七道适合寒冷夜晚的家常菜",
    "",
    "   ",
    "🍜",
    "?",
    "\ud800 a lone surrogate",
    "word " * 4000,
    "x" * 1_000_000,
    "Why does bread rise?",
]


def minilm(_: Path) -> Encoder:
    pytest.importorskip("transformers")
    from pushgen.encoders.transformer import MiniLMEncoder

    return MiniLMEncoder()


def folder(path: Path) -> Encoder:
    """A small model with random weights, saved as a folder and loaded as a user would."""
    torch = pytest.importorskip("torch")
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    from pushgen.encoders.transformer import HubEncoder, TransformerEncoderConf

    characters = "abcdefghijklmnopqrstuvwxyz七道适合"
    vocabulary = {token: place for place, token in enumerate(["[PAD]", "[UNK]", "[CLS]", "[SEP]", *characters])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]"
    ).save_pretrained(path)
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=64,
        initializer_range=0.5,
    )
    BertModel(config).save_pretrained(path)
    return HubEncoder(path, TransformerEncoderConf(batch_tokens=512))


ENCODERS: dict[str, Callable[[Path], Encoder]] = {
    "minilm": minilm,
    "folder": folder,
    "ngrams": lambda _: NgramEncoder(),
    "cached in memory": lambda _: CachedEncoder(NgramEncoder(64)),
    "cached on disk": lambda path: CachedEncoder(NgramEncoder(64), path / "cache"),
}


@pytest.fixture(scope="module", params=ENCODERS)
def encoder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Encoder:
    return ENCODERS[request.param](tmp_path_factory.mktemp("encoder"))


class TestEncoder:
    def test_follows_the_protocol(self, encoder: Encoder) -> None:
        assert isinstance(encoder, Encoder)
        assert encoder.name

    def test_rows_have_unit_length_and_the_stated_shape(self, encoder: Encoder) -> None:
        rows = encoder.encode(TEXTS)
        assert rows.shape == (len(TEXTS), encoder.dimension)
        assert rows.dtype == np.float32
        np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1.0, atol=1e-5)

    def test_no_text_gives_no_row(self, encoder: Encoder) -> None:
        assert encoder.encode([]).shape == (0, encoder.dimension)

    def test_a_row_does_not_depend_on_its_neighbours(self, encoder: Encoder) -> None:
        together = encoder.encode(TEXTS)
        alone = np.concatenate([encoder.encode([text]) for text in TEXTS])
        backwards = encoder.encode(TEXTS[::-1])[::-1]
        np.testing.assert_allclose(together, alone, atol=1e-5)
        np.testing.assert_allclose(together, backwards, atol=1e-5)

    def test_near_copies_are_closer_than_other_texts(self, encoder: Encoder) -> None:
        rows = encoder.encode(TEXTS)
        assert rows[0] @ rows[1] > rows[0] @ rows[2] + 0.02
        assert rows[0] @ rows[1] > rows[0] @ rows[3] + 0.02

    def test_same_texts_give_the_same_bits(self, encoder: Encoder) -> None:
        np.testing.assert_array_equal(encoder.encode(TEXTS[:4]), encoder.encode(TEXTS[:4]))
