"""What is in the corpora: contents, counts against expectations and published figures, distributions, licences.

What stands in several places is in `leakage`, what was repaired in `ledger`. Release tables (`releases.RELEASE`) and cards
in, data frames and records out. A *part* is one corpus, language and split. Shares are fractions from 0 to 1. Functions
on release tables may be given one corpus at a time, and their frames put together.
"""
