"""What people decide about candidates."""
