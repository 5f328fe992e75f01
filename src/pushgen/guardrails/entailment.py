"""A push follows from its source, as a natural language inference model reads both."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pushgen.errors import InputError, MissingExtraError
from pushgen.guardrails.finding import Remedy, finding
from pushgen.records import Candidate, Content, Severity, Verdict

_BATCH = 32
_OVERLAP = 32
"""Tokens that neighbouring windows of a long source share."""


class EntailmentModel:
    """A Hugging Face sequence-pair classifier with a label for entailment, such as those trained on MNLI."""

    def __init__(self, model: Any, tokenizer: Any, *, name: str) -> None:
        labels = {str(label).lower(): int(index) for index, label in model.config.id2label.items()}
        found = [index for label, index in labels.items() if "entail" in label and "not" not in label]
        if not found:
            raise InputError(
                expected="a natural language inference model with the label `entailment`",
                found=f"{name!r} with the labels {', '.join(labels)}",
                remedy="Name a model trained on MNLI or XNLI, or set id2label in its config.json.",
            )
        self.name = name
        self._model, self._tokenizer, self._label = model.eval(), tokenizer, found[0]

    @classmethod
    def load(cls, name: str) -> "EntailmentModel":
        """A model by folder or hub name. Raises `MissingExtraError`, or `InputError` where it cannot be loaded."""
        try:
            import transformers
        except ImportError as error:
            raise MissingExtraError("transformers", "train", "the entailment rule") from error
        library: Any = transformers
        try:
            model = library.AutoModelForSequenceClassification.from_pretrained(name)
            tokenizer = library.AutoTokenizer.from_pretrained(name)
        except (OSError, ValueError, KeyError) as error:
            raise InputError(
                expected="a Hugging Face sequence classification model",
                found=f"{name!r}: {str(error).splitlines()[0]}",
                remedy="Check the name and the network, or give a folder that holds model and tokenizer.",
            ) from error
        return cls(model, tokenizer, name=name)

    def probabilities(self, source: str, texts: Sequence[str]) -> list[float]:
        """Probability in [0, 1] that the source entails each text: the largest over the windows of a long source."""
        import torch

        best = [0.0] * len(texts)
        config = self._model.config
        room = int(min(getattr(config, "max_position_embeddings", 512), self._tokenizer.model_max_length, 512))
        for start in range(0, len(texts), _BATCH):
            part = list(texts[start : start + _BATCH])
            longest = max(len(self._tokenizer(text, add_special_tokens=False)["input_ids"]) for text in part)
            coded = self._tokenizer(
                [source] * len(part),
                part,
                truncation="only_first" if longest < room // 2 else True,
                max_length=room,
                stride=_OVERLAP if longest < room // 2 - _OVERLAP else 0,
                return_overflowing_tokens=True,
                padding=True,
                return_tensors="pt",
            )
            owner: list[int] = coded.pop("overflow_to_sample_mapping").tolist()
            with torch.inference_mode():
                odds: list[float] = self._model(**coded).logits.float().softmax(dim=-1)[:, self._label].tolist()
            for text, value in zip(owner, odds, strict=True):
                best[start + text] = max(best[start + text], value)
        return best


@dataclass(frozen=True, slots=True, kw_only=True)
class EntailmentRule:
    """Blocks candidates that the model holds for no consequence of title and caption."""

    model: EntailmentModel
    severity: Severity = Severity.BLOCK
    least: float = 0.5
    """Least probability of entailment, in [0, 1]."""
    remedy: Remedy | None = None
    rule: str = "entailment"

    def check(self, content: Content, candidates: Sequence[Candidate]) -> list[Verdict]:
        texts = [candidate.text for candidate in candidates]
        odds = self.model.probabilities(content.source_text, texts) if texts else []
        return [
            finding(self, candidate, 0, len(candidate.text), f"entailed with a probability of {value:.2f}")
            for candidate, value in zip(candidates, odds, strict=True)
            if value < self.least
        ]
