# %% [markdown]
# # Does the scoring rule matter?
#
# Papers say "F1" and mean different things. Would another rule put the same predictions in another order, or make a difference
# certain that was not?
#
# Every encoder's predictions on the core types are scored by seven rules that published figures rest on, each written from its
# description. Nothing else changes: the predictions, the sentences and the reference are the same. Under each rule systems are
# compared in each language as a paper that uses this rule alone would do it: one family (Holm), see
# [methods](methods.html). A rule that gives more points is not kinder to all alike, which is what the order shows.

# %% tags=["parameters"]

# %%
from IPython.display import Markdown

from openner_utils.pages import figures
from openner_utils.pages.tables import show, show_results
from openner_utils.stages import compare, main
from openner_utils.support.markdown import listed

result = main(compare, question="scorers")
Markdown(listed(result.summary))

# %% [markdown]
# ## What each rule changes beside conlleval
#
# `mean`, `least`, `most`: points of F1 over all systems and languages. Of the pairs of systems in one language: `turned`, whose
# order is another; `decided`, whose difference is beyond chance under one of the two rules alone; `reversed`, beyond chance under
# both, the other way round.

# %%
show(result.tables["changes"], digits=1)

# %%
figures.show(figures.f1_by_rule(result.tables["by_rule"]))

# %% [markdown]
# ## Every score
#
# Percent, mean over seeds with its interval; `rank` is that in the language, 1 the best.

# %%
show_results(result.tables["by_rule"])

# %% [markdown]
# ## Every pair
#
# Points of F1, b minus a.

# %%
show_results(result.tables["pairs"])
