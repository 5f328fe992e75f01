"""What every reward model must do, run on each of them."""

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch

from pushgen.encoders import NgramEncoder
from pushgen.fakes import FakeRewardModel
from pushgen.protocols import RewardModel, UtilityModel
from pushgen.records import Candidate, Content
from pushgen.reward.arms import Arms
from pushgen.reward.backbone import keep_layers, open_backbone
from pushgen.reward.blend import BlendReward
from pushgen.reward.features import Features
from pushgen.reward.linear import LinearReward
from pushgen.reward.origin import Origin
from pushgen.reward.pair import PairReward, build_network
from pushgen.reward.settings import BackboneConfig, Interaction, Kind, LinearConfig, PairConfig, UtilityConfig
from pushgen.reward.storage import save_reward
from pushgen.reward.utility import UtilityReward, build_utility
from pushgen.reward.utility_network import ScoreNetwork
from pushgen.selection import MeanWinSelector, choose, win_matrices
from pushgen.statistics.calibration import Residual
from pushgen.styles.linear import LinearConf, LinearLabeller

TEXTS = [
    "Nobody expected what the baker found under the old oven",
    "A baker finds something under an oven",
    "Seven questions to ask before the ferry leaves",
    "seven questions to ask before the ferry leaves!",
    "这家面馆凭什么排队三小时",
    "",
    "   ",
    "🍜",
    "🍜🔥🎉",
    "mixed 面馆 скрипт عربى",
    "\ud800 a lone surrogate",
    "word " * 20_000,
    "x" * 100_000,
    "short",
]
PAIRS = [(a, b) for a in TEXTS for b in TEXTS]


def _pair(name: str, interaction: Interaction, layers: int | None, caption_tokens: int = 0) -> PairReward:
    """An untrained model whose head is random, so that it has opinions."""
    backbone, tokenizer, _ = open_backbone(BackboneConfig(name=name, width=32, layers=layers), TEXTS[:8], seed=0)
    config = PairConfig(interaction=interaction, joint_layers=1, max_tokens=24, caption_tokens=caption_tokens)
    network = build_network(backbone, tokenizer, config)
    with torch.no_grad(), torch.random.fork_rng():
        torch.manual_seed(0)
        network.head.linear.weight.normal_()  # type: ignore[union-attr]
    return PairReward(network.eval(), tokenizer, config, Residual(slope=0.5, scale=0.4), Origin(backbone=name))


def _utility(kind: Kind, name: str, caption_tokens: int = 0, members: int = 1) -> UtilityReward:
    """An untrained model whose head and last maps are random, so that it has opinions, also of the company."""
    backbone, tokenizer, _ = open_backbone(BackboneConfig(name=name, width=32, layers=2), TEXTS[:8], seed=0)
    config = UtilityConfig(max_tokens=24, caption_tokens=caption_tokens, members=members)
    network = build_utility(backbone, config, kind)
    with torch.no_grad(), torch.random.fork_rng():
        torch.manual_seed(0)
        for parameter in network.parameters():
            if not parameter.any():
                parameter.normal_(0, 0.1)
        for member in [network] if isinstance(network, ScoreNetwork) else network.members:
            member.head.linear.weight.normal_(0, 0.3)  # type: ignore[union-attr]
    return UtilityReward(kind, network, tokenizer, config, Residual(slope=0.5, scale=0.4), Origin(backbone=name))


def _linear(styles: bool) -> LinearReward:
    """An untrained model with random coefficients over features of the texts."""
    labels = ["plain", "question"] * 4
    conf = LinearConf(encoder="ngrams")
    labeller = LinearLabeller.train(TEXTS[:8], labels, conf, encoder=NgramEncoder()) if styles else None
    size = np.zeros(len(TEXTS))
    arms = Arms(
        texts=TEXTS, captions=[f"{text} with a caption about an oven or a ferry" for text in TEXTS],
        categories=["food", "travel", *[None] * (len(TEXTS) - 2)], clicks=size, impressions=size + 1, weight=size + 1,
        group=size.astype(int), keys=pl.DataFrame(),
    )  # fmt: skip
    features = Features.fit(arms, LinearConfig(least_texts=1, least_captions=1), labeller)
    beta = np.random.default_rng(0).normal(0, 0.05, sum(features.columns.values()))
    return LinearReward(features, beta, Residual(slope=0.5, scale=0.4), Origin())


def _blend() -> BlendReward:
    network, linear = _utility("score", "own", members=2), _linear(styles=True)
    return BlendReward(network, linear, (0.7, 0.4), Residual(scale=0.4), Origin())


MODELS: dict[str, Callable[[], RewardModel]] = {
    "fake": FakeRewardModel,
    "linear": lambda: _linear(styles=False),
    "linear with styles": lambda: _linear(styles=True),
    "own late": lambda: _pair("own", "late", 2),
    "own ordered": lambda: _pair("own", "ordered", 2),
    "own late with captions": lambda: _pair("own", "late", 2, caption_tokens=8),
    "minilm late": lambda: _pair("minilm", "late", 3),
    "own score": lambda: _utility("score", "own"),
    "own list": lambda: _utility("list", "own"),
    "own list with captions": lambda: _utility("list", "own", caption_tokens=8),
    "minilm score": lambda: _utility("score", "minilm", caption_tokens=8),
    "minilm list": lambda: _utility("list", "minilm"),
    "two members of score": lambda: _utility("score", "own", members=2),
    "two members of list with captions": lambda: _utility("list", "own", caption_tokens=8, members=2),
    "blend": _blend,
}
UTILITY_MODELS = [name for name in MODELS if {"linear", "score", "list", "blend"} & set(name.split())]


@pytest.fixture(scope="module", params=list(MODELS))
def model(request: pytest.FixtureRequest) -> RewardModel:
    return MODELS[request.param]()


def compare(model: RewardModel, pairs: Sequence[tuple[str, str]]) -> tuple[np.ndarray, np.ndarray]:
    said = model.compare([a for a, _ in pairs], [b for _, b in pairs])
    return said.mean, said.p_a


class TestContract:
    def test_shapes_types_and_ranges(self, model: RewardModel) -> None:
        mean, p_a = compare(model, PAIRS)
        assert mean.shape == p_a.shape == (len(PAIRS),)
        assert mean.dtype == p_a.dtype == np.float32
        assert np.isfinite(mean).all()
        assert ((p_a >= 0) & (p_a <= 1)).all()
        assert isinstance(model, RewardModel)

    def test_it_has_opinions(self, model: RewardModel) -> None:
        mean, p_a = compare(model, [(TEXTS[0], TEXTS[2]), (TEXTS[1], TEXTS[3])])
        assert (np.abs(mean) > 1e-4).all()
        assert ((p_a > 0.5) == (mean > 0)).all()

    def test_swapping_turns_the_answer_round(self, model: RewardModel) -> None:
        mean, p_a = compare(model, PAIRS)
        mean_back, p_back = compare(model, [(b, a) for a, b in PAIRS])
        np.testing.assert_allclose(p_a + p_back, 1.0, atol=1e-6)
        np.testing.assert_allclose(mean, -mean_back, atol=1e-6)

    def test_equal_texts_are_exactly_even(self, model: RewardModel) -> None:
        mean, p_a = compare(model, [(text, text) for text in TEXTS])
        assert (p_a == 0.5).all()
        assert (mean == 0).all()

    def test_batches_order_and_neighbours_do_not_matter(self, model: RewardModel) -> None:
        mean, p_a = compare(model, PAIRS)
        alone = [compare(model, [pair]) for pair in PAIRS[::7]]
        np.testing.assert_allclose([m[0] for m, _ in alone], mean[::7], atol=1e-5)
        np.testing.assert_allclose([p[0] for _, p in alone], p_a[::7], atol=1e-5)
        order = np.random.default_rng(0).permutation(len(PAIRS))
        shuffled, _ = compare(model, [PAIRS[index] for index in order])
        np.testing.assert_allclose(shuffled, mean[order], atol=1e-5)

    def test_sides_of_different_length_are_an_error(self, model: RewardModel) -> None:
        with pytest.raises(ValueError, match=r"as many texts|argument"):
            model.compare(["a", "b"], ["a"])

    def test_nothing_gives_nothing(self, model: RewardModel) -> None:
        mean, _ = compare(model, [])
        assert mean.shape == (0,)

    def test_captions_may_be_null(self, model: RewardModel) -> None:
        texts = ([TEXTS[0], TEXTS[1]], [TEXTS[2], TEXTS[2]])
        plain = model.compare(*texts)
        given = model.compare(*texts, [None, "about an oven"])
        assert plain.mean[0] == pytest.approx(given.mean[0], abs=1e-5)


def field(texts: Sequence[str], caption: str | None) -> tuple[Content, list[Candidate]]:
    """Texts as the candidates of a content."""
    return Content(content_id="c", caption=caption), [
        Candidate(
            candidate_id=f"{index:03d}", content_id="c", body=text, style="s", generator="t", seed=0, prompt_hash=""
        )
        for index, text in enumerate(texts)
    ]


class TestChoosing:
    """Bad input on its way through a whole choice: what is defined for a pair holds for any number of candidates."""

    CAPTIONS = (None, "", "🍜🔥🎉", "mixed 面馆 скрипт عربى", "\ud800 a lone surrogate", "word " * 20_000)

    def test_odd_texts_under_odd_captions(self, model: RewardModel) -> None:
        fields = [field(TEXTS, caption) for caption in self.CAPTIONS]
        for (_, candidates), p in zip(fields, win_matrices(fields, model), strict=True):
            assert p.shape == (len(TEXTS), len(TEXTS))
            np.testing.assert_allclose(p + p.T, 1.0, atol=1e-6)
            assert (np.diag(p) == 0.5).all()
            assert {candidate.text for candidate in candidates} == set(TEXTS)
        for selection in choose(fields, model, MeanWinSelector(rivals=0)):
            assert len(selection.rivals) == len(TEXTS) - 1
            assert 0.5 <= selection.p_win <= 1.0

    @pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
    def test_a_candidate_without_rivals_is_chosen(self, model: RewardModel, text: str) -> None:
        (selection,) = choose([field([text], None)], model, MeanWinSelector())
        assert (selection.body, selection.p_win, selection.rivals) == (text, 0.5, ())

    def test_five_hundred_candidates_of_few_texts(self, model: RewardModel) -> None:
        few = TEXTS[:6]
        (p,) = win_matrices([field([few[index % 6] for index in range(500)], None)], model)
        (small,) = win_matrices([field(few, None)], model)
        np.testing.assert_allclose(p[:6, :6], small, atol=1e-5)
        np.testing.assert_array_equal(p[6:12, 494:500], p[:6, 2:8])

    @pytest.mark.slow
    def test_five_hundred_texts(self, model: RewardModel) -> None:
        plain = isinstance(model, PairReward) and model.config.interaction == "late" and not model.config.caption_tokens
        if isinstance(model, PairReward) and (not plain or model.origin.backbone != "own"):
            pytest.skip("124,750 comparisons by another network show nothing more")
        texts = [f"push {index} about {TEXTS[index % 4]}" for index in range(500)]
        (selection,) = choose([field(texts, None)], model, MeanWinSelector(rivals=0))
        assert len(selection.rivals) == 499
        assert selection.p_win >= 0.5


@pytest.mark.parametrize("name", UTILITY_MODELS)
class TestUtilities:
    CAPTIONS = (None, "a film about an oven and a ferry", "", "word " * 20_000)

    def test_pairs_are_lists_of_two(self, name: str) -> None:
        model = MODELS[name]()
        assert isinstance(model, UtilityModel)
        texts_a, texts_b, captions = TEXTS[:4], TEXTS[4:8], list(self.CAPTIONS)
        said = model.compare(texts_a, texts_b, captions)
        found = model.utilities(list(zip(texts_a, texts_b, strict=True)), captions)
        np.testing.assert_allclose([u[0] - u[1] for u in found], said.mean, atol=1e-5)
        np.testing.assert_allclose([model.win_matrix(u)[0, 1] for u in found], said.p_a, atol=1e-5)

    def test_permuting_the_candidates_permutes_the_utilities(self, name: str) -> None:
        model = MODELS[name]()
        order = np.random.default_rng(0).permutation(len(TEXTS))
        for caption in self.CAPTIONS:
            (here,) = model.utilities([TEXTS], [caption])  # type: ignore[union-attr]
            (there,) = model.utilities([[TEXTS[index] for index in order]], [caption])  # type: ignore[union-attr]
            assert here.shape == (len(TEXTS),)
            assert here.dtype == np.float32
            assert np.isfinite(here).all()
            np.testing.assert_allclose(there, here[order], atol=1e-5)

    def test_lists_of_any_size_beside_any_other(self, name: str) -> None:
        model = MODELS[name]()
        many = [f"push {index} about {TEXTS[index % 4]}" for index in range(500)]
        lists = [[], ["one"], many, TEXTS, ["twin", "other", "twin", "other", "twin"]]
        found = model.utilities(lists, [None] * 5)  # type: ignore[union-attr]
        assert [len(one) for one in found] == [0, 1, 500, len(TEXTS), 5]
        assert np.isfinite(np.concatenate(found)).all()
        assert len(set(found[4].tolist())) == 2
        (alone,) = model.utilities([TEXTS], [None])  # type: ignore[union-attr]
        np.testing.assert_allclose(alone, found[3], atol=1e-5)
        p = model.win_matrix(found[3])  # type: ignore[union-attr]
        np.testing.assert_allclose(p + p.T, 1.0, atol=1e-6)
        assert (np.diag(p) == 0.5).all()
        assert model.utilities([], []) == []  # type: ignore[union-attr]
        with pytest.raises(ValueError, match=r"caption|zip"):
            model.utilities([["one"]], [])  # type: ignore[union-attr]


def test_only_a_list_model_minds_the_company() -> None:
    for kind, minds in (("score", False), ("list", True)):
        model = MODELS[f"own {kind}"]()
        small, large = model.utilities([TEXTS[:2], TEXTS[:4]], [None, None])  # type: ignore[union-attr]
        assert (abs((small[0] - small[1]) - (large[0] - large[1])) > 1e-3) == minds


def test_a_list_model_starts_as_the_score_model() -> None:
    backbone, tokenizer, _ = open_backbone(BackboneConfig(name="own", width=32), TEXTS[:8], seed=0)
    config = UtilityConfig(max_tokens=24, caption_tokens=0)
    weights = torch.randn(1, 32, generator=torch.Generator().manual_seed(0))
    found: list[np.ndarray] = []
    for kind in ("score", "list"):
        network = build_utility(backbone, config, kind)
        assert isinstance(network, ScoreNetwork)
        network.head.linear.weight.data.copy_(weights)
        model = UtilityReward(kind, network, tokenizer, config, Residual(), Origin())
        found += model.utilities([TEXTS], [None])
    np.testing.assert_allclose(found[0], found[1], atol=1e-6)
    assert np.ptp(found[0]) > 0.1


@pytest.mark.parametrize("name", ["own list with captions", "minilm score"])
def test_captions_are_read(name: str) -> None:
    model = MODELS[name]()
    found = model.utilities([TEXTS[:3]] * 4, [None, "", "about an oven", "about the ferry"])  # type: ignore[union-attr]
    np.testing.assert_allclose(found[0], found[1], atol=1e-6)
    assert abs(np.diff(found[0]) - np.diff(found[2])).max() > 1e-4
    assert abs(np.diff(found[2]) - np.diff(found[3])).max() > 1e-4


def test_a_fresh_process_gives_the_same_scores(tmp_path: Path) -> None:
    pairs = [(TEXTS[0], TEXTS[1]), (TEXTS[2], TEXTS[4]), (TEXTS[11], TEXTS[0])]
    saved: list[PairReward | UtilityReward | LinearReward | BlendReward] = []
    for name in MODELS:
        model = MODELS[name]()
        if isinstance(model, PairReward | UtilityReward | LinearReward | BlendReward):
            folder = tmp_path / f"{len(saved):02d}"
            save_reward(model, folder)
            files = {path.name for path in folder.iterdir()}
            weights = {"network", "linear"} if model.kind == "blend" else {"model.safetensors"}
            read = {"linear": {"vocabulary.json"}, "blend": set[str]()}.get(model.kind, {"tokenizer.json"})
            assert {"config.json", "card.md"} | weights | read <= files
            assert not [file for file in files if file.endswith((".bin", ".pt", ".pkl"))]
            saved.append(model)
    code = (
        "import json, sys\nfrom pathlib import Path\nfrom pushgen.reward import open_reward\n"
        "a, b = zip(*json.loads(sys.argv[2]))\nmodels = sorted(Path(sys.argv[1]).iterdir())\n"
        "said = [open_reward(folder).compare(a, b) for folder in models]\n"
        "print(json.dumps([[one.mean.tolist(), one.p_a.tolist()] for one in said]))"
    )
    command = [sys.executable, "-c", code, str(tmp_path), json.dumps(pairs)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    for model, (mean, p_a) in zip(saved, json.loads(done.stdout), strict=True):
        here = compare(model, pairs)
        np.testing.assert_allclose(mean, here[0], atol=1e-5)
        np.testing.assert_allclose(p_a, here[1], atol=1e-5)


def test_truncation_is_counted() -> None:
    model = _pair("own", "late", 2)
    assert model.count_truncated(["word " * 20_000, "x" * 100_000, "word", ""]) == 2
    cut, same = "word " * 20_000, "word " * 20_001
    assert model.compare([cut], [same]).p_a[0] == 0.5  # what differs lies beyond the limit


def test_reduced_precision_flips_few_decisions() -> None:
    model = _pair("minilm", "late", 3)
    exact, _ = compare(model, PAIRS)
    model.bf16 = "yes"
    rough, _ = compare(model, PAIRS)
    sure = np.abs(exact) > 0.05 * np.abs(exact).max()
    assert np.mean(np.sign(exact[sure]) != np.sign(rough[sure])) <= 0.01
    assert not np.array_equal(exact, rough)


def test_keeping_layers_keeps_the_first_ones() -> None:
    backbone, _, _ = open_backbone(BackboneConfig(name="minilm"), TEXTS, seed=0)
    first = backbone.encoder.layer[0]  # type: ignore[union-attr, index]
    keep_layers(backbone, 2)
    assert len(backbone.encoder.layer) == 2  # type: ignore[union-attr, arg-type]
    assert backbone.encoder.layer[0] is first  # type: ignore[union-attr, index]
