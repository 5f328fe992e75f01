"""Replay: what a policy would have earned on the experiments of a log, under the click rates that their counts tell."""
