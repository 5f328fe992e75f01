"""The command line. Commands are imported only when they are called, so that `pushgen --help` stays fast."""

from pushgen.cli.app import main

__all__ = ["main"]
