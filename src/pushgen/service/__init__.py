"""The service: the store and the models over HTTP. Needs the extra `service`."""

from importlib.util import find_spec

from pushgen.errors import MissingExtraError

if find_spec("fastapi") is None:
    raise MissingExtraError("fastapi", "service", "The service")
