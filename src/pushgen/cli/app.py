"""The root of the command line: which command lives where. Nothing heavy is imported here.

Exit codes: 0 done, 1 failed, 2 wrong use.
"""

import sys

from cyclopts import App

from pushgen import __version__
from pushgen.errors import ConfigurationError, PushgenError
from pushgen.progress import say

app = App(
    name="pushgen",
    version=__version__,
    help="Write push notifications, check them, choose one, test it, and learn which ones people open.",
)

_GROUPS = {
    "import": "Read a send or A/B log and audit it.",
    "train": "Train a generator or a reward model.",
    "evaluate": "Measure a model on data that it has not seen.",
    "experiment": "Plan, assign, analyse and replay A/B tests.",
    "data": "Fetch public data.",
    "export": "Out of the database: a log for training, pushes for another sender.",
    "key": "What lets programs use the service.",
    "user": "Who signs in to the pages.",
    "db": "The database of recipients, deliveries and events.",
    "recommend": "Which item for whom.",
}

COMMANDS = [
    ("demo", "pushgen.cli.demo:demo", "The whole loop in a simulated world, offline, with a report."),
    ("import upworthy", "pushgen.cli.import_log:upworthy", "The Upworthy Research Archive."),
    ("import ars", "pushgen.cli.import_log:ars", "Ars Technica's headline tests."),
    ("import table", "pushgen.cli.import_log:table", "CSV, Parquet or JSONL with a column mapping."),
    ("audit", "pushgen.cli.audit:audit", "What is wrong with a log: sample ratios, counts, duplicates, windows."),
    ("curate", "pushgen.cli.curate:curate", "From a log to the corpus for fine-tuning."),
    ("label", "pushgen.cli.label:label", "Style labels for a table with a text column."),
    ("caption", "pushgen.cli.caption:caption", "Captions from text, pictures and videos, each fact with its source."),
    ("train generator", "pushgen.cli.train_generator:generator", "Weighted fine-tuning on a corpus."),
    ("train reward", "pushgen.cli.train_reward:reward", "The model that predicts which of two pushes wins."),
    ("generate", "pushgen.cli.generate:generate", "Candidates in every style."),
    ("check", "pushgen.cli.check:check", "Guardrails over candidates."),
    ("select", "pushgen.cli.select:select", "The choice among candidates, with win probabilities."),
    ("run", "pushgen.cli.run:run", "Generate, check and select in one go, resumable."),
    ("score", "pushgen.cli.score:score", "Win probabilities for a table of text pairs."),
    ("calibrate", "pushgen.cli.calibrate:calibrate", "Fit a reward model's probabilities to a log anew."),
    (
        "evaluate reward",
        "pushgen.cli.evaluate_reward:reward",
        "Accuracy, lift and calibration on held-out experiments.",
    ),
    (
        "evaluate kinds",
        "pushgen.cli.evaluate_kinds:kinds",
        "Which kind of reward model suits a log, by cross-validation.",
    ),
    ("evaluate curve", "pushgen.cli.evaluate_curve:curve", "Whether a log has enough A/B tests for a reward model."),
    (
        "evaluate probes",
        "pushgen.cli.evaluate_probes:probes",
        "What a reward model pays for that readers may not, and bounds for the choice.",
    ),
    (
        "evaluate generator",
        "pushgen.cli.evaluate_generator:generator",
        "Whether styles are under control, and how texts differ.",
    ),
    ("experiment plan", "pushgen.cli.experiment_plan:plan", "How many impressions, and how many days."),
    ("experiment assign", "pushgen.cli.experiment_assign:assign", "Which user or device sees which arm."),
    (
        "experiment analyze",
        "pushgen.cli.experiment_analyze:analyze",
        "Who wins, whether that can be trusted, and what to do next.",
    ),
    (
        "experiment replay",
        "pushgen.cli.experiment_replay:replay",
        "What other ways to send would have earned on a log.",
    ),
    ("loop", "pushgen.cli.loop:loop", "Rounds of write, choose, test, learn in a simulated world, with alarms."),
    ("data download", "pushgen.cli.data:download", "Fetch a public data set and check it."),
    ("db upgrade", "pushgen.cli.db_upgrade:upgrade", "Create the tables of the database, or bring them up to date."),
    ("db load", "pushgen.cli.db_load:load_table", "Put contents, pushes, recipients, devices ... into the database."),
    ("deliver", "pushgen.cli.deliver:deliver", "Send what is planned: workers, dry run, preview."),
    ("export log", "pushgen.cli.export_log:log", "An A/B log for training from deliveries and events."),
    ("export pushes", "pushgen.cli.export_pushes:pushes", "Planned pushes as a file for another sender."),
    ("export reviews", "pushgen.cli.export_reviews:reviews", "What people decided as a log for training."),
    ("import outcomes", "pushgen.cli.import_outcomes:outcomes", "What another sender reports of pushes it sent."),
    ("serve", "pushgen.cli.serve:serve", "The API and the review pages."),
    ("key add", "pushgen.cli.key:add", "Make a key and print it, once."),
    ("key list", "pushgen.cli.key:list_keys", "Who has keys, and what they may do."),
    ("key revoke", "pushgen.cli.key:revoke", "End a key at once."),
    ("user add", "pushgen.cli.user:add", "Make an account for the pages."),
    ("user list", "pushgen.cli.user:list_accounts", "Who has accounts, and what they may do."),
    ("user password", "pushgen.cli.user:password", "Set a new password."),
    ("user end", "pushgen.cli.user:end", "End an account at once."),
    ("recommend import", "pushgen.cli.recommend_import:import_", "Interactions of users with items, described."),
    ("recommend train", "pushgen.cli.recommend_train:train", "The model that says which items suit a user."),
    ("recommend evaluate", "pushgen.cli.recommend_evaluate:evaluate", "Models on the held-out part of their log."),
    ("recommend recommend", "pushgen.cli.recommend_users:recommend", "The best items of every user."),
    ("report", "pushgen.cli.report:report", "One HTML file with tables and plots."),
]


def _mount() -> None:
    groups: dict[str, App] = {}
    for words, target, summary in COMMANDS:
        *group, name = words.split()
        parent = app
        if group:
            if group[0] not in groups:
                groups[group[0]] = App(name=group[0], help=_GROUPS[group[0]])
                app.command(groups[group[0]])
            parent = groups[group[0]]
        parent.command(target, name=name, help=summary)


_mount()


def main() -> None:
    """Entry point of the `pushgen` command."""
    try:
        app()
    except ConfigurationError as error:
        say(f"pushgen: {error}")
        sys.exit(2)
    except PushgenError as error:
        say(f"pushgen: {error}")
        sys.exit(1)
    except KeyboardInterrupt:
        say("pushgen: interrupted; the same command goes on from here")
        sys.exit(130)
