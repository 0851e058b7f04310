"""What every training shares, whatever it trains: checkpoints to begin from, steps of the optimizer, batches."""
