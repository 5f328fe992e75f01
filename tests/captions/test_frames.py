"""Frames from videos that were made with known cuts."""

from pathlib import Path

import numpy as np
import pytest
from tests.captions.material import BLUE, GREEN, RED, WHITE, picture, save_picture, save_sound, save_video

from pushgen.captions.frames import NO_PICTURE, Scene, choose_moments, sample_frames, scenes
from pushgen.captions.media import NOT_FOUND, TOO_LARGE, UNREADABLE, MediaError, frames_of
from pushgen.captions.settings import FrameConfig
from pushgen.errors import ConfigurationError
from pushgen.protocols import Frame


def colour_of(frame: Frame) -> tuple[int, int, int]:
    red, green, blue = (int(value) for value in np.median(frame.pixels.reshape(-1, 3), axis=0))
    return red, green, blue


def is_near(frame: Frame, colour: tuple[int, int, int]) -> bool:
    return max(abs(a - b) for a, b in zip(colour_of(frame), colour, strict=True)) < 25


def test_each_scene_gives_a_frame_from_its_middle(tmp_path: Path) -> None:
    video = save_video(tmp_path / "v.mp4", [(RED, 2.0), (GREEN, 6.0), (BLUE, 3.0), (RED, 1.0)])
    frames = sample_frames(video, FrameConfig())
    assert len(frames) == 4
    assert all(is_near(frame, colour) for frame, colour in zip(frames, (RED, GREEN, BLUE, RED), strict=True))
    for frame, middle in zip(frames, (1.0, 5.0, 9.5, 11.5), strict=True):
        assert frame.seconds == pytest.approx(middle, abs=0.6)


def test_the_longest_scenes_stay_where_there_are_too_many(tmp_path: Path) -> None:
    video = save_video(tmp_path / "v.mp4", [(RED, 1.0), (GREEN, 4.0), (BLUE, 1.5), (WHITE, 3.0)])
    frames = sample_frames(video, FrameConfig(count=2))
    assert [is_near(frame, colour) for frame, colour in zip(frames, (GREEN, WHITE), strict=True)] == [True, True]


def test_a_video_without_cuts_gives_a_frame_for_each_stretch(tmp_path: Path) -> None:
    video = save_video(tmp_path / "v.mp4", [(RED, 6.0)])
    assert len(sample_frames(video, FrameConfig())) == 1
    seconds = [frame.seconds for frame in sample_frames(video, FrameConfig(still=2.0))]
    assert seconds == [pytest.approx(place, abs=0.5) for place in (1.0, 3.0, 5.0)]


def test_of_a_long_video_key_frames_alone_are_looked_at(tmp_path: Path) -> None:
    video = save_video(tmp_path / "v.mp4", [(RED, 4.0), (GREEN, 4.0)])
    frames = sample_frames(video, FrameConfig(key_frames_after=1.0))
    assert len(frames) == 2
    assert is_near(frames[0], RED)


def test_scenes_are_parted_by_the_distance_of_colours() -> None:
    one, other = np.array([1.0, 0.0, 0.0]), np.array([0.6, 0.4, 0.0])
    looks = [(0.0, one), (0.5, one), (1.0, other), (1.5, other)]
    assert scenes(looks, FrameConfig(cut=0.4)) == [Scene(0.0, 0.5), Scene(1.0, 1.5)]
    assert scenes(looks, FrameConfig(cut=0.41)) == [Scene(0.0, 1.5)]


def test_every_scene_comes_before_a_second_frame_of_any() -> None:
    found = [Scene(0.0, 30.0), Scene(31.0, 32.0)]
    assert choose_moments(found, FrameConfig(count=2)) == [15.0, 31.5]
    assert choose_moments(found, FrameConfig(count=4)) == [5.0, 15.0, 25.0, 31.5]
    assert len(choose_moments(found, FrameConfig(count=99))) == 4


def test_pictures_are_upright_small_and_of_three_colours(tmp_path: Path) -> None:
    from PIL import Image

    turned = Image.Exif()
    turned[0x0112] = 6  # the camera lay on its side
    save_picture(tmp_path / "p.jpg", picture(RED, 400, 200), exif=turned)
    (frame,) = frames_of("p.jpg", tmp_path, FrameConfig(side=100), 1 << 20)
    assert frame.pixels.shape == (100, 50, 3)
    assert frame.seconds is None
    assert frame.pixels[:8].max() < 60  # the bar of the left side lies at the top
    save_picture(tmp_path / "p.png", picture(BLUE, 40, 20))
    assert frames_of("p.png", tmp_path, FrameConfig(), 1 << 20)[0].pixels.shape == (20, 40, 3)


def test_an_animated_picture_is_a_video(tmp_path: Path) -> None:
    from PIL import Image

    images = [Image.fromarray(picture(colour)) for colour in (RED,) * 10 + (BLUE,) * 10]
    images[0].save(tmp_path / "a.gif", save_all=True, append_images=images[1:], duration=200)
    frames = frames_of("a.gif", tmp_path, FrameConfig(), 1 << 20)
    assert len(frames) == 2
    assert all(frame.seconds is not None for frame in frames)


def test_media_that_cannot_be_used_say_why(tmp_path: Path) -> None:
    video = save_video(tmp_path / "v.mp4", [(RED, 2.0)])
    (tmp_path / "torn.mp4").write_bytes(video.read_bytes()[:300])
    (tmp_path / "text.txt").write_text("no picture")
    (tmp_path / "empty.jpg").write_bytes(b"")
    whole = save_picture(tmp_path / "p.jpg", picture(RED)).read_bytes()
    (tmp_path / "torn.jpg").write_bytes(whole[: len(whole) // 2])
    save_sound(tmp_path / "sound.wav")
    expected = {
        "nothing.jpg": NOT_FOUND,
        "x" * 5000: NOT_FOUND,
        "a\0b": NOT_FOUND,
        ".": NOT_FOUND,
        "torn.mp4": UNREADABLE,
        "text.txt": UNREADABLE,
        "empty.jpg": UNREADABLE,
        "torn.jpg": UNREADABLE,
        "sound.wav": NO_PICTURE,
    }
    for media, reason in expected.items():
        with pytest.raises(MediaError) as caught:
            frames_of(media, tmp_path, FrameConfig(), 1 << 20)
        assert caught.value.reason == reason, media
    with pytest.raises(MediaError) as caught:
        frames_of("v.mp4", tmp_path, FrameConfig(), 100)
    assert caught.value.reason == TOO_LARGE


def test_settings_out_of_range_are_named() -> None:
    with pytest.raises(ConfigurationError, match="cut"):
        FrameConfig(cut=1.5)
