"""Health, readiness, metrics, and the description of the service."""
