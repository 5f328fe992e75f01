"""The review pages: rendered here, complete without script, behind names and passwords."""
