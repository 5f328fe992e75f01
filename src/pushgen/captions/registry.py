"""From what a person names on the command line to a captioner."""

from pathlib import Path

from pushgen.captions.settings import CaptionConfig
from pushgen.errors import ConfigurationError
from pushgen.protocols import Captioner

FORMS = "`none`, a model folder, `hf:NAME` or `openai:URL#MODEL`"


def open_captioner(spec: str, config: CaptionConfig) -> Captioner | None:
    """The captioner of a spec: None for `none`; a model folder, `hf:NAME` or `openai:URL#MODEL`.

    The key of a server is read from the environment (`styles.chat`). Raises `ConfigurationError` for anything else.
    """
    if spec == "none":
        return None
    vision, limit = config.vision, config.limits.description
    kind, _, rest = spec.partition(":")
    if kind == "openai":
        from pushgen.captions.openai import OpenAICaptioner
        from pushgen.styles.chat import ChatConf

        url, _, model = rest.partition("#")
        chat = ChatConf(url=url, model=model, timeout=vision.timeout, retries=vision.retries)
        return OpenAICaptioner(chat, vision, limit=limit)
    if (kind == "hf" and rest) or Path(spec).is_dir():
        from pushgen.captions.hf import HuggingFaceCaptioner

        return HuggingFaceCaptioner.load(rest if kind == "hf" and rest else spec, vision, limit=limit)
    raise ConfigurationError(f"there is no captioner {spec!r}: give {FORMS}")
