"""From raw web text to annotated passages: reading, cutting, filtering, rating, two annotators merged, a judge (after FiNERweb)."""
