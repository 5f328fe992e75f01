"""Any Hugging Face causal language model as a generator."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pushgen.errors import ConfigurationError, InputError, MissingExtraError
from pushgen.generation.prompt import Prompt, write_prompt
from pushgen.generation.provenance import candidate, failure, language_of, seed_of
from pushgen.generation.reply import read_reply
from pushgen.manifest import fingerprint, hash_file
from pushgen.protocols import GenerationFailure, GenerationRequest
from pushgen.records import Candidate
from pushgen.styles.taxonomy import Taxonomy, load_taxonomy

_HASHED = 2 << 30
"""Larger files are told apart by name and size: hashing them would take longer than many a job."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HuggingFaceConfig:
    """How a causal model decodes. Every parameter is explicit; the model's own generation config is not read."""

    temperature: float = 0.8
    """0 always takes the most probable token."""
    top_p: float = 0.95
    top_k: int = 50
    repetition_penalty: float = 1.0
    no_repeat: int = 0
    """No sequence of this many tokens occurs twice; 0 allows it."""
    max_tokens: int = 64
    """Tokens that one text may have."""
    batch: int = 16
    """Texts that are written together, taken from prompts of near lengths."""
    limit: int = 110
    """Longest text in graphemes that the prompt asks for."""

    def __post_init__(self) -> None:
        if self.temperature < 0 or not 0 < self.top_p <= 1 or self.max_tokens < 1 or self.batch < 1:
            raise ConfigurationError(f"hf: a value lies outside its range: {self}")


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
        from transformers import GenerationConfig

        self.name = name
        self._model, self._tokenizer, self._config = model.eval(), tokenizer, config or HuggingFaceConfig()
        self._taxonomy = taxonomy or load_taxonomy()
        self._codec = PromptCodec(tokenizer, room(model, self._config.max_tokens))
        sampling = {"top_p": self._config.top_p, "top_k": self._config.top_k, "temperature": self._config.temperature}
        self._decoding = GenerationConfig(
            do_sample=self._config.temperature > 0,
            num_beams=1,
            max_new_tokens=self._config.max_tokens,
            repetition_penalty=self._config.repetition_penalty,
            no_repeat_ngram_size=self._config.no_repeat,
            pad_token_id=self._codec.pad,
            eos_token_id=tokenizer.eos_token_id,
            **(sampling if self._config.temperature > 0 else {}),
        )
        # `generate` fills what a generation config leaves open from the model's own one.
        model.generation_config = self._decoding

    @classmethod
    def load(
        cls, name: str, config: HuggingFaceConfig | None = None, taxonomy: Taxonomy | None = None
    ) -> "HuggingFaceGenerator":
        """A model by hub name or folder; on the first GPU where there is one, in bfloat16 there.

        Raises `MissingExtraError` without transformers, `InputError` where the model cannot be loaded.
        """
        model, tokenizer = load_causal(name)
        return cls(model, tokenizer, config, name=f"hf:{_identity(name)}", taxonomy=taxonomy)

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


class PromptCodec:
    """Prompts in the tokens of a model."""

    def __init__(self, tokenizer: Any, room: int) -> None:
        """`room` is the number of tokens that a prompt may have."""
        self._tokenizer, self._room = tokenizer, room
        self.end: int | None = tokenizer.eos_token_id
        self.pad: int = tokenizer.pad_token_id if tokenizer.pad_token_id is not None else self.end or 0
        self._special = sorted((str(token) for token in tokenizer.all_special_tokens), key=len, reverse=True)

    def encode(
        self, request: GenerationRequest, taxonomy: Taxonomy, language: str, limit: int
    ) -> tuple[Prompt, list[int]]:
        """The prompt and its tokens, the source cut where the model has no room for all of it."""
        most = 6000
        while True:
            prompt = write_prompt(request, taxonomy, language, limit=limit, most=most)
            ids = self._tokens(prompt)
            if len(ids) <= self._room or most <= 50:
                return prompt, ids[-self._room :]
            most = min(most, len(prompt.user)) // 2

    def _tokens(self, prompt: Prompt) -> list[int]:
        # A control token of the model inside a caption would end the prompt early: the caption is data.
        system, user = self._plain(prompt.system), self._plain(prompt.user)
        if not getattr(self._tokenizer, "chat_template", None):
            return list(self._tokenizer(f"{system}\n\n{user}\n\n", add_special_tokens=True)["input_ids"])
        turns = [{"role": "system", "content": system}, {"role": "user", "content": user}]
        try:
            text = self._tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True)
        except Exception:  # a template without a system turn raises whatever its author chose
            turns = [{"role": "user", "content": f"{system}\n\n{user}"}]
            text = self._tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True)
        return list(self._tokenizer(text, add_special_tokens=False)["input_ids"])

    def target(self, text: str) -> list[int]:
        """A push in tokens, with the end token."""
        ids = list(self._tokenizer(self._plain(text), add_special_tokens=False)["input_ids"])
        return ids if self.end is None else [*ids, self.end]

    def _plain(self, text: str) -> str:
        for token in self._special:
            text = text.replace(token, "")
        return text


def load_causal(name: str) -> tuple[Any, Any]:
    """Model and tokenizer of a causal model."""
    try:
        from transformers import AutoModelForCausalLM, AutoTokenizer
    except ImportError as error:
        raise MissingExtraError("transformers", "train", "a Hugging Face generator") from error
    import torch

    from pushgen.training.precision import best_device

    device = best_device()
    dtype = torch.bfloat16 if device.type == "cuda" else torch.float32
    try:
        tokenizer = AutoTokenizer.from_pretrained(name)
        model: Any = AutoModelForCausalLM.from_pretrained(name, dtype=dtype)
    except (OSError, ValueError, KeyError) as error:
        raise InputError(
            expected="a Hugging Face causal language model",
            found=f"{name!r}: {str(error).splitlines()[0]}",
            remedy="Check the name and the network, or give a folder that holds model and tokenizer.",
        ) from error
    return model.to(device), tokenizer


def room(model: Any, reserved: int) -> int:
    """Tokens that the model's context leaves for a prompt."""
    context = getattr(model.config, "max_position_embeddings", None) or 4096
    return max(context - reserved, 16)


def _identity(name: str) -> str:
    """A name for candidates: the hub name, or a folder's name with a hash of what lies in it."""
    folder = Path(name)
    if not folder.is_dir():
        return name
    files = sorted(folder.glob("*.json")) + sorted(folder.glob("*.safetensors"))
    parts = [[file.name, hash_file(file) if file.stat().st_size < _HASHED else file.stat().st_size] for file in files]
    return f"{folder.name}:{fingerprint(parts)[:12]}"
