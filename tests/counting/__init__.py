"""Independent counts of raw files: one small script per published format, by what publishers say and not by our readers.

Each card names the command that counts its files, with ``FILE`` for the raw file (out of its archive, where it lies in
one), for instance ``python -m tests.counting.conll FILE``; anyone can run it from the root of the repository. Nothing of
`openner_utils` is imported here, and nothing is taken from a card but that command and the path of a file: not how the
card says to read it. The tests run the commands over every file at hand, and compare them with what the card expects and
with what our readers find.
"""
