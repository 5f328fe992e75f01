"""A small encoder-decoder with a copy mechanism, trained on the user's own log."""
