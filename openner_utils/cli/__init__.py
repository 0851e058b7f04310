"""The command `openner`."""
