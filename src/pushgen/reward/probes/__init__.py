"""Probes: what a reward model pays for that readers may not: length, digits, capitals, emoji, names, style."""

from pushgen.reward.probes.probe import Probes, probe

__all__ = ["Probes", "probe"]
