"""Guardrails that know what generators were told."""

from pushgen.generation.prompt import TASK
from pushgen.guardrails import Policy, default_rules
from pushgen.protocols import Guardrail
from pushgen.text.near_copies import NearCopyIndex


def open_rules(policy: Policy | None = None, past: NearCopyIndex | None = None) -> tuple[Guardrail, ...]:
    """The guardrails of a policy, the default ones where there is none; they know the prompt of the generators."""
    policy = policy or Policy()
    return default_rules(policy.config, past, languages=policy.languages, prompt=TASK)
