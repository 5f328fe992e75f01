"""Files of settings: what they may say, and how a mistake is named."""

from pathlib import Path

import pytest

from pushgen.delivery.open import read_setup
from pushgen.errors import ConfigurationError


def test_settings_rates_and_secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SINK_FILE", str(tmp_path / "sent.jsonl"))
    file = tmp_path / "delivery.toml"
    file.write_text('per_day = 5\nper_week = "none"\n[channels.sink]\npath = "env:SINK_FILE"\nrate = 20\n')
    setup = read_setup(file)
    assert (setup.config.per_day, setup.config.per_week, setup.config.rates) == (5, None, {"sink": 20.0})
    assert setup.channels == {"sink": {"path": str(tmp_path / "sent.jsonl")}}


@pytest.mark.parametrize(
    ("toml", "says"),
    [
        ("[channels.pigeon]", "'pigeon'"),
        ("[channels.webhook]\nsecret = 'x'", "'url'"),
        ("[channels.webhook]\ncolour = 'x'", "'colour'"),
        ("[channels.webhook]\nurl = 'env:NO_SUCH_VARIABLE'", "NO_SUCH_VARIABLE"),
        ("per_dya = 3", "'per_dya'"),
        ("channels = 3", "channels.NAME"),
        ("per_day = ", "TOML"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, toml: str, says: str) -> None:
    file = tmp_path / "delivery.toml"
    file.write_text(toml)
    with pytest.raises(ConfigurationError, match=says):
        read_setup(file).open()
