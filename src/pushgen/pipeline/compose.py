"""The default parts of a run, opened from what a person names on the command line."""

from collections.abc import Sequence
from pathlib import Path

from pushgen.generation import open_generator
from pushgen.guardrails import Policy
from pushgen.pipeline.guarding import open_rules
from pushgen.pipeline.run import Stages
from pushgen.reward import open_reward
from pushgen.selection import SelectionConfig, Terms, open_selector
from pushgen.styles import load_taxonomy
from pushgen.text.near_copies import NearCopyIndex


def open_stages(
    generator: str,
    reward: Path,
    policy: Policy | None = None,
    past: NearCopyIndex | None = None,
    *,
    selection: SelectionConfig | None = None,
    terms: Terms | None = None,
    generator_config: Path | None = None,
) -> Stages:
    """Generator by its spec and TOML file, reward model by its folder, guardrails by policy, selector by settings."""
    selection = selection or SelectionConfig()
    return Stages(
        generator=open_generator(generator, config=generator_config),
        fallback=open_generator("template"),
        rules=open_rules(policy, past),
        reward=open_reward(reward),
        selector=open_selector(selection),
        selection=selection,
        terms=terms or Terms(),
    )


def styles_for(asked: Sequence[str]) -> tuple[str, ...]:
    """The styles asked for, all of the taxonomy where none is named.

    Raises `ConfigurationError` for a style that the taxonomy does not know.
    """
    taxonomy = load_taxonomy()
    return tuple(taxonomy[style].id for style in asked) if asked else taxonomy.ids
