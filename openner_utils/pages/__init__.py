"""What readers see: figures, tables, HTML pages, README, log, and whether a run gives the committed tables."""
