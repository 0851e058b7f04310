"""The small causal language model made here, and its training."""
