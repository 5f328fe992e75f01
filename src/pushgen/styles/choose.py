"""From a name to a labeller."""

from collections.abc import Sequence
from pathlib import Path

from pushgen.errors import ConfigurationError
from pushgen.protocols import StyleLabeller
from pushgen.styles.taxonomy import load_taxonomy


def open_labeller(name: str = "prototype", *, texts: Sequence[str] = (), taxonomy: Path | None = None) -> StyleLabeller:
    """The labeller of a name: `prototype`, `linear:FOLDER`, or `openai:URL#MODEL`.

    `texts` are some of those to be labelled; their script chooses encoder and language.
    Raises `ConfigurationError` for any other name.
    """
    kind, _, rest = name.partition(":")
    styles = load_taxonomy(taxonomy)
    if name == "prototype":
        from pushgen.styles.prototype import PrototypeLabeller

        return PrototypeLabeller.for_texts(texts, styles)
    if kind == "linear" and rest:
        from pushgen.styles.linear import LinearLabeller

        return LinearLabeller.load(Path(rest))
    if kind == "openai":
        from pushgen.styles.chat import ChatClient, ChatConf
        from pushgen.styles.language_model import LanguageModelLabeller

        return LanguageModelLabeller(ChatClient(ChatConf.from_spec(rest)), styles)
    raise ConfigurationError(
        f"there is no style labeller {name!r}; there are prototype, linear:FOLDER and openai:URL#MODEL"
    )
