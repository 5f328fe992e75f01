"""Functions that return one complete typed configuration."""
