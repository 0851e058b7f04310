# %% [markdown]
# # Which encoder, in which language?
#
# Which encoder is better in which language, and what does its tokenizer do to the language?
#
# Two encoders are compared on the same test sentences, over sentences (or documents) and seeds; all pairs on this page are
# one family (Holm). How that is done, and how often it errs: [methods](methods.html).

# %% tags=["parameters"]

# %%
from IPython.display import Markdown

from openner_utils.pages import figures
from openner_utils.pages.tables import show_results
from openner_utils.stages import compare, main
from openner_utils.support.markdown import listed

result = main(compare, question="encoders")
Markdown(listed(result.summary))

# %% [markdown]
# ## F1 by language
#
# Percent, mean over seeds, with its interval (95 %, unless `compare.confidence` in `params.yaml` says another level) and the
# standard deviation (n-1) over seeds; *over* says what the interval is over.
# Beside it, what the tokenizer does to the test tokens: the shares of tokens with an unknown sub-token and of those that
# lose characters, the share of words of three letters or more that are spelled letter by letter, and sub-tokens per token (fertility).

# %%
by_language = result.tables["by_language"]
show_results(by_language, unknown_tokens=2, fertility=2, characters_lost=2, spelled_out=2)

# %%
figures.show(figures.f1_by_language(by_language))

# %% [markdown]
# Each point is one encoder on one language. A tokenizer that knows no sub-token of a script leaves the encoder blind;
# one that knows them all promises nothing.

# %%
figures.show(figures.unknown_against_f1(by_language))

# %% [markdown]
# ## Means
#
# Only over languages that every row of a group has; the interval is over sentences and seeds, the languages are given.

# %%
show_results(result.tables["means"])

# %% [markdown]
# ## Differences
#
# Points of F1 of *b* minus those of *a*. *clear* decides: it is true where the interval, at the level at which Holm's method
# judged the row, leaves out zero. *detectable 80* is the true difference that this test would find with 80 % power.
#
# *low* and *high resampled* are a second view of the same difference, at the same level: seeds and sentences (or documents) drawn with
# replacement, together, many times over. The test decides; where the second view does not *agree*, the difference lies so near to what
# chance brings that it should not be built on. How it is done, and which known faults of resampling few seeds are mended:
# [methods](methods.html).

# %%
show_results(result.tables["views"])
