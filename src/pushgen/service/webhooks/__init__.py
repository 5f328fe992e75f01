"""Other programs told of what happened: signed, at least once, never inside our own network."""
