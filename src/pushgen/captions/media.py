"""From what a content names as its media to pictures in memory."""

import os
import tempfile
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from pushgen.captions.settings import FrameConfig
from pushgen.errors import MissingExtraError
from pushgen.protocols import Frame, Pixels

NOT_FOUND = "media not found"
NOT_FETCHED = "media cannot be fetched"
TOO_LARGE = "media too large"
UNREADABLE = "media unreadable"
TIMEOUT = 60.0
"""Seconds that a server may stay silent while a file is fetched."""


class MediaError(Exception):
    """Media of one content that cannot be used."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
        """Short and countable."""


def frames_of(media: str, root: Path, config: FrameConfig, max_bytes: int) -> Sequence[Frame]:
    """The picture, or frames of the video, at a path below `root`, an absolute path or an HTTP address.

    Raises `MediaError`; `MissingExtraError` without Pillow or PyAV.
    """
    with _file(media, root, max_bytes) as file:
        picture = _picture(file, config.side)
        if picture is not None:
            return [Frame(pixels=picture)]
        from pushgen.captions.frames import sample_frames

        return sample_frames(file, config)


def state_of(media: str, root: Path) -> os.stat_result | None:
    """Size and time of a file; None for an address and where there is no such file."""
    try:
        path = root / media
        return path.stat() if path.is_file() else None
    except (OSError, ValueError):  # a name that no file can have
        return None


@contextmanager
def _file(media: str, root: Path, max_bytes: int) -> Generator[Path]:
    if media.startswith(("http://", "https://")):
        with tempfile.NamedTemporaryFile() as target:
            _fetch(media, target, max_bytes)
            yield Path(target.name)
        return
    found = state_of(media, root)
    if found is None:
        raise MediaError(NOT_FOUND)
    if found.st_size > max_bytes:
        raise MediaError(TOO_LARGE)
    yield root / media


def _fetch(url: str, target: Any, max_bytes: int) -> None:
    try:
        import httpx
    except ImportError as error:
        raise MissingExtraError("httpx", "captions", "media behind an address") from error
    size = 0
    try:
        with httpx.stream("GET", url, timeout=TIMEOUT, follow_redirects=True) as response:
            if response.status_code >= 400:
                raise MediaError(NOT_FOUND if response.status_code in (404, 410) else NOT_FETCHED)
            for piece in response.iter_bytes():
                size += len(piece)
                if size > max_bytes:
                    raise MediaError(TOO_LARGE)
                target.write(piece)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise MediaError(NOT_FETCHED) from error
    target.flush()


def _picture(file: Path, side: int) -> Pixels | None:
    """The picture in a file, upright; None where it holds no still picture."""
    try:
        from PIL import Image, ImageOps, UnidentifiedImageError
    except ImportError as error:
        raise MissingExtraError("pillow", "captions", "looking at pictures") from error
    try:
        with Image.open(file) as found:
            if getattr(found, "is_animated", False):
                return None
            found.draft("RGB", (2 * side, 2 * side))  # a large photograph is decoded at a fraction of its size
            upright = ImageOps.exif_transpose(found).convert("RGB")
            upright.thumbnail((side, side))
            return np.asarray(upright)
    except UnidentifiedImageError:
        return None
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise MediaError(UNREADABLE) from error
