"""Subwords learned from the user's own corpus: byte-level BPE, so that every text of every language has a form.

Every Han character is a word of its own: a phrase then has the same tokens in a caption and in a push, whatever stands
around it, and can be copied.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

from pushgen.errors import InputError

PAD, END, ANY = "<pad>", "<end>", "<style:any>"


def control_token(style: str | None) -> str:
    """The control token of a style; that of no style in particular for None."""
    return f"<style:{style}>" if style else ANY


class Subwords:
    """Text to token ids and back."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self.size = tokenizer.get_vocab_size()
        self.end = self._id(END)
        if self._id(PAD) != 0:
            raise InputError(expected="a tokenizer of PushGen", found="another tokenizer", remedy="Train again.")

    @classmethod
    def train(cls, texts: Iterable[str], styles: Sequence[str], size: int) -> "Subwords":
        """Learns at most `size` subwords. The same texts in the same order give the same tokenizer."""
        tokenizer = Tokenizer(models.BPE())
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
            [
                pre_tokenizers.Split(Regex(r"\p{Han}"), behavior="isolated"),
                pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True),
            ]
        )
        tokenizer.decoder = decoders.ByteLevel()
        special = [PAD, END, ANY, *(control_token(style) for style in styles)]
        trainer = trainers.BpeTrainer(
            vocab_size=size,
            min_frequency=2,
            show_progress=False,
            special_tokens=special,
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        )
        tokenizer.train_from_iterator((_spaced(text) for text in texts), trainer)
        return cls(tokenizer)

    @classmethod
    def load(cls, file: Path) -> "Subwords":
        try:
            return cls(Tokenizer.from_str(file.read_text(encoding="utf-8")))
        except (OSError, ValueError, Exception) as error:  # the library raises bare Exception for bad JSON
            if isinstance(error, InputError):
                raise
            raise InputError(
                file=str(file),
                expected="a tokenizer.json",
                found=str(error).splitlines()[0],
                remedy="Copy the model folder again, or train again.",
            ) from error

    def save(self, file: Path) -> None:
        file.write_text(self._tokenizer.to_str(pretty=True) + "\n", encoding="utf-8")

    def encode(self, text: str) -> list[int]:
        return list(self._tokenizer.encode(_spaced(text), add_special_tokens=False).ids)

    def encode_many(self, texts: Sequence[str]) -> list[list[int]]:
        encoded = self._tokenizer.encode_batch([_spaced(text) for text in texts], add_special_tokens=False)
        return [list(one.ids) for one in encoded]

    def offsets(self, text: str) -> list[tuple[int, int, int]]:
        """Token id and its span of the text in code points, for every token."""
        encoding = self._tokenizer.encode(_spaced(text), add_special_tokens=False)
        return [
            (token, max(start - 1, 0), max(end - 1, 0))
            for token, (start, end) in zip(encoding.ids, encoding.offsets, strict=True)
        ]

    def decode(self, ids: Sequence[int]) -> str:
        return " ".join(self._tokenizer.decode(list(ids), skip_special_tokens=True).split())

    def control(self, style: str | None) -> int | None:
        """Id of a style's control token, None where the model was not trained with the style."""
        return self._tokenizer.token_to_id(control_token(style))

    def token(self, token_id: int) -> str:
        """What one token writes."""
        return self._tokenizer.decode([token_id], skip_special_tokens=True)

    def opens_word(self, token_id: int) -> bool:
        """Whether a token begins a word or stands between words: a space before it, no letter, an ending, or Han."""
        text = self.token(token_id)
        if not any(sign.isalnum() for sign in text):
            return True
        return text[0].isspace() or text[0] in "'’" or "\u3400" <= text[0] <= "\u9fff"

    def _id(self, token: str) -> int:
        found = self._tokenizer.token_to_id(token)
        return -1 if found is None else found


def _spaced(text: str) -> str:
    # The first word of a text gets the form it has inside a text. Control tokens in a text are only characters.
    return " " + text.replace("<style:", "< style:").replace(PAD, "< pad>").replace(END, "< end>")
