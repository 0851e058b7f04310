"""What every room stands on: errors, paths, files, checked records, progress, processes, rounding."""
