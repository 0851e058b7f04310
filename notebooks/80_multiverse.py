# %% [markdown]
# # Does the conclusion hang on a choice?
#
# Before a score is a score, choices are made that few papers mention. Would the report claim the same with others?
#
# A claim is that one encoder is better than another in a language, or training together than training alone. Each is
# judged in every *universe*, that is under each combination of: the **repair** of invalid transitions in predictions (conlleval,
# discard), the **rule** by which a mention is right ([scoring rules](compare-scorers.html)), the **map** of entity types
# (core, and standardized where a regime was trained on both), and the **seed** (each of the first three alone, or the mean of all). In a universe all
# claims of a kind are one family (Holm), as in a paper that made these choices alone.
#
# What a choice weighs is its main effect: the sum of squares between the means of its options, over that of all
# universes. The universes are a full factorial, so these shares do not overlap; what is left are choices *together*.
# Seeds of a claim are few, and each is a training of its own: the seed is no choice that anyone should make, but one that everyone
# makes who trains once.

# %% tags=["parameters"]

# %%
from IPython.display import Markdown

from openner_utils.pages import figures
from openner_utils.pages.figures_of_choices import specification_curve
from openner_utils.pages.tables import show_results
from openner_utils.stages import compare, main
from openner_utils.support.markdown import listed

result = main(compare, question="multiverse")
Markdown(listed(result.summary))

# %% [markdown]
# ## The claim that hangs most on choices
#
# Of the claims that are beyond chance in this report, the one that holds in the fewest universes (of all claims, if none is).

# %%
figures.show(specification_curve(result.tables["curve"]))

# %% [markdown]
# ## Every claim
#
# First those on encoders, then those on training together. *difference* and *clear* are the report's own (points of F1, *b* minus *a*). Then per cent of the universes: those with
# either sign, and those in which the difference is beyond chance; and per cent of the variance that is each choice's. Every universe
# of every claim lies in `artifacts/compare/multiverse/universes.parquet`.

# %%
claims = result.tables["claims"].drop(columns=["low", "high", "p"])
show_results(claims[claims["kind"] == "encoders"])

# %%
show_results(claims[claims["kind"] == "regimes"])
