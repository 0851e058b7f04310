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
from openner_utils.pages.figures_of_domains import domains
from openner_utils.pages.tables import show, show_results
from openner_utils.pages.views.domains import by_type
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

# %% [markdown]
# ## When a domain corpus joins
#
# Corpora of one language that differ in domain and types: a model of each alone (separate), and one of all, merged naively (union) or with a
# loss that leaves open what a corpus does not annotate. Each corpus is scored twice: in its own *types*, of which alone something is predicted
# for it; and in *all types* of the model, where every mention of a type that the corpus does not annotate is spurious, right or wrong as it may
# be. Differences are points of F1, together minus separate, on the same sentences; all of them are one family (Holm). Beside these stand the F1 of each
# corpus under each regime, with its domain, and what became of each type: F1 where the corpus annotates it (mean over seeds, not tested),
# otherwise how many mentions of it are predicted.

# %%
joined = result.tables["domains"]
figures.show(domains(result.tables["by_domain"])) if len(joined) else Markdown(
    "No corpora of one language were trained alone and together on the standardized release."
)

# %%
show_results(joined) if len(joined) else None

# %%
show_results(result.tables["by_domain"]) if len(joined) else None

# %%
show(by_type(result.tables["domain_types"])) if len(joined) else None
