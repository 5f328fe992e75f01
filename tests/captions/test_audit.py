"""The page that people rate captions on, in a real browser, and what its ratings say."""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from sklearn.metrics import cohen_kappa_score
from tests.captions.material import GREEN, picture, save_picture

from pushgen.captions.audit import marked
from pushgen.captions.ratings import summarize, weighted_kappa
from pushgen.cli.app import app
from pushgen.errors import InputError
from pushgen.records import Origin, Provenance
from pushgen.report import write_report

HOSTILE = "</p><script>document.title='taken'</script><img src=x onerror=alert(1)>"


def run(*words: str | Path) -> None:
    app([str(word) for word in words], exit_on_error=False, result_action="return_value")


def make_page(folder: Path, count: int = 3) -> Path:
    save_picture(folder / "p.png", picture(GREEN, 700, 400))
    rows: list[dict[str, Any]] = [
        {"content_id": f"c{n}", "title": f"Bridge {n}", "body": f"<p>Bridge {n} opened on Monday.</p>"}
        for n in range(9)
    ]
    rows[0] |= {"title": HOSTILE, "media": "p.png", "price": "12 EUR"}
    rows.append({"content_id": "empty"})
    source, made = folder / "contents.jsonl", folder / "captions.parquet"
    source.write_text("\n".join(json.dumps(row) for row in rows))
    run("caption", source, "--out", made, "--columns.article", "body", "--columns.fields", "price")
    run("caption", "audit", made, source, "--out", folder / "audit.html", "--count", str(count), "--seed", "1")
    return folder / "audit.html"


def test_the_page_shows_sources_marks_facts_and_is_drawn_the_same_twice(tmp_path: Path) -> None:
    page = make_page(tmp_path, count=50).read_text()
    assert page.count("<article") == 9
    assert '<mark title="date: article (body)">Monday</mark>' in page
    assert '<mark title="number: product (price)">12 EUR</mark>' in page
    assert "data:image/jpeg;base64," in page
    assert "<script>document" not in page
    assert "http" not in page.replace("http-equiv", "")
    first = make_page(tmp_path).read_text()
    assert make_page(tmp_path).read_text() == first
    assert first.count("<article") == 3


def test_a_person_rates_saves_and_goes_on_later(tmp_path: Path) -> None:
    """Ratings survive a reload, and the saved file gives the summary."""
    api = pytest.importorskip("playwright.sync_api", reason="needs playwright")
    chromium = shutil.which("chromium") or pytest.skip("needs chromium")
    page_file = make_page(tmp_path)
    with api.sync_playwright() as browsers:
        browser = browsers.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page()
        page.goto(page_file.as_uri())
        page.fill("#rater", "Ada B.")
        for card, (factuality, completeness) in enumerate([(2, 2), (0, 1)], 1):
            page.check(f"input[name=factuality-{card}][value='{factuality}']")
            page.check(f"input[name=completeness-{card}][value='{completeness}']")
        page.fill("article:nth-of-type(2) textarea", "The bridge is older.")
        assert page.text_content("#progress") == "2 of 3 rated"
        page.reload()
        assert page.text_content("#progress") == "2 of 3 rated"
        assert page.title() == "PushGen: caption audit"
        with page.expect_download() as download:
            page.click("#save")
        assert download.value.suggested_filename.endswith("-Ada-B-.json")
        download.value.save_as(tmp_path / "ratings.json")
        browser.close()
    found = summarize([tmp_path / "ratings.json"])
    assert (found.rated, found.sampled, found.of, list(found.raters)) == (2, 3, 9, ["Ada B."])
    assert found.scales["factuality"].levels == {2: 1, 1: 0, 0: 1}
    assert found.scales["completeness"].levels == {2: 1, 1: 1, 0: 0}
    assert [note for _, note in found.notes] == ["The bridge is older."]
    assert found.true_by_origin["article"].of == 2


def saved(path: Path, ratings: Sequence[tuple[int | None, int | None]], **values: Any) -> Path:
    rows = [
        {"content_id": f"c{n}", "origins": ["image"] if n % 2 else ["article"], "factuality": f, "completeness": c}
        for n, (f, c) in enumerate(ratings)
    ]
    path.write_text(json.dumps({"audit": "a1", "of": 200, "rater": path.stem, "ratings": rows} | values))
    return path


def test_the_lowest_of_several_ratings_counts(tmp_path: Path) -> None:
    one = saved(tmp_path / "one.json", [(2, 2), (2, 2), (1, 2), (0, 0), (2, None)])
    two = saved(tmp_path / "two.json", [(2, 2), (0, 1), (2, 2), (0, 0), (2, 2)])
    found = summarize([one, two])
    factuality = found.scales["factuality"]
    assert found.rated == 5
    assert factuality.levels == {2: 2, 1: 1, 0: 2}
    assert (factuality.best.count, factuality.best.of) == (2, 5)
    assert factuality.best.low == pytest.approx(0.1176, abs=1e-4)
    assert factuality.best.high == pytest.approx(0.7693, abs=1e-4)
    assert factuality.agreement is not None
    assert (factuality.agreement.count, factuality.agreement.of) == (3, 5)
    ratings = ([2, 2, 1, 0, 2], [2, 0, 2, 0, 2])
    assert factuality.kappa == pytest.approx(cohen_kappa_score(*ratings, weights="linear"))
    assert {origin: (share.count, share.of) for origin, share in found.true_by_origin.items()} == {
        "article": (2, 3),
        "image": (0, 2),
    }


def test_kappa_is_not_defined_without_chance() -> None:
    assert weighted_kappa([], 3) is None
    assert weighted_kappa([(2, 2), (2, 2)], 3) is None
    assert weighted_kappa([(0, 2), (2, 0)], 3) == pytest.approx(-1.0)


def test_the_summary_goes_into_the_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one = saved(tmp_path / "one.json", [(2, 2)] * 40 + [(0, 2)] * 10)
    run("caption", "ratings", one, "--out", tmp_path / "caption_audit.json", "--json")
    assert json.loads(capsys.readouterr().out)["scales"]["factuality"]["best"]["count"] == 40
    page = write_report(tmp_path).read_text()
    assert "80% [67%, 89%] of 50" in page
    assert "50 captions out of 200" in page


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "JSON"),
        ("[]", "an object with"),
        ('{"audit": "a1", "of": 3, "ratings": [{}]}', "row 1"),
        ('{"audit": "a1", "of": 3, "ratings": [{"content_id": "a", "factuality": 3}]}', "factuality"),
        ('{"audit": "a1", "of": 3, "ratings": [{"content_id": "a"}, {"content_id": "a"}]}', "one rating per content"),
        ('{"audit": "b2", "of": 3, "ratings": []}', "the page 'a1'"),
    ],
)
def test_other_files_are_errors_in_words(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "bad.json").write_text(text)
    with pytest.raises(InputError, match=message):
        summarize([saved(tmp_path / "good.json", [(2, 2)]), tmp_path / "bad.json"])


def test_a_caption_is_shown_whole_whatever_overlaps() -> None:
    def row(start: int, end: int, kind: str) -> Provenance:
        text = "In 2014 “we won 3 cups”"[start:end]
        return Provenance(
            content_id="a", start=start, end=end, kind=kind, text=text, origin=Origin.ARTICLE, field="article"
        )

    rows = [row(0, 23, "sentence"), row(3, 7, "date"), row(9, 22, "quote"), row(16, 17, "number")]
    found = marked("In 2014 “we won 3 cups”", rows)
    assert "".join(text for text, _, _ in found) == "In 2014 “we won 3 cups”"
    assert [kind for text, kind, _ in found if text in ("2014", "we won ")] == ["date", "quote"]
    assert {told for _, _, told in found} == {"article (article)"}
