"""Experiments and campaigns: what deliveries belong to."""

from sqlalchemy import select

from pushgen.records import Arm, Campaign, Experiment
from pushgen.store import schema
from pushgen.store.repository import Repository


class Experiments(Repository[Experiment]):
    """Pushes of one content shown to randomised traffic."""

    table = schema.experiments
    record = Experiment

    def of(self, content_id: str) -> list[Experiment]:
        return self._all(select(self.table).where(self.table.c.content_id == content_id).order_by("experiment_id"))


class Arms(Repository[Arm]):
    """Pushes that take part, the control first."""

    table = schema.arms
    record = Arm

    def of(self, experiment_id: str) -> list[Arm]:
        return self._all(select(self.table).where(self.table.c.experiment_id == experiment_id).order_by("place"))


class Campaigns(Repository[Campaign]):
    """Topics, priorities and stale ages."""

    table = schema.campaigns
    record = Campaign
