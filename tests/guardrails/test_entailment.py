"""The entailment rule on a random model of seconds, built here and read from disk."""

from pathlib import Path

import pytest

from pushgen.errors import InputError
from pushgen.guardrails import GuardrailConfig, default_rules
from pushgen.guardrails.entailment import EntailmentModel, EntailmentRule
from pushgen.records import Candidate, Content

LABELS = {0: "CONTRADICTION", 1: "NEUTRAL", 2: "ENTAILMENT"}


def save_model(folder: Path, labels: dict[int, str]) -> Path:
    import torch
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import Whitespace
    from tokenizers.processors import TemplateProcessing
    from transformers import BertConfig, BertForSequenceClassification, PreTrainedTokenizerFast

    words = [
        "[PAD]",
        "[UNK]",
        "[CLS]",
        "[SEP]",
        *["the", "baker", "sells", "bread", "rolls", "and", "cakes", "in", "harbour", "old"],
    ]
    plain = Tokenizer(WordLevel({word: index for index, word in enumerate(words)}, unk_token="[UNK]"))
    plain.pre_tokenizer = Whitespace()
    plain.post_processor = TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=plain, pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]"
    )
    torch.manual_seed(1)
    config = BertConfig(
        vocab_size=len(words), hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16,
        max_position_embeddings=80, id2label=labels, label2id={label: index for index, label in labels.items()},
        initializer_range=1.0,
    )  # fmt: skip
    BertForSequenceClassification(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_model(tmp_path_factory.mktemp("nli"), LABELS)


SOURCE = "the baker sells bread in the old harbour"
TEXTS = ["the baker sells bread", "cakes", "the old harbour sells cakes and rolls in bread", ""]


def test_probabilities_are_those_of_the_model_one_by_one(folder: Path) -> None:
    import torch

    model = EntailmentModel.load(str(folder))
    together = model.probabilities(SOURCE, TEXTS)
    for text, value in zip(TEXTS, together, strict=True):
        with torch.inference_mode():
            logits = model._model(**model._tokenizer(SOURCE, text, return_tensors="pt")).logits[0]
        assert value == pytest.approx(float(logits.softmax(-1)[2]), abs=1e-5)


def test_a_long_source_is_read_in_windows(folder: Path) -> None:
    model = EntailmentModel.load(str(folder))
    (short,) = model.probabilities(SOURCE, TEXTS[:1])
    (long,) = model.probabilities(SOURCE + " and" * 400, TEXTS[:1])
    assert 0 <= long <= 1
    assert long != pytest.approx(short)
    assert 0 <= model.probabilities("bread " * 500, ["cakes " * 200])[0] <= 1


def test_the_rule_blocks_below_its_threshold(folder: Path) -> None:
    model = EntailmentModel.load(str(folder))
    field = [
        Candidate(candidate_id=str(i), content_id="c", body=text, style="s", generator="t", seed=0, prompt_hash="")
        for i, text in enumerate(TEXTS)
    ]
    odds = model.probabilities(SOURCE, TEXTS)
    least = sorted(odds)[2]
    verdicts = EntailmentRule(model=model, least=least).check(Content(content_id="c", caption=SOURCE), field)
    assert {verdict.candidate_id for verdict in verdicts} == {str(i) for i, value in enumerate(odds) if value < least}
    assert len(verdicts) == 2
    assert EntailmentRule(model=model).check(Content(content_id="c"), []) == []


def test_it_is_configured_by_name(folder: Path) -> None:
    config = GuardrailConfig(entailment="warn", entailment_model=str(folder), detector="script")
    assert "entailment" in {rule.rule for rule in default_rules(config)}
    assert "entailment" not in {rule.rule for rule in default_rules(GuardrailConfig(detector="script"))}


def test_a_model_without_the_label_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="entailment"):
        EntailmentModel.load(str(save_model(tmp_path, {0: "good", 1: "bad"})))
    with pytest.raises(InputError, match="nowhere"):
        EntailmentModel.load(str(tmp_path / "nowhere"))
