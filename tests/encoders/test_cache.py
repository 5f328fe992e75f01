import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from pushgen.encoders import CachedEncoder, NgramEncoder


def test_each_distinct_text_is_encoded_once() -> None:
    cached = CachedEncoder(NgramEncoder(32))
    rows = cached.encode(["tea", "rain", "tea", "tea"])
    assert cached.misses == 2
    np.testing.assert_array_equal(rows[0], rows[2])
    cached.encode(["rain", "snow"])
    assert cached.misses == 3


def test_disk_cache_serves_another_process_and_another_encoder_misses(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from pushgen.encoders import CachedEncoder, NgramEncoder;"
        "CachedEncoder(NgramEncoder(32), Path(sys.argv[1])).encode(['tea', 'rain'])"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True)
    cached = CachedEncoder(NgramEncoder(32), tmp_path)
    np.testing.assert_array_equal(cached.encode(["rain", "tea"]), NgramEncoder(32).encode(["rain", "tea"]))
    assert cached.misses == 0
    other = CachedEncoder(NgramEncoder(64), tmp_path)
    other.encode(["tea"])
    assert other.misses == 1


def test_torn_cache_file_is_said_and_its_texts_encoded_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    CachedEncoder(NgramEncoder(32), tmp_path).encode(["tea", "rain"])
    (file,) = tmp_path.rglob("*.npz")
    whole = file.read_bytes()
    for content in (whole[: len(whole) // 2], b"", b"not a zip file"):
        file.write_bytes(content)
        cached = CachedEncoder(NgramEncoder(32), tmp_path)
        assert str(file) in capsys.readouterr().err
        np.testing.assert_array_equal(cached.encode(["tea"]), NgramEncoder(32).encode(["tea"]))
        assert cached.misses == 1
        for extra in tmp_path.rglob("*.npz"):
            if extra != file:
                extra.unlink()
