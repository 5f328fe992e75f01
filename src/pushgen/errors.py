"""Every error that PushGen raises on purpose. The message always says what to do next."""

from dataclasses import dataclass


class PushgenError(Exception):
    """Base of all errors that PushGen raises on purpose; the command line prints it without a traceback."""


@dataclass(slots=True)
class InputError(PushgenError):
    """Input that cannot be used. It names the place, the expectation, the finding and the remedy."""

    expected: str
    """What the place should hold."""
    found: str
    """What it holds, as `repr` where it is a value."""
    remedy: str
    """What the user can do about it, as an imperative sentence."""
    file: str | None = None
    """Path of the file, as the user gave it."""
    row: int | None = None
    """Data row counted from 1; the header of a CSV file is not counted."""
    field: str | None = None
    """Name of the column or key."""

    def __str__(self) -> str:
        where = [f"file {self.file!r}" if self.file else "", f"row {self.row}" if self.row else ""]
        where.append(f"field {self.field!r}" if self.field else "")
        place = ", ".join(part for part in where if part)
        head = f"{place}: " if place else ""
        return f"{head}expected {self.expected}, found {self.found}. {self.remedy}"


class ConfigurationError(PushgenError):
    """A setting that contradicts another or lies outside its range. The command line exits with 2."""


class WorkspaceError(PushgenError):
    """An output folder that belongs to another run, is in use, or cannot be written."""


class CollapsedModelError(PushgenError):
    """A trained generator that writes (nearly) the same text for every content and must not be shipped."""


class ServiceError(PushgenError):
    """A server that PushGen asked is not reachable, refuses, or answers what cannot be used."""

    def __init__(self, message: str, *, reason: str = "no usable answer") -> None:
        super().__init__(message)
        self.reason = reason
        """Short and countable."""


class MissingExtraError(PushgenError):
    """A package that an optional part needs is not installed."""

    def __init__(self, package: str, extra: str, purpose: str) -> None:
        super().__init__(
            f"{purpose} needs the package {package!r}, which is not installed. "
            f"Install it with: pip install 'pushgen[{extra}]'"
        )
        self.package = package
        self.extra = extra
