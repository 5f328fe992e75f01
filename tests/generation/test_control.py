"""Control of styles, on candidates whose figures can be counted by hand."""

import json
import math
from collections.abc import Sequence
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.generation import tiny

from pushgen.cli.app import app
from pushgen.errors import ConfigurationError, InputError
from pushgen.generation.batches import REPEATED, write_candidates
from pushgen.generation.control import ControlConfig, measure_control
from pushgen.generation.diversity import bleu, distinct, self_bleu, tokens
from pushgen.protocols import GenerationFailure, GenerationRequest
from pushgen.records import Candidate, Content
from pushgen.tables import CANDIDATES, CORPUS, read_table, write_table


def candidate(content: str, style: str, body: str) -> Candidate:
    return Candidate(
        candidate_id=f"{content}-{style}-{body}", content_id=content, body=body, style=style, generator="g", seed=0,
        prompt_hash="h",
    )  # fmt: skip


def test_distinct_grams() -> None:
    texts = [tokens("The cat sat"), tokens("the cat ran!")]
    assert distinct(texts, 1) == 4 / 6
    assert distinct(texts, 2) == 3 / 4
    assert math.isnan(distinct(texts, 4))
    assert tokens("桥开了 iPhone15") == ["桥", "开", "了", "iphone15"]


def test_bleu_by_hand() -> None:
    # Precisions 3/4, (2 + 1) / (3 + 1), (1 + 1) / (2 + 1), (0 + 1) / (1 + 1); equal lengths.
    assert bleu(["a", "b", "c", "d"], [["a", "b", "c", "e"]]) == pytest.approx((3 / 4 * 3 / 4 * 2 / 3 * 1 / 2) ** 0.25)
    # Two of three words, no pair; the nearest length is four: the penalty is exp(1 - 4/3).
    short = (2 / 3 * 1 / 3 * 1 / 2) ** (1 / 3) * math.exp(1 - 4 / 3)
    assert bleu(["a", "x", "b"], [["a", "b", "c", "d"], ["a", "b", "c", "d", "e", "f"]]) == pytest.approx(short)
    # A word counts at most as often as in one reference.
    assert bleu(["a", "a"], [["a"]]) == pytest.approx((1 / 2 * (0 + 1) / (1 + 1)) ** 0.5)
    assert bleu(["x"], [["a"]]) == 0.0


@given(st.lists(st.lists(st.sampled_from("abcde"), min_size=1, max_size=7), min_size=2, max_size=5))
def test_self_bleu_lies_between_0_and_1_and_knows_no_order(texts: list[list[str]]) -> None:
    value = self_bleu(texts)
    assert 0 <= value <= 1 + 1e-12
    assert self_bleu(texts[::-1]) == pytest.approx(value)
    assert self_bleu([texts[0], texts[0]]) == pytest.approx(1.0)


def test_agreement_shares_and_confusions() -> None:
    asked = [candidate(f"c{n}", style, f"text {n} {style}") for n in range(10) for style in ("plain", "question")]
    found = ["plain" if one.style == "plain" or one.content_id in ("c0", "c1") else "question" for one in asked]
    report = measure_control(asked, found, before=["plain"] * 3 + ["offer"])
    assert report.agreement.value == pytest.approx(18 / 20)
    assert report.chance == pytest.approx(0.5 * 12 / 20 + 0.5 * 8 / 20)
    assert report.kappa.value == pytest.approx((0.9 - 0.5) / 0.5)
    rows = {row.style: row for row in report.styles}
    assert (rows["question"].agreement, rows["question"].mistaken_for) == (0.8, "plain")
    assert (rows["plain"].before, rows["plain"].after) == (0.75, 0.6)
    assert (rows["offer"].asked, rows["offer"].agreement, rows["offer"].before) == (0, None, 0.25)
    assert report.own.value == 1.0
    assert report.largest == ("plain", 0.6)
    assert report.agreement.low < 0.9 < report.agreement.high


def test_collapse_is_called_out_and_health_is_not() -> None:
    styles = ("plain", "question", "offer", "emotion")
    words = ["river", "bridge", "market", "tower", "school", "forest", "island", "harbour", "castle", "garden"]
    healthy = [
        candidate(f"c{n}", style, f"{style} {words[n % 10]} {n} {words[(n + k + 1) % 10]}")
        for n in range(40)
        for k, style in enumerate(styles)
    ]
    assert measure_control(healthy, [one.style for one in healthy]).alarms == []
    one_style = measure_control(healthy, ["plain"] * len(healthy)).alarms
    assert [alarm.split(":")[0] for alarm in one_style] == ["style collapse", "no control"]
    same = [candidate(f"c{n}", style, f"The river of {n} is open") for n in range(40) for style in styles]
    assert [alarm.split(":")[0] for alarm in measure_control(same, [one.style for one in same]).alarms] == [
        "one text for all styles"
    ]
    everywhere = [candidate(f"c{n}", style, f"A {style} text") for n in range(40) for style in styles]
    alarms = measure_control(everywhere, [one.style for one in everywhere]).alarms
    assert [alarm.split(":")[0] for alarm in alarms] == ["one text for many contents"]


def test_few_candidates_raise_no_alarm_by_chance() -> None:
    few = [candidate(f"c{n}", style, f"{style} {n}") for n in range(3) for style in ("plain", "offer")]
    assert measure_control(few, ["plain", "offer", "plain", "plain", "plain", "offer"]).alarms == []


def test_settings_and_nothing_to_measure_are_errors_in_words() -> None:
    with pytest.raises(ConfigurationError, match="no candidates"):
        measure_control([], [])
    with pytest.raises(ConfigurationError, match="range"):
        ControlConfig(max_share=2.0)


def test_texts_that_differ_in_case_and_marks_alone_are_written_once() -> None:
    class Loud:
        name = "loud"
        deterministic = True

        def generate(self, requests: Sequence[GenerationRequest]) -> list[Candidate | GenerationFailure]:
            bodies = ("The bridge is open", "THE BRIDGE is open!", "The bridge is shut")
            return [candidate(r.content.content_id, r.style, bodies[r.index]) for r in requests]

    written = write_candidates([Content(content_id="a", caption="x")], Loud(), ("plain",), n=3)
    assert [one.body for one in written.candidates] == ["The bridge is open", "The bridge is shut"]
    assert written.failures == {REPEATED: 1}


def run(*words: str | Path) -> None:
    app([str(word) for word in words], exit_on_error=False, result_action="return_value")


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    contents = tmp_path / "contents.csv"
    rows = tiny.corpus(6).select("content_id", "caption")
    rows.write_csv(contents)
    write_table(tiny.corpus(30, seed=2), tmp_path / "corpus.parquet", CORPUS)
    human = pl.DataFrame({"text": ["Did you know?", "Save 20% today"], "style": ["question", "offer"]})
    human.write_csv(tmp_path / "human.csv")
    out = tmp_path / "candidates.parquet"
    words = ("evaluate", "generator", "template", contents, "--styles", "plain,question,suspense", "--n", "2")
    more = ("--labeller", "prototype", "--labelled", tmp_path / "human.csv", "--corpus", tmp_path / "corpus.parquet")
    run(*words, *more, "--out", out, "--json", "-")
    told = json.loads(capsys.readouterr().out)
    written = read_table(out, CANDIDATES)
    assert told["candidates"] == written.height
    assert told["candidates"] + sum(told["failures"].values()) == 6 * 3 * 2
    assert told["labeller_accuracy"]["texts"] == 2
    assert {row["style"] for row in told["styles"] if row["asked"]} == {"plain", "question", "suspense"}
    assert sum(row["before"] for row in told["styles"]) == pytest.approx(1.0)
    run("evaluate", "generator", out, contents, "--labeller", "prototype", "--json", tmp_path / "again.json")
    again = json.loads((tmp_path / "again.json").read_text())
    assert again["agreement"] == told["agreement"]
    assert again["diversity"] == told["diversity"]
    (tmp_path / "empty.csv").write_text("content_id,caption\na,\n")
    with pytest.raises(InputError, match="2 x empty caption"):
        run("evaluate", "generator", "template", tmp_path / "empty.csv", "--styles", "plain,offer")
