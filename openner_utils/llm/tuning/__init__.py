"""Tuning of causal language models on prompts with their right answers: the small one made here, and any of Transformers."""
