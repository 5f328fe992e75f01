"""Text encoders: a packaged MiniLM, any local or hub model, and character n-grams for every language.

Importing this package loads no model library; `open_encoder` does, and only for encoders that need one.
"""

from pushgen.encoders.cache import CachedEncoder
from pushgen.encoders.choose import open_encoder
from pushgen.encoders.ngrams import NgramEncoder
from pushgen.encoders.packaged import packaged_minilm_folder

__all__ = ["CachedEncoder", "NgramEncoder", "open_encoder", "packaged_minilm_folder"]
