"""Releases in the formats of others, rewriting of files in place, patches for publishers."""
