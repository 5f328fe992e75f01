"""Guardrails: every candidate is held against its source and its channel before it may be chosen. One rule per file."""

from pushgen.guardrails.check import Checked, check
from pushgen.guardrails.policy import Policy, read_policy
from pushgen.guardrails.rules import GuardrailConfig, default_rules

__all__ = ["Checked", "GuardrailConfig", "Policy", "check", "default_rules", "read_policy"]
