"""Cleaning, segments, facts, near-copies and lengths of texts: ground that every stage may use."""
