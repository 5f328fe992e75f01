"""Rankers: the order of some hundred items that retrievers found."""
