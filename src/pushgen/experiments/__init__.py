"""Experiments: design, assignment, analysis, bandits, and what another policy would have earned.

Import from the modules: planning a test loads neither tables nor statistics that it does not need.
"""
