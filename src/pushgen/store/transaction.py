"""One transaction: the repositories on one connection. The block that opened it commits, nothing else does."""

from collections.abc import Mapping
from functools import cached_property

from sqlalchemy import Connection

from pushgen.store.accounts import Accounts, Sessions
from pushgen.store.candidates import ApprovedPushes, Candidates, Reviews, Selections, Verdicts
from pushgen.store.channels import Channels
from pushgen.store.contents import Contents, Pushes
from pushgen.store.deliveries import Deliveries
from pushgen.store.erasure import erase
from pushgen.store.events import Audit, Events
from pushgen.store.experiments import Arms, Campaigns, Experiments
from pushgen.store.jobs import Jobs
from pushgen.store.judgements import Judgements
from pushgen.store.keys import ApiKeys
from pushgen.store.models import Models
from pushgen.store.notices import Notices, Webhooks
from pushgen.store.recipients import Devices, Preferences, Recipients


class Transaction:
    """Repositories by noun."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    @cached_property
    def contents(self) -> Contents:
        return Contents(self.connection)

    @cached_property
    def pushes(self) -> Pushes:
        return Pushes(self.connection)

    @cached_property
    def candidates(self) -> Candidates:
        return Candidates(self.connection)

    @cached_property
    def verdicts(self) -> Verdicts:
        return Verdicts(self.connection)

    @cached_property
    def selections(self) -> Selections:
        return Selections(self.connection)

    @cached_property
    def reviews(self) -> Reviews:
        return Reviews(self.connection)

    @cached_property
    def approved(self) -> ApprovedPushes:
        return ApprovedPushes(self.connection)

    @cached_property
    def jobs(self) -> Jobs:
        return Jobs(self.connection)

    @cached_property
    def webhooks(self) -> Webhooks:
        return Webhooks(self.connection)

    @cached_property
    def notices(self) -> Notices:
        return Notices(self.connection)

    @cached_property
    def arms(self) -> Arms:
        return Arms(self.connection)

    @cached_property
    def experiments(self) -> Experiments:
        return Experiments(self.connection)

    @cached_property
    def campaigns(self) -> Campaigns:
        return Campaigns(self.connection)

    @cached_property
    def recipients(self) -> Recipients:
        return Recipients(self.connection)

    @cached_property
    def devices(self) -> Devices:
        return Devices(self.connection)

    @cached_property
    def preferences(self) -> Preferences:
        return Preferences(self.connection)

    @cached_property
    def deliveries(self) -> Deliveries:
        return Deliveries(self.connection)

    @cached_property
    def events(self) -> Events:
        return Events(self.connection)

    @cached_property
    def audit(self) -> Audit:
        return Audit(self.connection)

    @cached_property
    def models(self) -> Models:
        return Models(self.connection)

    @cached_property
    def keys(self) -> ApiKeys:
        return ApiKeys(self.connection)

    @cached_property
    def accounts(self) -> Accounts:
        return Accounts(self.connection)

    @cached_property
    def sessions(self) -> Sessions:
        return Sessions(self.connection)

    @cached_property
    def judgements(self) -> Judgements:
        return Judgements(self.connection)

    @cached_property
    def channels(self) -> Channels:
        return Channels(self.connection)

    def erase(self, user_id: str) -> Mapping[str, int]:
        """See `pushgen.store.erasure`."""
        return erase(self.connection, user_id)
