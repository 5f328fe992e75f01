"""JSON Web Tokens that say who we are: made when needed, used again until shortly before they end."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from pushgen.errors import ConfigurationError, MissingExtraError
from pushgen.protocols import Clock

try:
    import jwt
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import load_pem_private_key
except ModuleNotFoundError as missing:
    raise MissingExtraError("pyjwt", "deliver", "Signing for push providers") from missing


class Kept:
    """A value that is made anew once it is older than `seconds`."""

    def __init__(self, make: Callable[[datetime], str], clock: Clock, seconds: float) -> None:
        self._make, self._clock, self._span = make, clock, timedelta(seconds=seconds)
        self._value: tuple[datetime, str] | None = None

    def get(self) -> str:
        now = self._clock.now()
        if self._value is None or now >= self._value[0] + self._span:
            self._value = now, self._make(now)
        return self._value[1]

    def forget(self) -> None:
        self._value = None


def signed(claims: dict[str, Any], key: Any, algorithm: str, headers: dict[str, Any] | None = None) -> str:
    """A token. `key` is a private key as `read_key` gives it."""
    return jwt.encode(claims, key, algorithm=algorithm, headers=headers)


def read_key(where: str, value: str) -> Any:
    """A private key from PEM text or from the file that holds it. The error never repeats the key."""
    text = value if "-----BEGIN" in value else _text(where, Path(value))
    try:
        return load_pem_private_key(text.encode(), None)
    except (ValueError, TypeError) as error:
        raise ConfigurationError(f"{where}: expected a private key in PEM form without a password") from error


def read_curve_key(where: str, value: str) -> ec.EllipticCurvePrivateKey:
    """A private key on the curve P-256."""
    key = read_key(where, value)
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise ConfigurationError(f"{where}: expected a key on the curve P-256")
    return key


def _text(where: str, path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(f"{where}: there is no readable file {str(path)!r}") from error
