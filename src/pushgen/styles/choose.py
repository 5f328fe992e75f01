"""From a name to a labeller."""

from collections.abc import Sequence
from importlib.resources import as_file, files
from pathlib import Path

from pushgen.encoders import CachedEncoder, open_encoder
from pushgen.encoders.choose import latin_share
from pushgen.errors import ConfigurationError
from pushgen.protocols import Encoder, StyleLabeller
from pushgen.styles.taxonomy import PRIMARY_LANGUAGE, load_taxonomy

PACKAGED_ENCODER = "minilm-l6-v2-mean256"
"""The encoder that the packaged labeller was trained with."""


def open_labeller(name: str = "auto", *, texts: Sequence[str] = (), taxonomy: Path | None = None) -> StyleLabeller:
    """The labeller of a name: `auto`, `packaged`, `prototype`, `linear:FOLDER`, or `openai:URL#MODEL`.

    `packaged` is a linear labeller of English headlines that comes with PushGen (its `card.md` says what it is worth).
    `auto` is the packaged one where MiniLM serves the texts and the taxonomy is PushGen's own, else `prototype`.
    `texts` are some of those to be labelled; their script chooses encoder and language.
    Raises `ConfigurationError` for any other name.
    """
    kind, _, rest = name.partition(":")
    styles = load_taxonomy(taxonomy)
    if name in ("auto", "prototype"):
        encoder = CachedEncoder(open_encoder(texts=texts))
        if name == "auto" and taxonomy is None and encoder.name == PACKAGED_ENCODER:
            return _packaged(encoder)
        from pushgen.styles.prototype import PrototypeLabeller

        return PrototypeLabeller(encoder, styles, language=taxonomy_language(texts))
    if name == "packaged":
        return _packaged(None)
    if kind == "linear" and rest:
        from pushgen.styles.linear import LinearLabeller

        return LinearLabeller.load(Path(rest))
    if kind == "openai":
        from pushgen.styles.chat import ChatClient, ChatConf
        from pushgen.styles.language_model import LanguageModelLabeller

        return LanguageModelLabeller(ChatClient(ChatConf.from_spec(rest)), styles)
    raise ConfigurationError(
        f"there is no style labeller {name!r}; there are auto, packaged, prototype, linear:FOLDER and openai:URL#MODEL"
    )


def taxonomy_language(texts: Sequence[str]) -> str:
    """The language of the taxonomy's texts that fits: English where most letters are Latin, else Chinese."""
    share = latin_share(texts)
    return "zh" if share is not None and share < 0.5 else PRIMARY_LANGUAGE


def _packaged(encoder: Encoder | None) -> StyleLabeller:
    from pushgen.styles.linear import LinearLabeller

    with as_file(files("pushgen.styles") / "packaged") as folder:
        return LinearLabeller.load(folder, encoder=encoder)
