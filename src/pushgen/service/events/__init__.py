"""What users did with pushes."""
