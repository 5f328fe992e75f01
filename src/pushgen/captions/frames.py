"""Frames of a video, one from each scene.

A scene ends where the colours of two looks, half a second apart, differ: half the sum of the absolute differences of
their joint histograms of red, green and blue. Scenes give a frame from their middle; long scenes give more.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pushgen.captions.media import UNREADABLE, MediaError
from pushgen.captions.settings import FrameConfig
from pushgen.errors import MissingExtraError
from pushgen.protocols import Frame, Pixels

NO_PICTURE = "media without a picture"
_LEVELS = 4
"""Levels of each colour in a histogram."""
_LOOK = (64, 36)
"""Width and height of a look in pixels."""


@dataclass(frozen=True, slots=True)
class Scene:
    """A stretch of a video without a cut, in seconds."""

    start: float
    end: float


def sample_frames(file: Path, config: FrameConfig) -> Sequence[Frame]:
    """At most `config.count` frames in order of time, at least one.

    Raises `MediaError` for a file without a readable video, `MissingExtraError` without PyAV.
    """
    try:
        import av
        from av.error import FFmpegError
    except ImportError as error:
        raise MissingExtraError("av", "captions", "looking at videos") from error
    try:
        with av.open(str(file)) as container:
            if not container.streams.video:
                raise MediaError(NO_PICTURE)
            looks = list(_looks(container, config))
        if not looks:
            raise MediaError(UNREADABLE)
        moments = choose_moments(scenes(looks, config), config)
        with av.open(str(file)) as container:
            return list(_frames_at(container, moments, config.side))
    except (FFmpegError, ValueError, OverflowError) as error:
        raise MediaError(UNREADABLE) from error


def scenes(looks: Sequence[tuple[float, NDArray[np.float64]]], config: FrameConfig) -> list[Scene]:
    """Scenes from looks: second and histogram of each."""
    found: list[Scene] = []
    start = looks[0][0]
    for (before, old), (now, new) in pairwise(looks):
        if 0.5 * float(np.abs(old - new).sum()) >= config.cut:
            found.append(Scene(start, before))
            start = now
    return [*found, Scene(start, looks[-1][0])]


def choose_moments(found: Sequence[Scene], config: FrameConfig) -> list[float]:
    """Seconds to take frames at: the middle of each scene, the longest first, then more places of long scenes."""
    ranked: list[tuple[int, float, float]] = []
    for scene in found:
        length = scene.end - scene.start
        parts = max(1, ceil(length / config.still))
        order = sorted(range(parts), key=lambda part: abs(part - (parts - 1) / 2))
        for rank, part in enumerate(order):
            ranked.append((rank, -length, scene.start + (part + 0.5) * length / parts))
    return sorted(moment for _, _, moment in sorted(ranked)[: config.count])


def histogram(pixels: Pixels) -> NDArray[np.float64]:
    """Shares of the joint colours of a picture, shape (levels ** 3,)."""
    level = pixels.reshape(-1, 3).astype(np.int64) * _LEVELS // 256
    place = (level[:, 0] * _LEVELS + level[:, 1]) * _LEVELS + level[:, 2]
    return np.bincount(place, minlength=_LEVELS**3) / max(len(place), 1)


def _looks(container: Any, config: FrameConfig) -> Iterator[tuple[float, NDArray[np.float64]]]:
    stream = container.streams.video[0]
    stream.thread_type = "AUTO"
    if _length(container, stream) > config.key_frames_after:
        stream.codec_context.skip_frame = "NONKEY"
    next_look = -np.inf
    for frame in container.decode(stream):
        if frame.time is None or frame.time < next_look:
            continue
        next_look = frame.time + config.step
        small = frame.reformat(width=_LOOK[0], height=_LOOK[1], format="rgb24").to_ndarray()
        yield frame.time, histogram(small)


def _length(container: Any, stream: Any) -> float:
    """Seconds; 0 where the file does not say."""
    if stream.duration:
        return float(stream.duration * stream.time_base)
    return (container.duration or 0) / 1e6


def _frames_at(container: Any, moments: Sequence[float], side: int) -> Iterator[Frame]:
    stream = container.streams.video[0]
    for moment in moments:
        container.seek(int(moment / stream.time_base), stream=stream)
        found = None
        for frame in container.decode(stream):
            found = frame
            if frame.time is not None and frame.time >= moment:
                break
        if found is not None:
            yield Frame(pixels=_upright(found, side), seconds=round(float(found.time or 0.0), 3))


def _upright(frame: Any, side: int) -> Pixels:
    """The frame as it is to be seen, its longer side at most `side`."""
    scale = min(1.0, side / max(frame.width, frame.height))
    width, height = max(1, round(frame.width * scale)), max(1, round(frame.height * scale))
    pixels = frame.reformat(width=width, height=height, format="rgb24").to_ndarray()
    return np.ascontiguousarray(np.rot90(pixels, k=round((frame.rotation or 0) / 90) % 4))
