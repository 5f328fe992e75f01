"""Results for programs, on standard output, and what a served model consumed, for both."""

import json
from dataclasses import asdict
from typing import Any

from pushgen.progress import say
from pushgen.protocols import Captioner, Generator


def print_json(value: Any) -> None:
    """One JSON document on standard output."""
    print(json.dumps(value, indent=2, ensure_ascii=False, default=str))


def usage_of(model: Generator | Captioner, accepted: int, accepted_is: str) -> dict[str, Any]:
    """Says what a served model consumed in this process; the same as `usage` for JSON, empty for local models."""
    usage: Any = getattr(model, "usage", None)
    if usage is None:
        return {}
    from pushgen.styles.usage import told

    say(f"{model.name}: {told(usage, accepted)} (accepted: {accepted_is})")
    return {"usage": {**asdict(usage), "accepted": accepted, **usage.per(accepted)}}
