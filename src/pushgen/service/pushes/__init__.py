"""What may go out, and what went out."""
