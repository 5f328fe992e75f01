"""The service: the store and the models over HTTP. Needs the extra `service`."""

from pushgen.errors import MissingExtraError

try:
    import fastapi  # noqa: F401  (asked for here, so that its lack is said in words)
except ModuleNotFoundError as missing:
    raise MissingExtraError("fastapi", "service", "The service") from missing
