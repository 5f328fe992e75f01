"""Retrievers: the best items of the whole catalogue, one model per file."""
