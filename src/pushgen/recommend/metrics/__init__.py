"""Measures of recommendations, whole arrays at a time."""
