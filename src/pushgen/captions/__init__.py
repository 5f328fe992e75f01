"""Contents to captions: what is known of each in words, and where each fact comes from."""

from pushgen.captions.caption import Captioned, caption_contents
from pushgen.captions.pieces import SourceRow
from pushgen.captions.registry import open_captioner
from pushgen.captions.settings import CaptionConfig

__all__ = ["CaptionConfig", "Captioned", "SourceRow", "caption_contents", "open_captioner"]
