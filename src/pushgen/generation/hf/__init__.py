"""Hugging Face causal models: decoding, and weighted fine-tuning."""

from pushgen.generation.hf.config import HuggingFaceConfig, HuggingFaceTraining
from pushgen.generation.hf.generator import HuggingFaceGenerator

__all__ = ["HuggingFaceConfig", "HuggingFaceGenerator", "HuggingFaceTraining"]
