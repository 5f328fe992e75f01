"""Prompts and pushes in the tokens of a model."""

from typing import Any

from pushgen.generation.prompt import MAX_SOURCE, Prompt, write_prompt
from pushgen.protocols import GenerationRequest
from pushgen.styles.taxonomy import Taxonomy


class PromptCodec:
    """Prompts in the chat template of a model, or as plain text where it has none."""

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
        most = MAX_SOURCE
        while True:
            prompt = write_prompt(request, taxonomy, language, limit=limit, most=most)
            ids = self._tokens(prompt)
            if len(ids) <= self._room or most <= 50:
                return prompt, ids[-self._room :]
            most = min(most, len(prompt.user)) // 2

    def target(self, text: str) -> list[int]:
        """A push in tokens, with the end token."""
        ids = list(self._tokenizer(self._plain(text), add_special_tokens=False)["input_ids"])
        return ids if self.end is None else [*ids, self.end]

    def _tokens(self, prompt: Prompt) -> list[int]:
        # A control token of the model inside a caption would end the prompt early: the caption is data.
        system, user = self._plain(prompt.system), self._plain(prompt.user)
        if not getattr(self._tokenizer, "chat_template", None):
            return list(self._tokenizer(f"{system}\n\n{user}\n\n", add_special_tokens=True)["input_ids"])
        try:
            text = self._templated([{"role": "system", "content": system}, {"role": "user", "content": user}])
        except Exception:  # a template without a system turn raises whatever its author chose
            text = self._templated([{"role": "user", "content": f"{system}\n\n{user}"}])
        return list(self._tokenizer(text, add_special_tokens=False)["input_ids"])

    def _templated(self, turns: list[dict[str, str]]) -> str:
        # A model that thinks aloud by default would spend the tokens of its answer on it; other templates ignore this.
        return self._tokenizer.apply_chat_template(
            turns, tokenize=False, add_generation_prompt=True, enable_thinking=False
        )

    def _plain(self, text: str) -> str:
        for token in self._special:
            text = text.replace(token, "")
        return text
