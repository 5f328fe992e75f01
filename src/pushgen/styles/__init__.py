"""The styles a push can have, and the labellers that find them."""

from pushgen.styles.choose import open_labeller
from pushgen.styles.taxonomy import Style, Taxonomy, load_taxonomy

__all__ = ["Style", "Taxonomy", "load_taxonomy", "open_labeller"]
