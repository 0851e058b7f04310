"""One page per corpus: its card in words, what was found in it, and a few of its sentences.

The pages are made of what the stages clean, standardize and audit have written. They hold sentences of the corpora,
as reports/html does in general, and so never come into git.
"""
