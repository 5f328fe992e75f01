"""Any Hugging Face image-text-to-text model as a captioner."""

from collections.abc import Sequence
from typing import Any

from pushgen.captions.answer import EMPTY, read_description
from pushgen.captions.prompt import write_prompt
from pushgen.captions.settings import VisionConfig
from pushgen.errors import InputError, MissingExtraError
from pushgen.manifest import model_identity
from pushgen.protocols import CaptionFailure, CaptionRequest

FAILED = "the model failed"


class HuggingFaceCaptioner:
    """Describes by the most probable tokens; every parameter of decoding is explicit."""

    def __init__(
        self, model: Any, processor: Any, config: VisionConfig | None = None, *, limit: int = 700, name: str
    ) -> None:
        """`limit` is the longest description in graphemes."""
        self.name = name
        self._model, self._processor, self._limit = model.eval(), processor, limit
        self._config = config or VisionConfig()
        tokenizer = processor.tokenizer
        tokenizer.padding_side = "left"  # what is written follows each prompt at once
        signs = {*map(str, tokenizer.all_special_tokens), str(getattr(processor, "image_token", "") or "")}
        self._signs = sorted(signs - {""}, key=len, reverse=True)
        self._decoding = self._explicit(tokenizer)
        # `generate` fills what a generation config leaves open from the model's own one.
        model.generation_config = self._decoding

    @classmethod
    def load(cls, name: str, config: VisionConfig | None = None, *, limit: int = 700) -> "HuggingFaceCaptioner":
        """A model by hub name or folder; on the first GPU where there is one, in bfloat16 there.

        Raises `MissingExtraError` without transformers, `InputError` where the model cannot be loaded.
        """
        try:
            import torch
            import transformers
        except ImportError as error:
            raise MissingExtraError("transformers", "train", "a Hugging Face captioner") from error
        from pushgen.training.precision import best_device

        device = best_device()
        dtype = torch.bfloat16 if device.type == "cuda" else torch.float32
        try:
            # The library's own types say nothing of what its automatic classes give.
            auto: Any = transformers
            processor: Any = auto.AutoProcessor.from_pretrained(name)
            model: Any = auto.AutoModelForImageTextToText.from_pretrained(name, dtype=dtype)
        except (OSError, ValueError, KeyError, ImportError) as error:
            raise _unusable(name, (str(error).strip().splitlines() or [""])[0]) from error
        if not getattr(processor, "chat_template", None):
            raise _unusable(name, "a model without a chat template")
        return cls(model.to(device), processor, config, limit=limit, name=f"hf:{model_identity(name)}")

    def describe(self, requests: Sequence[CaptionRequest]) -> list[str | CaptionFailure]:
        """One description or failure per request, in order. Failures: `empty answer`, `the model failed`."""
        outcomes: dict[int, str | CaptionFailure] = {}
        # Prompts of near lengths share a batch: each picture is many tokens.
        order = sorted(range(len(requests)), key=lambda place: (len(requests[place].frames), place))
        for start in range(0, len(order), self._config.batch):
            places = order[start : start + self._config.batch]
            answers = self._answers([requests[place] for place in places])
            for place, answer in zip(places, answers, strict=True):
                content_id = requests[place].content.content_id
                text = None if answer is None else read_description(answer, self._limit)
                reason = FAILED if answer is None else EMPTY
                outcomes[place] = text or CaptionFailure(content_id=content_id, reason=reason)
        return [outcomes[place] for place in range(len(requests))]

    def _answers(self, requests: Sequence[CaptionRequest]) -> list[str | None]:
        """Answers to a batch; where it fails (memory, an odd picture), to each alone, and None where that fails."""
        try:
            return list(self._generate(requests))
        except (RuntimeError, ValueError):
            if len(requests) == 1:
                return [None]
            return [self._answers([request])[0] for request in requests]

    def _generate(self, requests: Sequence[CaptionRequest]) -> list[str]:
        import torch
        from PIL import Image

        turns = [
            [
                {
                    "role": "user",
                    "content": [
                        *({"type": "image", "image": Image.fromarray(frame.pixels)} for frame in request.frames),
                        {"type": "text", "text": write_prompt(request, self._limit, self._plain)},
                    ],
                }
            ]
            for request in requests
        ]
        inputs = self._processor.apply_chat_template(
            turns,
            add_generation_prompt=True,
            tokenize=True,
            return_dict=True,
            processor_kwargs={"padding": True, "return_tensors": "pt"},
            # A model that thinks aloud by default would spend its tokens on it; other templates ignore this.
            enable_thinking=False,
        ).to(self._model.device, dtype=self._model.dtype)
        with torch.inference_mode():
            written = self._model.generate(**inputs, generation_config=self._decoding)
        length = inputs["input_ids"].shape[1]
        return self._processor.tokenizer.batch_decode(written[:, length:], skip_special_tokens=True)

    def _explicit(self, tokenizer: Any) -> Any:
        from transformers import GenerationConfig

        end = tokenizer.eos_token_id
        return GenerationConfig(
            do_sample=False,
            num_beams=1,
            use_cache=True,
            max_new_tokens=self._config.max_tokens,
            repetition_penalty=self._config.repetition_penalty,
            pad_token_id=tokenizer.pad_token_id if tokenizer.pad_token_id is not None else end,
            eos_token_id=end,
        )

    def _plain(self, text: str) -> str:
        """Without the model's own signs: one for a picture that is not there would break the prompt."""
        while found := [sign for sign in self._signs if sign in text]:
            for sign in found:
                text = text.replace(sign, "")
        return text


def _unusable(name: str, found: str) -> InputError:
    return InputError(
        expected="a Hugging Face image-text-to-text model",
        found=f"{name!r}: {found}",
        remedy="Check the name and the network, or give a folder that holds model and processor.",
    )
