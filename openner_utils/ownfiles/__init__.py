"""One's own files without a card: open, find faults, repair, convert, count, score, draft a card."""
