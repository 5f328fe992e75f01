"""Bandits on counts: one interface for a live experiment and for thousands of replayed ones.

Everything is an array of experiments x arms, shape (G, K); a live experiment is the case G = 1. `tally` holds what was
sent and what came back, `beliefs` what is believed of the arms, `policy` the interface; a policy is a file.
"""
