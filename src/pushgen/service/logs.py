"""One line of JSON per request. What is written is listed here and names no user: no path, no query, no body, no key.

An error that nobody foresaw is written as its type and the places it passed through; its message may quote what
somebody sent.
"""

import traceback
from typing import Any, TextIO

import structlog


def open_log(stream: TextIO) -> Any:
    """A logger that writes to a stream."""
    return structlog.wrap_logger(
        structlog.PrintLogger(stream),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger("info"),
    )


def places(error: BaseException) -> list[str]:
    """Where an error came from: `file:line function`, the innermost last."""
    frames = traceback.extract_tb(error.__traceback__)[-12:]
    return [f"{frame.filename.rpartition('site-packages/')[2]}:{frame.lineno} {frame.name}" for frame in frames]
