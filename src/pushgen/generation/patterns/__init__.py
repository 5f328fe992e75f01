"""Frames mined from the pushes of the user's own log, filled like the packaged ones with statements of the source."""
