"""What a key may do."""

from enum import StrEnum


class Scope(StrEnum):
    """One permission. A route needs exactly one, or is open to everybody."""

    CONTENTS_READ = "contents:read"
    CONTENTS_WRITE = "contents:write"
    CANDIDATES_READ = "candidates:read"
    """Candidates, what guardrails found in them, selections, and pushes."""
    CANDIDATES_WRITE = "candidates:write"
    MODELS_USE = "models:use"
    """Texts, scores and choices on demand, and jobs."""
    JOBS_READ = "jobs:read"
    REVIEWS_READ = "reviews:read"
    REVIEWS_WRITE = "reviews:write"
    EXPERIMENTS_READ = "experiments:read"
    EXPERIMENTS_WRITE = "experiments:write"
    USERS_READ = "users:read"
    USERS_WRITE = "users:write"
    USERS_ERASE = "users:erase"
    EVENTS_WRITE = "events:write"
    WEBHOOKS_READ = "webhooks:read"
    WEBHOOKS_WRITE = "webhooks:write"
    METRICS_READ = "metrics:read"
