"""Which candidate was chosen for a content, and choosing one on demand."""
