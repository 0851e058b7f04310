"""One page per language, one per system, and the replies of each language model beside the reference.

They put together what the questions and the stage score have found, for readers who begin with a language or a system.
"""
