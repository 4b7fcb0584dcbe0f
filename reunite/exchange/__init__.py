"""Reports in and out of files."""
