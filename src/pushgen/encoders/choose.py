"""From a name to an encoder, and which one serves a language."""

import unicodedata
from collections.abc import Sequence
from importlib.util import find_spec

from pushgen.encoders.ngrams import NgramEncoder
from pushgen.encoders.packaged import packaged_minilm_folder
from pushgen.progress import say
from pushgen.protocols import Encoder

ENGLISH_SHARE = 0.8
"""Share of letters that must be Latin for the packaged MiniLM to be used."""
LOOKED_AT = 1000
"""Texts that are looked at for their script."""


def open_encoder(name: str = "auto", *, language: str | None = None, texts: Sequence[str] = ()) -> Encoder:
    """The encoder of a name.

    `minilm` is the packaged MiniLM, `ngrams` hashed character n-grams, anything else a model folder or hub name.
    `auto` is the packaged MiniLM where it is installed and the language is English as far as the BCP 47 tag or the
    script of `texts` tells, and n-grams otherwise; it says on standard error why it falls back.

    Raises `MissingExtraError`, or `InputError` for a model that cannot be loaded.
    """
    if name == "ngrams":
        return NgramEncoder()
    if name == "auto":
        reason = _why_not_minilm(language, texts)
        if reason:
            say(f"{reason}; character n-grams serve instead. Name a multilingual model to do better.")
            return NgramEncoder()
        name = "minilm"
    from pushgen.encoders.transformer import HubEncoder, MiniLMEncoder

    return MiniLMEncoder() if name == "minilm" else HubEncoder(name)


def _why_not_minilm(language: str | None, texts: Sequence[str]) -> str | None:
    if not all(find_spec(package) for package in ("torch", "transformers")):
        return "No model library is installed (pip install 'pushgen[train,offline]')"
    if packaged_minilm_folder() is None:
        return "The packaged MiniLM is not installed (pip install 'pushgen[offline]')"
    if language and language.split("-")[0].lower() != "en":
        return f"The packaged MiniLM knows English and the language is {language!r}"
    share = latin_share(texts)
    if share is not None and share < ENGLISH_SHARE:
        return f"The packaged MiniLM knows English and {1 - share:.0%} of the letters are of another script"
    return None


def latin_share(texts: Sequence[str]) -> float | None:
    """Share of Latin letters among all letters of the first texts, in [0, 1]; None where there is no letter.

    A script says little about the language (German is Latin too), but it tells Chinese from English.
    """
    letters = [character for text in texts[:LOOKED_AT] for character in text[:1000] if character.isalpha()]
    if not letters:
        return None
    latin = {letter for letter in set(letters) if unicodedata.name(letter, "").startswith("LATIN")}
    return sum(letter in latin for letter in letters) / len(letters)
