"""From a content and a style to a candidate push: template, sequence-to-sequence, Hugging Face and served models."""
