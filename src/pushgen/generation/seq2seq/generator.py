"""The trained sequence-to-sequence model as a generator, and its folder on disk.

A folder holds config.json, model.safetensors, tokenizer.json and card.md.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from safetensors.torch import load_file, save_file

from pushgen.errors import InputError
from pushgen.generation.prompt import write_prompt
from pushgen.generation.provenance import candidate, failure, language_of, seed_of
from pushgen.generation.seq2seq.config import DecodeConfig, ModelConfig
from pushgen.generation.seq2seq.decode import Drawer, Job
from pushgen.generation.seq2seq.grounding import Word
from pushgen.generation.seq2seq.model import Seq2Seq
from pushgen.generation.seq2seq.tokenizer import Subwords
from pushgen.manifest import fingerprint, hash_file, write_json
from pushgen.protocols import GenerationFailure, GenerationRequest
from pushgen.records import Candidate, Content
from pushgen.settings import as_dict, override
from pushgen.styles.taxonomy import Taxonomy, load_taxonomy
from pushgen.text.clean import clean_text

KIND = "seq2seq"
MAX_CAPTION = 8000
"""Code points of a caption that are tokenised; far more than the model reads."""


class Seq2SeqGenerator:
    """Writes with a trained model. The seed of each request decides its text."""

    deterministic = True

    def __init__(
        self,
        model: Seq2Seq,
        subwords: Subwords,
        config: ModelConfig,
        decode: DecodeConfig,
        common: Sequence[Word],
        once_only: Sequence[int] = (),
        *,
        name: str = KIND,
        taxonomy: Taxonomy | None = None,
    ) -> None:
        self.name = name
        self.model, self.subwords, self.config, self.decode = model.eval(), subwords, config, decode
        self.common, self.once_only = [tuple(word) for word in common], list(once_only)
        self._taxonomy = taxonomy or load_taxonomy()
        self._drawer = Drawer(
            self.model,
            decode,
            end=subwords.end,
            max_tokens=config.max_target,
            max_source=config.max_source,
            common=self.common,
            once_only=self.once_only,
            opens=[subwords.opens_word(token) for token in range(subwords.size)],
        )

    def generate(self, requests: Sequence[GenerationRequest]) -> list[Candidate | GenerationFailure]:
        """One outcome per request, in order.

        Failures: `empty caption`, `style without training rows`, `unfinished text`, `empty text`,
        `broken text`. Raises
        `ConfigurationError` for a style that the taxonomy does not have.
        """
        for style in {request.style for request in requests}:
            _ = self._taxonomy[style]
        outcomes: dict[int, Candidate | GenerationFailure] = {}
        jobs: dict[int, Job] = {}
        sources: dict[str, list[int]] = {}
        for place, request in enumerate(requests):
            text = source_text(request.content)
            control = self.subwords.control(request.style)
            if not text:
                outcomes[place] = failure(request, "empty caption")
            elif control is None:
                outcomes[place] = failure(request, "style without training rows")
            else:
                if text not in sources:
                    sources[text] = self.subwords.encode(text)[: self.config.max_source]
                jobs[place] = Job(sources[text], control, seed_of(request, self.name))
        for place, tokens in zip(jobs, self._drawer.draw(list(jobs.values())), strict=True):
            outcomes[place] = self._outcome(requests[place], tokens)
        return [outcomes[place] for place in range(len(requests))]

    def _outcome(self, request: GenerationRequest, tokens: list[int] | None) -> Candidate | GenerationFailure:
        if tokens is None:
            return failure(request, "unfinished text")
        body = self.subwords.decode(tokens)
        if not body or "\ufffd" in body:
            return failure(request, "broken text" if body else "empty text")
        language = language_of(request.content)
        prompt = write_prompt(request, self._taxonomy, language)
        return candidate(request, body, generator=self.name, prompt_hash=prompt.hash, language=language)


def source_text(content: Content) -> str:
    """What the model reads of a content: the caption it was trained on, or the title where there is none."""
    return clean_text((content.caption or "")[:MAX_CAPTION]) or clean_text((content.title or "")[:MAX_CAPTION])


def save_model(generator: Seq2SeqGenerator, folder: Path, training: Mapping[str, Any], card: str) -> None:
    """Writes the model folder; config.json comes last, so that a folder with one is whole."""
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {name: tensor.detach().contiguous() for name, tensor in generator.model.state_dict().items()}
    save_file(tensors, folder / "model.safetensors")
    generator.subwords.save(folder / "tokenizer.json")
    (folder / "card.md").write_text(card, encoding="utf-8")
    write_json(
        folder / "config.json",
        {
            "kind": KIND,
            "model": as_dict(generator.config),
            "decode": as_dict(generator.decode),
            "common_words": generator.common,
            "once_only": generator.once_only,
            "vocabulary": generator.subwords.size,
            "training": dict(training),
        },
    )


def load_model(folder: Path, decode: DecodeConfig | None = None) -> Seq2SeqGenerator:
    """The generator of a model folder.

    Raises `InputError` where a file is missing or does not fit the others.
    """
    try:
        values: dict[str, Any] = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        config = override(ModelConfig(), values["model"], source="config.json")
        decoding = decode or override(DecodeConfig(), values["decode"], source="config.json")
        subwords = Subwords.load(folder / "tokenizer.json")
        model = Seq2Seq(config, values["vocabulary"])
        model.load_state_dict(load_file(folder / "model.safetensors"))
        common = [tuple(int(token) for token in word) for word in values["common_words"]]
        once_only = [int(token) for token in values["once_only"]]
    except (OSError, ValueError, KeyError, TypeError, RuntimeError) as error:
        raise InputError(
            file=str(folder),
            expected="a folder that `pushgen train generator` wrote",
            found=f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}",
            remedy="Copy the whole folder again, or train again.",
        ) from error
    files = ("config.json", "model.safetensors", "tokenizer.json")
    identity = fingerprint([[hash_file(folder / name) for name in files], as_dict(decoding)])
    return Seq2SeqGenerator(model, subwords, config, decoding, common, once_only, name=f"{KIND}:{identity[:12]}")
