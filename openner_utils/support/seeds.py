"""Which seeds there are."""

LARGEST_SEED = 2**32 - 1
"""The largest that every library takes that draws at random; the least is 0."""
