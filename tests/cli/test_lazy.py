"""What importing PushGen and asking for help must not load."""

import subprocess
import sys

import pytest

HEAVY = (
    "sqlalchemy",
    "alembic",
    "fastapi",
    "pydantic",
    "uvicorn",
    "structlog",
    "httpx",
    "torch",
    "transformers",
    "sklearn",
    "scipy",
    "polars",
    "matplotlib",
    "peft",
    "sentence_transformers",
    "pandas",
)


@pytest.mark.parametrize("statement", ["import pushgen", "from pushgen.cli import main"])
def test_nothing_heavy_is_imported(statement: str) -> None:
    code = f"import sys; {statement}; print(sorted(set({HEAVY!r}) & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_help_names_every_command_without_loading_it() -> None:
    code = (
        "import sys; sys.argv = ['pushgen', '--help']\n"
        "from pushgen.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        f"print('LOADED', sorted(set({HEAVY!r}) & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    for command in ("demo", "import", "audit", "curate", "train", "run", "score", "evaluate", "report"):
        assert command in done.stdout
    assert "LOADED []" in done.stdout


def test_every_listed_command_exists() -> None:
    import importlib

    from pushgen.cli.app import COMMANDS

    for _, target, _ in COMMANDS:
        module, name = target.split(":")
        assert callable(getattr(importlib.import_module(module), name)), target


@pytest.mark.parametrize(("arguments", "code"), [(["nonsense"], 2), (["report", "/does/not/exist"], 1)])
def test_exit_codes(arguments: list[str], code: int) -> None:
    call = f"import sys; sys.argv = ['pushgen', *{arguments!r}]; from pushgen.cli import main; main()"
    done = subprocess.run([sys.executable, "-c", call], capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
