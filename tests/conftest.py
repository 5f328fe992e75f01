"""Shared fixtures. Nothing here talks to a network."""

import os
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

import pytest


@pytest.fixture(scope="session")
def pushgen_data() -> Path:
    """The folder of real data; the test is skipped where there is none."""
    value = os.environ.get("PUSHGEN_DATA")
    if not value or not Path(value).is_dir():
        pytest.skip("set PUSHGEN_DATA to the folder that holds upworthy/, ars_headlines/ ... to run this test")
    return Path(value)
