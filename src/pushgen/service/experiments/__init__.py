"""Pushes of one content shown to randomised traffic."""
