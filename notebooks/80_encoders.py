# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Which encoder, in which language?
#
# Which encoder is better in which language, and what of it do the tokenizers explain?
#
# Every difference is tested: a randomization test over test sentences, all seeds of a sentence together, with Holm's
# adjustment over all pairs on this page. Intervals are bootstrapped over sentences and seeds.

# %% tags=["parameters"]

# %%
from IPython.display import Markdown, display

from openner_utils import figures
from openner_utils.stages import compare
from openner_utils.tables import show

result = compare.run("encoders")

# %% [markdown]
# ## F1 by language
#
# Percent, mean over seeds with the bootstrap interval; beside it, what the tokenizer does to the language's tokens.

# %%
show(result.tables["by_language"], unknown_tokens=2, fertility=2, characters_lost=2)

# %%
figures.show(figures.f1_by_language(result.tables["by_language"]))

# %% [markdown]
# Does F1 fall with the share of tokens that hold an unknown piece? Each point is one encoder on one language.

# %%
figures.show(figures.unknown_against_f1(result.tables["by_language"]))

# %% [markdown]
# ## Differences
#
# Points of F1, second encoder minus first. `detectable` is half the interval's width: smaller true differences would mostly go unseen here.

# %%
show(result.tables["pairs"], p=3, p_raw=3)

# %% [markdown]
# ## What was found

# %%
display(Markdown("\n".join(f"- {line}" for line in result.summary)))
