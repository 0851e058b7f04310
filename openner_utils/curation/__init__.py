"""From raw sentences to a clean release: steps on tokens, repair, splits, duplicates."""
