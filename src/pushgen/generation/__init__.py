"""From a content and a style to a candidate push: template, sequence-to-sequence, Hugging Face and served models."""

from pushgen.generation.registry import open_generator

__all__ = ["open_generator"]
