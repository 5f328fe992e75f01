"""Send and A/B logs: adapters, import, audit, pairs."""

from pushgen.logs.audit import AuditConfig
from pushgen.logs.importing import ImportConfig, import_log
from pushgen.logs.log import Log, write_log
from pushgen.logs.pairs import make_pairs, pairs

__all__ = ["AuditConfig", "ImportConfig", "Log", "import_log", "make_pairs", "pairs", "write_log"]
