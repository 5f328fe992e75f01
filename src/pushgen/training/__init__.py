"""One training loop for generators and reward models."""
