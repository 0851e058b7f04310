"""What each stage found, as its notebook shows it: tables grouped for readers, and the numbers that are told of them."""
