"""What happens to zero exposure, one arm, late arms, impossible counts, bad clocks, duplicates: defined, and said."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pushgen.errors import ConfigurationError, InputError
from pushgen.experiments.analysis import analyze
from pushgen.experiments.events import EVENTS, count_events
from pushgen.experiments.observations import OBSERVATIONS, observe, read_observations
from pushgen.experiments.settings import AnalysisConfig, Rules

START = datetime(2026, 3, 1, 12, tzinfo=UTC)


def write(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def states(path: Path) -> dict[str, str]:
    return {check.name: check.state for check in analyze(read_observations(path), Rules()).checks}


def test_zero_exposure_of_one_arm_leaves_it_out(tmp_path: Path) -> None:
    file = write(tmp_path / "t.csv", "arm,impressions,clicks\ncontrol,100000,1000\nb,100000,1300\nc,0,0\n")
    found = analyze(read_observations(file), Rules())
    assert (found.decision.action, [item.arm for item in found.comparisons]) == ("ship", ["b"])
    assert {check.name: check.state for check in found.checks}["zero exposure"] == "warning"


@pytest.mark.parametrize("rows", ["control,0,0\nb,1000,10\n", "control,1000,10\nb,0,0\n", "control,0,0\nb,0,0\n"])
def test_zero_exposure_of_all_but_one_stops(tmp_path: Path, rows: str) -> None:
    found = analyze(read_observations(write(tmp_path / "t.csv", "arm,impressions,clicks\n" + rows)), Rules())
    assert (found.decision.action, found.decision.headline) == ("stop", "Stop: nothing to compare.")


def test_no_click_anywhere_runs_on(tmp_path: Path) -> None:
    file = write(tmp_path / "t.csv", "arm,impressions,clicks\ncontrol,500,0\nb,500,0\n")
    assert analyze(read_observations(file), Rules()).decision.action == "keep running"


def test_a_refusal_says_what_was_left_out_of_the_table(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="1 rows left out: 1 x clicks above impressions"):
        read_observations(write(tmp_path / "t.csv", "arm,impressions,clicks\ncontrol,500,1\nb,100,120\n"))


def test_one_arm_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="at least two arms"):
        read_observations(write(tmp_path / "t.csv", "arm,impressions,clicks\ncontrol,500,1\n"))


def test_an_arm_added_in_flight_is_compared_on_common_days() -> None:
    """The control's rate falls on the day the arm joins: its whole history would make the arm look worse."""
    rows = [{"arm": arm, "impressions": 50_000, "clicks": 1000, "date": START + timedelta(days=day)}
            for day in range(4) for arm in ("control", "b")]  # fmt: skip
    rows += [{"arm": arm, "impressions": 50_000, "clicks": 500, "date": START + timedelta(days=day)}
             for day in range(4, 8) for arm in ("control", "b", "late")]  # fmt: skip
    found = analyze(observe(OBSERVATIONS.conform(pl.DataFrame(rows)), "e"), Rules())
    late = next(item for item in found.comparisons if item.arm == "late")
    assert late.lift == pytest.approx(0.0, abs=1e-6)
    assert late.days == 4
    assert found.checks[0].state == "ok"
    assert "late on 2026-03-05" in next(check for check in found.checks if check.name == "arms added in flight").words


def test_arms_that_never_ran_together_stop() -> None:
    rows = [{"arm": arm, "impressions": 1000, "clicks": 10, "date": START + timedelta(days=day)}
            for day, arm in enumerate(("control", "b"))]  # fmt: skip
    found = analyze(observe(OBSERVATIONS.conform(pl.DataFrame(rows)), "e"), Rules())
    assert found.decision.action == "stop"


def test_clicks_above_impressions_are_named_and_break_an_arm_table(tmp_path: Path) -> None:
    rows = "arm,impressions,clicks\ncontrol,1000,10\nb,1000,12\nc,10,20\n"
    found = analyze(read_observations(write(tmp_path / "t.csv", rows)), Rules())
    bad = next(check for check in found.checks if check.name == "bad rows")
    assert (bad.state, found.decision.action) == ("broken", "stop")
    assert "clicks above impressions (first: row 3, clicks '20')" in bad.words


def test_a_few_bad_rows_among_many_users_are_a_warning(tmp_path: Path) -> None:
    rows = [f"u{i},{'control' if i % 2 else 'b'},10,{i % 3}" for i in range(1000)] + ["x,b,1,2", "y,b,one,0"]
    file = write(tmp_path / "t.csv", "user_id,arm,impressions,clicks\n" + "\n".join(rows) + "\n")
    assert states(file) == {"sample ratio": "ok", "bad rows": "warning"}


def test_users_in_two_arms_are_left_out_and_many_of_them_stop(tmp_path: Path) -> None:
    def file(leaks: int) -> Path:
        rows = [f"u{i},{'control' if i % 2 else 'b'},10,{i % 3}" for i in range(1000)]
        rows += [f"u{i},{'b' if i % 2 else 'control'},10,1" for i in range(leaks)]
        return write(tmp_path / "t.csv", "user_id,arm,impressions,clicks\n" + "\n".join(rows) + "\n")

    assert states(file(4))["users in several arms"] == "warning"
    assert sum(arm.units or 0 for arm in analyze(read_observations(file(4)), Rules()).arms) == 996
    assert states(file(40))["users in several arms"] == "broken"


def event(number: int, user: str, arm: str, kind: str, minutes: float) -> dict[str, object]:
    at = START + timedelta(minutes=minutes)
    return {"event_id": f"e{number}", "user_id": user, "arm": arm, "event": kind, "at": at}


def test_events_become_counts_whatever_their_order() -> None:
    rows = [
        event(1, "u", "b", "click", 2),
        event(2, "u", "b", "impression", 0),
        event(3, "u", "b", "opt_out", 3),
        event(4, "v", "b", "impression", 0),
        event(5, "v", "b", "click", -4),  # a clock four minutes off
        event(6, "v", "b", "click", 1),  # a second click on one impression
        event(7, "w", "b", "click", 0),  # never shown
        event(8, "x", "b", "impression", 10),
        event(9, "x", "b", "click", -600),  # a clock that runs backwards
    ]
    for order in (rows, rows[::-1]):
        found = count_events(EVENTS.conform(pl.DataFrame(order)))
        counts = {
            row["user_id"]: (row["impressions"], row["clicks"], row["opt_outs"]) for row in found.frame.to_dicts()
        }
        assert counts == {"u": (1, 1, 1), "v": (1, 1, 0), "x": (1, 0, 0)}
        assert found.faults == {
            "events without an impression": 1,
            "events before their impression": 1,
            "clicks beyond the impressions": 1,
        }


@given(st.lists(st.tuples(st.integers(0, 5), st.sampled_from(["impression", "click", "dislike"]),
                          st.integers(-600, 600)), min_size=1, max_size=40))  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_every_event_is_counted_or_left_out_for_a_reason(rows: list[tuple[int, str, int]]) -> None:
    events = [event(i, f"u{user}", "b", kind, minutes) for i, (user, kind, minutes) in enumerate(rows)]
    found = count_events(EVENTS.conform(pl.DataFrame(events)))
    kept = sum(int(found.frame[name].sum()) for name in ("impressions", "clicks", "dislikes"))
    assert kept + sum(found.faults.values()) == len(rows)
    assert (found.frame["clicks"] <= found.frame["impressions"]).all()


def test_duplicate_events_count_once_and_are_said(tmp_path: Path) -> None:
    rows = []
    for i in range(200):
        arm = "control" if i % 2 else "b"
        rows += [f"i{i},u{i},{arm},impression,2026-03-01T12:00:00Z", f"c{i},u{i},{arm},click,2026-03-01T12:01:00Z"]
    lines = ["event_id,user_id,arm,event,at", *rows, *rows[:30]]
    found = analyze(read_observations(write(tmp_path / "t.csv", "\n".join(lines) + "\n")), Rules())
    assert [(arm.impressions, arm.clicks) for arm in found.arms] == [(100, 100), (100, 100)]
    repeated = next(check for check in found.checks if check.name == "repeated event ids")
    assert (repeated.state, repeated.words) == ("warning", "30 of 430 events left out")


def test_many_events_of_a_backward_clock_stop(tmp_path: Path) -> None:
    lines = ["event_id,user_id,arm,event,at"]
    for i in range(50):
        arm, day = ("control", 1) if i % 2 else ("b", 2)
        lines += [f"i{i},u{i},{arm},impression,2026-03-02T00:00:00Z", f"c{i},u{i},{arm},click,2026-03-0{day}T12:00:00Z"]
    found = analyze(read_observations(write(tmp_path / "t.csv", "\n".join(lines) + "\n")), Rules())
    assert found.decision.headline == "Stop: the data are broken (events before their impression)."


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("arm,impressions,clicks\n", "at least two arms"),
        ("arm,impressions\na,1\nb,1\n", "clicks"),
        ("arm,user_id,impressions,clicks\na,u,1,0\nb,,1,0\n", "row 2, field 'user_id'"),
        ("arm,experiment_id,impressions,clicks\na,e1,1,0\nb,e2,1,0\n", "--experiment"),
        ("event_id,user_id,arm,event,at\n1,u,a,opened,2026-01-01\n", "'opened' in 1 rows"),
    ],
)
def test_tables_that_cannot_be_used_say_why(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        read_observations(write(tmp_path / "t.csv", text))


def test_segments_must_be_there_and_be_segments(tmp_path: Path) -> None:
    file = write(tmp_path / "t.csv", "arm,impressions,clicks,country\na,100,1,de\nb,100,1,de\n")
    assert read_observations(file, segments=["country"]).segments == ("country",)
    with pytest.raises(InputError, match="field 'city'"):
        read_observations(file, segments=["city"])
    with pytest.raises(ConfigurationError, match="clicks"):
        read_observations(file, segments=["clicks"])


def test_named_experiments_are_kept_apart(tmp_path: Path) -> None:
    rows = "arm,experiment_id,impressions,clicks\na,e1,1000,10\nb,e1,1000,12\na,e2,5000,50\nb,e2,5000,50\n"
    file = write(tmp_path / "t.csv", rows)
    found = analyze(read_observations(file, "e2"), Rules(), AnalysisConfig())
    assert (found.experiment_id, found.arms[0].impressions) == ("e2", 5000)
    with pytest.raises(InputError, match="the experiment 'e3'"):
        read_observations(file, "e3")
