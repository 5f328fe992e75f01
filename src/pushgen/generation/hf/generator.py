"""Any Hugging Face causal language model as a generator."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pushgen.generation.hf.codec import PromptCodec
from pushgen.generation.hf.config import HuggingFaceConfig
from pushgen.generation.hf.loading import load_causal, room
from pushgen.generation.prompt import Prompt
from pushgen.generation.provenance import candidate, failure, language_of, seed_of
from pushgen.generation.reply import read_reply
from pushgen.manifest import model_identity
from pushgen.protocols import GenerationFailure, GenerationRequest
from pushgen.records import Candidate
from pushgen.settings import override
from pushgen.styles.taxonomy import Taxonomy, load_taxonomy


class HuggingFaceGenerator:
    """Writes with a causal model. Arithmetic depends on the batch, so a text may differ from run to run."""

    deterministic = False

    def __init__(
        self,
        model: Any,
        tokenizer: Any,
        config: HuggingFaceConfig | None = None,
        *,
        name: str,
        taxonomy: Taxonomy | None = None,
    ) -> None:
        self.name = name
        self._model, self._tokenizer, self._config = model.eval(), tokenizer, config or HuggingFaceConfig()
        self._taxonomy = taxonomy or load_taxonomy()
        self._codec = PromptCodec(tokenizer, room(model, self._config.max_tokens))
        self._decoding = self._explicit()
        # `generate` fills what a generation config leaves open from the model's own one.
        model.generation_config = self._decoding

    @classmethod
    def load(
        cls, name: str, config: HuggingFaceConfig | None = None, taxonomy: Taxonomy | None = None
    ) -> "HuggingFaceGenerator":
        """A model by hub name or folder; on the first GPU where there is one, in bfloat16 there.

        Without a `config`, a model that PushGen trained writes as its training said, any other by the defaults.
        Raises `MissingExtraError` without transformers, `InputError` where the model cannot be loaded.
        """
        model, tokenizer = load_causal(name)
        config = config or _trained_decoding(Path(name))
        return cls(model, tokenizer, config, name=f"hf:{model_identity(name)}", taxonomy=taxonomy)

    def generate(self, requests: Sequence[GenerationRequest]) -> list[Candidate | GenerationFailure]:
        """One outcome per request, in order.

        Failures: `empty caption`, `empty answer`, `answer too long`. Raises `ConfigurationError` for a style that the
        taxonomy does not have.
        """
        for style in {request.style for request in requests}:
            _ = self._taxonomy[style]
        outcomes: dict[int, Candidate | GenerationFailure] = {}
        prompts: dict[int, tuple[Prompt, list[int]]] = {}
        for place, request in enumerate(requests):
            if request.content.source_text.strip():
                language = language_of(request.content)
                prompts[place] = self._codec.encode(request, self._taxonomy, language, self._config.limit)
            else:
                outcomes[place] = failure(request, "empty caption")
        order = sorted(prompts, key=lambda place: (len(prompts[place][1]), place))
        for start in range(0, len(order), self._config.batch):
            places = order[start : start + self._config.batch]
            answers = self._answers([prompts[place][1] for place in places], seed_of(requests[places[0]], self.name))
            for place, answer in zip(places, answers, strict=True):
                request = requests[place]
                body, reason = read_reply(answer, self._config.limit)
                if body is None:
                    outcomes[place] = failure(request, reason)
                else:
                    prompt = prompts[place][0]
                    outcomes[place] = candidate(request, body, generator=self.name, prompt_hash=prompt.hash)
        return [outcomes[place] for place in range(len(requests))]

    def _explicit(self) -> Any:
        from transformers import GenerationConfig

        config = self._config
        draws = {
            "temperature": config.temperature,
            "top_p": config.top_p,
            "top_k": config.top_k,
            "min_p": config.min_p or None,
        }
        return GenerationConfig(
            do_sample=config.temperature > 0,
            num_beams=1,
            num_return_sequences=1,
            use_cache=True,
            min_new_tokens=config.min_tokens or None,
            max_new_tokens=config.max_tokens,
            repetition_penalty=config.repetition_penalty,
            no_repeat_ngram_size=config.no_repeat,
            pad_token_id=self._codec.pad,
            eos_token_id=self._codec.end,
            **(draws if config.temperature > 0 else {}),
        )

    def _answers(self, prompts: Sequence[list[int]], seed: int) -> list[str]:
        import torch

        device = next(self._model.parameters()).device
        length = max(len(prompt) for prompt in prompts)
        # Prompts end side by side: what is written follows each at once.
        ids = torch.tensor([[self._codec.pad] * (length - len(p)) + p for p in prompts], device=device)
        mask = torch.tensor([[0] * (length - len(p)) + [1] * len(p) for p in prompts], device=device)
        with torch.inference_mode(), torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
            torch.manual_seed(seed)
            written = self._model.generate(input_ids=ids, attention_mask=mask, generation_config=self._decoding)
        return self._tokenizer.batch_decode(written[:, length:], skip_special_tokens=True)


def _trained_decoding(folder: Path) -> HuggingFaceConfig | None:
    file = folder / "training.json"
    if not file.is_file():
        return None
    values = json.loads(file.read_text(encoding="utf-8"))["configuration"]["decode"]
    return override(HuggingFaceConfig(), values, source=str(file))
