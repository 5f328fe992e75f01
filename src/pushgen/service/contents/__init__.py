"""What pushes are about."""
