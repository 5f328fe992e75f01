"""Compositions of the stages: the resumable run over contents, and the round in the simulated world."""
