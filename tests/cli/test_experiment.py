"""The experiment commands as a user runs them."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

TABLE = "arm,impressions,clicks,opt_outs\ncontrol,100000,1000,50\nb,100200,1300,52\n<i>c</i>,99800,1010,49\n"
SENDS = """clickability_test_id,headline,lede,impressions,clicks,eyecatcher_id,created_at
t1,One title,<p>About it</p>,100000,1000,m,2014-05-01
t1,Another title,<p>About it</p>,100100,1300,m,2014-05-01
t2,A title,<p>More</p>,5000,50,m,2014-05-02
t2,Its rival,<p>More</p>,9000,90,m,2014-05-02
"""


def pushgen(*words: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from pushgen.cli import main; main()", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)


def test_plan_prints_its_promise() -> None:
    done = pushgen("experiment", "plan", "--baseline", "0.006", "--method", "fixed", "--daily", "50000", "--json")
    assert done.returncode == 0, done.stderr
    plan = json.loads(done.stdout)["plan"]
    assert (plan["control"], plan["days"]) == (272_979, 11)
    assert "272,979" in done.stderr
    wrong = pushgen("experiment", "plan")
    assert (wrong.returncode, "--baseline" in wrong.stderr) == (2, True)


def test_a_table_becomes_a_decision_and_a_page(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(TABLE)
    page = tmp_path / "out" / "page.html"
    done = pushgen("experiment", "analyze", tmp_path / "t.csv", "--slack", "0.01", "--html", page, "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert (found["decision"]["action"], found["decision"]["arm"]) == ("ship", "b")
    assert found["checks"][0]["name"] == "sample ratio"
    assert done.stderr.startswith("Ship b: +29.7% CTR over control")
    html = page.read_text()
    assert html.count("<svg") == 2
    assert "Ship b" in html
    assert "Guardrails" in html
    assert "&lt;i&gt;c&lt;/i&gt;" in html
    assert "<i>c</i>" not in html
    assert "https://" not in html


def test_an_experiment_of_a_log_is_named_and_its_audit_respected(tmp_path: Path) -> None:
    (tmp_path / "packages.csv").write_text(SENDS)
    log = tmp_path / "log"
    assert pushgen("import", "upworthy", tmp_path / "packages.csv", "--out", log).returncode == 0
    unnamed = pushgen("experiment", "analyze", log)
    assert (unnamed.returncode, "2 experiments, such as t1, t2" in unnamed.stderr) == (1, True)
    good = pushgen("experiment", "analyze", log, "--experiment", "t1", "--json")
    assert json.loads(good.stdout)["decision"]["action"] == "ship"
    assert "Another title" in good.stderr
    bad = pushgen("experiment", "analyze", log, "--experiment", "t2", "--json")
    found = json.loads(bad.stdout)
    assert (found["decision"]["headline"], found["comparisons"]) == ("Stop: the sample ratio is broken.", [])
    assert "audit" in {check["name"] for check in found["checks"]}


@pytest.mark.parametrize(
    ("flags", "words"),
    [(["--method", "group-sequential"], "--planned"), (["--level", "95"], "level must be in (0, 1)")],
)
def test_wrong_settings_are_wrong_use(tmp_path: Path, flags: list[str], words: str) -> None:
    (tmp_path / "t.csv").write_text(TABLE)
    done = pushgen("experiment", "analyze", tmp_path / "t.csv", *flags)
    assert (done.returncode, words in done.stderr) == (2, True), done.stderr
