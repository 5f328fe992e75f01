"""Interaction logs, histories, splits and negatives."""
