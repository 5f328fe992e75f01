"""PushGen: writes push notifications, checks them, chooses one, tests it and learns from the outcome."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("pushgen")
except PackageNotFoundError:  # a source tree that was never installed
    __version__ = "0.0.0"

__all__ = ["__version__"]
