"""Recipes are whole and contradict nothing."""

import pytest

from pushgen.generation.hf.config import HuggingFaceTraining
from pushgen.recipes.generators import RECIPES


@pytest.mark.parametrize("name", sorted(RECIPES))
def test_a_recipe_is_a_configuration(name: str) -> None:
    found = RECIPES[name]()
    assert found == RECIPES[name]()
    if isinstance(found, HuggingFaceTraining):
        assert found.base
        assert found.pack >= found.max_prompt + found.max_target  # the longest push still shares a row
