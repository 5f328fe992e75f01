"""A service on a small simulated app, so that a newcomer can try everything in a minute."""
