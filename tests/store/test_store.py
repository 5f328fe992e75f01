"""The store on SQLite and on PostgreSQL: the same calls, the same answers."""

import subprocess
import sys
import threading
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import select, text
from tests.store.rows import DAY, NOON, campaign, candidate, furnish

from pushgen.errors import ConfigurationError, InputError, ServiceError
from pushgen.records import (
    AuditEntry,
    Content,
    Decision,
    Device,
    Event,
    EventKind,
    Experiment,
    ModelVersion,
    Preference,
    Push,
    Recipient,
    Review,
    Rival,
    Selection,
    Severity,
    Verdict,
)
from pushgen.store import Store, open_store, schema
from pushgen.store.bulk import COPY_FROM
from pushgen.store.migrate import head, upgrade


class TestMigrations:
    def test_build_exactly_the_tables_of_the_schema(self, store: Store) -> None:
        from alembic.autogenerate import compare_metadata
        from alembic.runtime.migration import MigrationContext

        with store.read() as tx:
            context = MigrationContext.configure(tx.connection, opts={"compare_type": True})
            assert compare_metadata(context, schema.metadata) == []

    def test_run_again_without_doing_anything(self, database: str) -> None:
        assert upgrade(database) == (head(), head())

    def test_a_database_without_tables_is_refused_with_the_command_to_run(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigurationError, match="pushgen db upgrade"):
            open_store(f"sqlite:///{tmp_path}/new.db")

    def test_from_the_command_line(self, tmp_path: Path) -> None:
        url = f"sqlite:///{tmp_path}/deep/new.db"
        call = [sys.executable, "-m", "pushgen", "db", "upgrade", "--database", url, "--json"]
        done = subprocess.run(call, capture_output=True, text=True, check=True)
        assert f'"after": "{head()}"' in done.stdout
        open_store(url).close()


@pytest.mark.parametrize("url", ["nonsense", "mysql://root@localhost/x", "sqlite+aiosqlite:///x"])
def test_a_url_that_cannot_be_used(url: str) -> None:
    with pytest.raises(ConfigurationError, match=r"sqlite|database"):
        open_store(url)


def test_a_server_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ServiceError, match="cannot be opened") as caught:
        open_store(f"postgresql://nobody:secret@/x?host={tmp_path}")
    assert "secret" not in str(caught.value)


def test_a_missing_extra_says_which_to_install() -> None:
    code = (
        "import sys; sys.modules['sqlalchemy'] = None\n"
        "from pushgen.errors import MissingExtraError\n"
        "try:\n    import pushgen.store\nexcept MissingExtraError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "pip install 'pushgen[store]'" in done.stdout


class TestRecords:
    def test_come_back_as_they_went_in(self, store: Store) -> None:
        furnish(store)
        zoned = datetime(2026, 3, 2, 20, 0, 0, 123456, tzinfo=timezone(timedelta(hours=8)))
        content = Content(content_id="c2", title="Ä 🦄", created_at=zoned)
        selection = Selection(
            content_id="c1", candidate_id="k1", title=None, body="Body", style="plain", language="en", p_win=0.625,
            generator="fake", rivals=(Rival(candidate_id="k2", text="Other", style="plain", p_beaten=0.25),),
        )  # fmt: skip
        verdict = Verdict(
            candidate_id="k1", content_id="c1", rule="length", severity=Severity.WARN, start=0, end=3, message="long"
        )
        review = Review(
            review_id="r1", candidate_id="k1", content_id="c1", reviewer="ann", decision=Decision.EDIT,
            reviewed_at=NOON, body="Better",
        )  # fmt: skip
        experiment = Experiment(experiment_id="e1", content_id="c1", started_at=NOON, arms=2)
        device = Device(device_id="d1", user_id="u1", channel="webpush", address="a", keys={"auth": "x"}, seen_at=NOON)
        event = Event(event_id="v1", kind=EventKind.CLICK, at=NOON, user_id="u1", key="k", push_id="p1")
        with store.begin() as tx:
            tx.contents.put([content])
            tx.candidates.put([candidate("k1"), candidate("k2")])
            tx.verdicts.put([verdict])
            tx.selections.put([selection])
            tx.reviews.put([review])
            tx.experiments.put([experiment])
            tx.devices.put([device])
            tx.events.add([event])
        with store.read() as tx:
            assert tx.contents.get("c2") == content
            assert tx.candidates.of("c1") == [candidate("k1"), candidate("k2")]
            assert tx.verdicts.of("c1") == [verdict]
            assert tx.selections.get("c1") == selection
            assert tx.reviews.of("c1") == [review]
            assert tx.experiments.of("c1") == [experiment]
            assert tx.devices.get("d1") == device
            assert tx.events.get("v1") == event
            assert tx.campaigns.get("news") == campaign()
            assert tx.contents.get("nothing") is None

    def test_a_moment_without_an_offset_is_refused(self, store: Store) -> None:
        from sqlalchemy.exc import StatementError

        with pytest.raises(StatementError, match="offset"), store.begin() as tx:
            tx.contents.put([Content(content_id="c", created_at=datetime(2026, 1, 1))])

    def test_adding_leaves_what_is_there_and_putting_overwrites(self, store: Store) -> None:
        with store.begin() as tx:
            assert tx.contents.add([Content(content_id="a", title="1"), Content(content_id="b")]) == 2
            assert tx.contents.add([Content(content_id="a", title="2"), Content(content_id="c")]) == 1
            assert tx.contents.get("a") == Content(content_id="a", title="1")
            tx.contents.put([Content(content_id="a", title="3"), Content(content_id="a", title="4")])
            assert tx.contents.get("a") == Content(content_id="a", title="4")

    def test_many_rows_at_once_are_the_same_as_few(self, store: Store) -> None:
        many = [Content(content_id=f"{i:06d}", title="a\tb\\N\n" if i % 2 else None) for i in range(COPY_FROM + 10)]
        with store.begin() as tx:
            assert tx.contents.add(many[:5]) == 5
            assert tx.contents.add(many) == len(many) - 5
            assert tx.contents.add(many) == 0
            assert tx.contents.count() == len(many)
            seen: list[Content] = []
            while page := tx.contents.page(after=[seen[-1].content_id] if seen else None, limit=700):
                seen += page
        assert seen == many

    def test_a_block_that_raises_leaves_nothing(self, store: Store) -> None:
        def fail() -> None:
            with store.begin() as tx:
                tx.contents.put([Content(content_id="a")])
                raise RuntimeError

        with pytest.raises(RuntimeError):
            fail()
        with store.read() as tx:
            assert tx.contents.count() == 0

    def test_foreign_keys_hold(self, store: Store) -> None:
        from sqlalchemy.exc import IntegrityError

        with pytest.raises(IntegrityError), store.begin() as tx:
            tx.pushes.add([Push(push_id="p", content_id="nothing", body="b")])

    def test_an_unknown_zone_is_refused(self, store: Store) -> None:
        with pytest.raises(InputError, match="Mars/Olympus"), store.begin() as tx:
            tx.recipients.put([Recipient(user_id="u", zone="Mars/Olympus")])


class TestChannels:
    def test_a_bucket_fills_at_its_rate_up_to_its_burst(self, store: Store) -> None:
        def take(want: int, seconds: float) -> int:
            with store.begin() as tx:
                return tx.channels.take("x", want, rate=10.0, burst=20.0, now=NOON + timedelta(seconds=seconds))

        assert [take(15, 0), take(15, 0), take(15, 0.5), take(100, 60)] == [15, 5, 5, 20]

    def test_threads_wait_for_each_other(self, store: Store) -> None:
        """Forty takes by four threads take forty."""

        def work() -> None:
            for _ in range(10):
                with store.begin() as tx:
                    assert tx.channels.take("sink", 1, rate=0.0, burst=100.0, now=NOON) == 1

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        with store.read() as tx:
            assert tx.connection.execute(select(schema.channels.c.tokens)).scalar_one() == 60.0


class TestReviews:
    def test_the_queue_holds_choices_nobody_reviewed(self, store: Store) -> None:
        furnish(store)
        chosen = Selection(
            content_id="c1", candidate_id="k1", title=None, body="B", style="plain", language=None, p_win=0.5,
            generator="fake",
        )  # fmt: skip
        review = Review(
            review_id="r", candidate_id="k1", content_id="c1", reviewer="ann", decision=Decision.APPROVE,
            reviewed_at=NOON,
        )  # fmt: skip
        with store.begin() as tx:
            tx.candidates.put([candidate("k1")])
            tx.selections.put([chosen])
            assert tx.reviews.waiting() == [chosen]
            tx.reviews.put([review])
            assert tx.reviews.waiting() == []


class TestModels:
    def test_promote_and_roll_back(self, store: Store) -> None:
        versions = [
            ModelVersion(version_id=f"v{i}", kind="reward", folder=f"m{i}", sha256="0", added_at=NOON, metrics={"a": i})
            for i in range(3)
        ]
        with store.begin() as tx:
            assert tx.models.serving("reward") is None
            tx.models.add(versions)
            for i in (0, 1, 2):
                tx.models.promote(f"v{i}", actor="ann", at=NOON)
            assert tx.models.serving("reward") == versions[2]
            assert tx.models.roll_back("reward", at=NOON) == versions[1]
            tx.models.promote("v2", actor="ann", at=NOON + DAY)
            assert tx.models.roll_back("reward", at=NOON) == versions[1]
            assert tx.models.roll_back("reward", at=NOON) == versions[0]
            with pytest.raises(InputError, match="promoted 1 times"):
                tx.models.roll_back("reward", at=NOON)
            with pytest.raises(InputError, match="'v9'"):
                tx.models.promote("v9", actor="ann", at=NOON)


class TestPreferences:
    def test_a_no_to_everything_is_found_beside_a_no_to_one_topic(self, store: Store) -> None:
        with store.begin() as tx:
            tx.preferences.put(
                [
                    Preference(user_id="a", topic="news", wanted=False, changed_at=NOON),
                    Preference(user_id="b", wanted=False, changed_at=NOON),
                    Preference(user_id="c", topic="news", wanted=True, changed_at=NOON),
                    Preference(user_id="d", topic="sport", wanted=False, changed_at=NOON),
                ]
            )
            assert tx.preferences.unwanted(["a", "b", "c", "d"], ["news"]) == {("a", "news"), ("b", "*")}


class TestAudit:
    def test_keeps_the_order(self, store: Store) -> None:
        with store.begin() as tx:
            for action in ("add", "change"):
                tx.audit.note(
                    AuditEntry(at=NOON, actor="ann", action=action, noun="campaign", noun_id="n", detail={"x": "1"})
                )
            assert [entry.action for entry in tx.audit.of("campaign", "n")] == ["add", "change"]


def test_sqlite_is_safe_against_a_power_failure(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/a.db"
    upgrade(url)
    store = open_store(url)
    with store.read() as tx:
        names = ("journal_mode", "synchronous", "foreign_keys")
        found = [tx.connection.execute(text(f"PRAGMA {name}")).scalar_one() for name in names]
    store.close()
    assert found == ["wal", 2, 1]
