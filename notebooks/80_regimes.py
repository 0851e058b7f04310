# %% [markdown]
# # One model for all languages?
#
# Does one model for all languages do better than one model per language, and is it more than the longer training?
#
# A joint run sees the sentences of all languages and takes more optimizer steps for it. Steps stand beside every
# difference; a regime that trains alone for the joint run's number of steps, where there is one, tells the two apart. All
# rows are one family (Holm); see [methods](methods.html).

# %% tags=["parameters"]

# %%
from IPython.display import Markdown

from openner_utils.pages import figures
from openner_utils.pages.tables import show_results
from openner_utils.stages import compare, main
from openner_utils.support.markdown import listed

result = main(compare, question="regimes")
Markdown(listed(result.summary))

# %% [markdown]
# ## Gain from joint training
#
# Points of F1, joint minus alone, on the same sentences.

# %%
show_results(result.tables["gain"])

# %%
figures.show(figures.differences(result.tables["gain"], "joint minus individual training"))

# %% [markdown]
# ## Both ways
#
# F1 in percent, mean over seeds with its interval.

# %%
show_results(result.tables["by_regime"])

# %% [markdown]
# ## Corpora that annotate different types
#
# Regimes on the standardized release that are alike but for `ontology`: *union* takes the `O` of a corpus for no mention of any type,
# *masked* and *marginal* leave open what the corpus does not annotate (docs/how-to/profiles.md). Points of F1 of *b* minus those of *a*,
# each corpus in its own types, on the same sentences; these rows are a family of their own (Holm).

# %%
types = result.tables["ontologies"]
show_results(types) if len(types) else Markdown("No two regimes of this run are alike but for it.")

# %%
show_results(result.tables["by_ontology"]) if len(types) else None
