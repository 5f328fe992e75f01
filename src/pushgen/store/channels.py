"""The bucket of tokens that limits the rate of a channel over all workers."""

from datetime import datetime

from sqlalchemy import Connection, select, update

from pushgen.store import schema
from pushgen.store.bulk import insert_new

_c = schema.channels.c


class Channels:
    """Tokens per channel."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def take(self, channel: str, want: int, *, rate: float, burst: float, now: datetime) -> int:
        """Takes up to `want` tokens from a bucket that fills at `rate` per second up to `burst`; how many it had."""
        fresh = {"channel": channel, "tokens": burst, "filled_at": now}
        insert_new(self._connection, schema.channels, [fresh])
        query = select(_c.tokens, _c.filled_at).where(_c.channel == channel).with_for_update()
        tokens, filled_at = self._connection.execute(query).one()
        # Clocks of workers may differ by a little: a bucket never loses what another worker filled in.
        tokens = min(burst, tokens + rate * max(0.0, (now - filled_at).total_seconds()))
        taken = min(want, int(tokens))
        self._set(channel, tokens - taken, max(now, filled_at))
        return taken

    def give_back(self, channel: str, count: int, *, burst: float) -> None:
        """Puts back tokens that were not used."""
        query = select(_c.tokens, _c.filled_at).where(_c.channel == channel).with_for_update()
        tokens, filled_at = self._connection.execute(query).one()
        self._set(channel, min(burst, tokens + count), filled_at)

    def _set(self, channel: str, tokens: float, filled_at: datetime) -> None:
        values = {"tokens": tokens, "filled_at": filled_at}
        self._connection.execute(update(schema.channels).where(_c.channel == channel).values(values))
