"""What makes long work resumable: a key over all that decides a result, and a place where results are kept under it."""
