"""Work on many contents that nobody waits for: asked for over HTTP, kept in the database, done by a worker."""
