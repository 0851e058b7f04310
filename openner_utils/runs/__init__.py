"""What makes long work resumable: executors, a key over all that decides a result, and finished runs under their keys."""
