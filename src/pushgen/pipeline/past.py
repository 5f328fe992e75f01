"""What a simulated world leaves to learn from: the log of its past, and a labeller of its annotators' styles."""

from pathlib import Path

from pushgen.logs import Log, write_log
from pushgen.manifest import Manifest
from pushgen.settings import as_dict
from pushgen.world import World


def write_past(world: World, folder: Path) -> Log:
    """The world's history as a log folder."""
    history = world.history()
    manifest = Manifest(
        stage="world",
        configuration=as_dict(world.config),
        inputs={},
        rows_in=history.exposures.height,
        rows_out=history.exposures.height,
        seed=world.seed,
    )
    return write_log(
        folder,
        contents=history.contents,
        pushes=history.pushes,
        exposures=history.exposures,
        experiments=history.experiments,
        manifest=manifest,
    )


def learn_styles(world: World, count: int, folder: Path) -> Path:
    """The folder of a style labeller learnt from what an annotator says of `count` past pushes.

    On character n-grams, which do here what embeddings do and cost nothing. A labeller that is there is kept.
    """
    from pushgen.encoders import NgramEncoder
    from pushgen.styles.linear import LinearConf, LinearLabeller

    if not (folder / "config.json").is_file():
        known = world.annotated(count)
        conf = LinearConf(encoder="ngrams")
        labeller = LinearLabeller.train(known["text"].to_list(), known["style"].to_list(), conf, encoder=NgramEncoder())
        labeller.save(folder, card=f"# Style labeller\n\nTrained on {known.height} annotated pushes.", config=conf)
    return folder
