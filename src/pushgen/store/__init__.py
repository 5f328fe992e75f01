"""The database: what is kept between runs. Needs the extra `store`; SQLite by default, PostgreSQL by URL."""

from pushgen.store.engine import DEFAULT_URL, Store, open_store
from pushgen.store.transaction import Transaction

__all__ = ["DEFAULT_URL", "Store", "Transaction", "open_store"]
