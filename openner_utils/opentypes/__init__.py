"""A tagger for any list of entity types: spans and names of types in one space (after Binder, Zhang et al. 2023, and GLiNER, Zaratiana et al. 2024)."""
