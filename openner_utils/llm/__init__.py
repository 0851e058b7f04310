"""Asking causal language models for mentions: prompts, models, stored replies, and what can be made of them."""
