"""Patterns on planted logs, where voice and fact are known."""

import random
from pathlib import Path

import polars as pl
import pytest
from tests.generation import tiny

from pushgen.errors import InputError
from pushgen.generation.corpus import Row
from pushgen.generation.frames import load_frames
from pushgen.generation.patterns.config import PatternsConfig
from pushgen.generation.patterns.mine import as_toml, mine
from pushgen.generation.registry import open_generator
from pushgen.generation.training import train_patterns
from pushgen.guardrails import Policy, check
from pushgen.pipeline.guarding import open_rules
from pushgen.protocols import GenerationRequest
from pushgen.records import Candidate, Content, Severity
from pushgen.tables import CORPUS, write_table

VOICE = {
    "suspense": "Nobody saw this coming. {fact}. Then it got stranger",
    "emotion": "Grab a tissue: {fact}",
    "plain": "{fact}",
    "numbers": "Here is why {said}",
}


def planted(count: int = 240, seed: int = 0) -> list[Row]:
    rng = random.Random(seed)
    rows: list[Row] = []
    for number in range(count):
        who, where, what = tiny.name(rng), tiny.name(rng), rng.choice(tiny.THINGS)
        fact = f"{who} opened {what} in {where}"
        style = list(VOICE)[number % len(VOICE)]
        said = f"the people of {where} trust {who} with {what}"
        text = VOICE[style].format(fact=fact, said=said)
        rows.append(Row(f"c{number}", f"{fact} after years of work. Later {said}.", text, style, 0.5, "en"))
    return rows


def frames_of(rows: list[Row], **config: int) -> dict[str, list[str]]:
    mined = mine(rows, PatternsConfig(**config))  # type: ignore[arg-type]
    return {style: [frame.text for frame in frames] for (style, _), frames in mined.items()}


def test_what_stands_around_the_facts_is_found() -> None:
    assert frames_of(planted()) == {
        "suspense": ["Nobody saw this coming. {fact}. Then it got stranger"],
        "emotion": ["Grab a tissue: {fact}"],
        "numbers": ["Here is why {said}"],
    }


def test_a_fact_that_many_pushes_tell_is_no_voice() -> None:
    """The same event in many pushes stands in their captions too."""
    rows = [
        Row(
            f"c{n}",
            f"The festival began today. {n} people came.",
            f"The festival began today. Guest {n}x came",
            "plain",
            1,
            "en",
        )
        for n in range(20)
    ]
    with pytest.raises(InputError, match="no such phrase"):
        mine(rows, PatternsConfig())


def test_one_content_with_many_pushes_is_no_voice() -> None:
    rows = [
        Row("c1", "A bell rang in Torana.", f"What a day! Bell {n}b rang in Torana", "plain", 1, "en")
        for n in range(20)
    ]
    with pytest.raises(InputError, match="no such phrase"):
        mine(rows, PatternsConfig())


def test_numbers_and_names_never_get_into_a_frame() -> None:
    rows = [
        Row(
            f"c{n}",
            f"Bell {n} was found.",
            f"Save 50% today. So says Mayor Ada Lunden. Bell {n}b was found",
            "offer",
            1,
            "en",
        )
        for n in range(30)
    ]
    with pytest.raises(InputError, match="no such phrase"):
        mine(rows, PatternsConfig())


def test_headlines_become_sentences() -> None:
    rows = [
        Row(row.content_id, row.caption, " ".join(word.capitalize() for word in row.text.split()), row.style, 1, "en")
        for row in planted()
    ]
    assert "Grab a tissue: {fact}" in frames_of(rows)["emotion"]


def test_chinese_frames_have_no_spaces() -> None:
    rows = [
        Row(f"c{n}", f"第{n}座大桥今天在江边正式通车了", f"没人料到，第{n}座大桥今天通车", "suspense", 1, "zh")
        for n in range(12)
    ]
    mined = mine(rows, PatternsConfig())
    assert [frame.text for frame in mined["suspense", "zh"]] == ["没人料到，{fact}"]


def test_the_file_is_read_back_as_written(tmp_path: Path) -> None:
    file = tmp_path / "frames.toml"
    mined = mine(planted(), PatternsConfig())
    file.write_text(as_toml(mined))
    read = load_frames(file)
    assert {(style, language) for style in read for language in read[style]} == set(mined)
    assert [frame.text for frame in read["emotion"]["en"].frames] == ["Grab a tissue: {fact}"]


def test_trained_generator_speaks_in_the_voice_and_stays_grounded(tmp_path: Path) -> None:
    rows = planted(400)
    frame = pl.DataFrame(
        [
            {"push_id": f"p{n}", "content_id": r.content_id, "caption": r.caption, "text": r.text, "style": r.style,
             "language": "en", "weight": r.weight} for n, r in enumerate(rows)
        ]
    )  # fmt: skip
    write_table(CORPUS.conform(frame), tmp_path / "corpus.parquet", CORPUS)
    trained = train_patterns(tmp_path / "corpus.parquet", tmp_path / "model", PatternsConfig(least_contents=5))
    assert trained.figures["frames"] == 3
    assert trained.figures["distinct"] > 0.95
    assert train_patterns(tmp_path / "corpus.parquet", tmp_path / "model", PatternsConfig(least_contents=5)).again
    generator = open_generator(str(tmp_path / "model"))
    assert generator.name.startswith("patterns:")
    contents = [Content(content_id=r.content_id, caption=r.caption) for r in planted(40, seed=7)]
    requests = [GenerationRequest(content=c, style=s) for c in contents for s in ("suspense", "emotion", "question")]
    outcomes = generator.generate(requests)
    found = [o for o in outcomes if isinstance(o, Candidate)]
    voiced = [o for o in found if o.style in ("suspense", "emotion")]
    assert len(voiced) == 80
    assert all(o.text.startswith(("Nobody saw this coming.", "Grab a tissue:")) for o in voiced)
    assert any(o.style == "question" for o in found)  # filled from the packaged frames
    rules = open_rules(Policy(), None)
    for content in contents[:10]:
        own = [o for o in found if o.content_id == content.content_id]
        verdicts = check(content, own, rules).verdicts
        assert not [v for v in verdicts if v.severity is Severity.BLOCK and v.rule in ("numbers", "names", "quotes")]
