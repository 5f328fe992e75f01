"""What every style labeller must do, run on each of them."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from tests.styles.chat_server import ChatServer, asked_texts

from pushgen.encoders import NgramEncoder
from pushgen.protocols import StyleLabeller
from pushgen.styles import load_taxonomy
from pushgen.styles.chat import ChatClient, ChatConf
from pushgen.styles.language_model import LanguageModelLabeller
from pushgen.styles.prototype import PrototypeLabeller

KNOWN = {
    "Would you swim across a lake for your lunch break?": "question",
    "7 things a pilot checks while you look for your seat.": "numbers",
    "How to get a wine stain out of cotton with what is already in your kitchen.": "practical",
    "Breaking: the coastal road is closed after this morning's landslide.": "urgency",
}
ODD = ["", "   ", "🍜", "\ud800", "x" * 50_000, "{}", '"}{"1": "offer"}', "七道适合寒冷夜晚的家常菜"]


def prototype(stack: ExitStack, _: Path) -> StyleLabeller:
    del stack
    return PrototypeLabeller(NgramEncoder())


def minilm(stack: ExitStack, _: Path) -> StyleLabeller:
    del stack
    pytest.importorskip("transformers")
    from pushgen.encoders.transformer import MiniLMEncoder

    return PrototypeLabeller(MiniLMEncoder())


def linear(stack: ExitStack, path: Path) -> StyleLabeller:
    """Trained on the taxonomy's own examples, saved, and loaded again."""
    del stack
    pytest.importorskip("sklearn")
    from pushgen.styles.linear import LinearConf, LinearLabeller

    pairs = [(text, style.id) for style in load_taxonomy() for text in style.examples["en"]]
    config = LinearConf(encoder="ngrams", strength=100.0)
    trained = LinearLabeller.train([text for text, _ in pairs], [style for _, style in pairs], config)
    trained.save(path, card="# Test", config=config)
    return LinearLabeller.load(path)


def language_model(stack: ExitStack, _: Path) -> StyleLabeller:
    def answer(request: dict[str, object]) -> str:
        return json.dumps({number: KNOWN.get(text, "plain") for number, text in asked_texts(request).items()})

    server = stack.enter_context(ChatServer(answer))
    return LanguageModelLabeller(ChatClient(ChatConf(url=server.url, model="m", retries=0)))


LABELLERS: dict[str, Callable[[ExitStack, Path], StyleLabeller]] = {
    "prototype": prototype,
    "prototype on MiniLM": minilm,
    "linear": linear,
    "language model": language_model,
}


@pytest.fixture(scope="module", params=LABELLERS)
def labeller(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[StyleLabeller]:
    with ExitStack() as stack:
        yield LABELLERS[request.param](stack, tmp_path_factory.mktemp("labeller"))


class TestStyleLabeller:
    def test_follows_the_protocol(self, labeller: StyleLabeller) -> None:
        assert isinstance(labeller, StyleLabeller)
        assert labeller.name

    def test_known_texts_get_their_style(self, labeller: StyleLabeller) -> None:
        assert [label.style for label in labeller.label(list(KNOWN))] == list(KNOWN.values())

    def test_one_label_per_text_in_order_within_the_taxonomy(self, labeller: StyleLabeller) -> None:
        texts = [*ODD, *KNOWN, *ODD]
        labels = labeller.label(texts)
        assert len(labels) == len(texts)
        assert [label.style for label in labels[len(ODD) : -len(ODD)]] == list(KNOWN.values())
        for label in labels:
            assert label.style in load_taxonomy()
            assert 0.0 <= label.confidence <= 1.0

    def test_no_text_gives_no_label(self, labeller: StyleLabeller) -> None:
        assert labeller.label([]) == []

    def test_a_label_does_not_depend_on_its_neighbours(self, labeller: StyleLabeller) -> None:
        texts = [*KNOWN, *ODD]
        together = labeller.label(texts)
        alone = [labeller.label([text])[0] for text in texts]
        assert [label.style for label in together] == [label.style for label in alone]
        for one, other in zip(together, alone, strict=True):
            assert one.confidence == pytest.approx(other.confidence, abs=1e-4)
