# %% [markdown]
# # Who helps whom?
#
# What does a model that was trained on one corpus and language do on the test sets of others?
#
# **Design.** Rows of the matrix are what a model was trained on (one corpus and language alone, or several together), columns the
# test sets that it met; no model has seen a sentence of another's test set on purpose (the [audit](audit.html) lists those that training data hold
# nevertheless). Each entry has three cells, of exact spans: *types ignored* asks whether names are found at all; *shared types* counts,
# on both sides, only types that the training corpora annotate and the test corpus does, so that a model which knows persons alone is not blamed
# for places; *all types* is what a user meets. F1 is the mean over seeds, its interval over other sentences (documents where there are ten)
# and other seeds. Of one test set all donors are ranked, and each is compared with the next on the same sentences; these leads are one
# family (Holm; see [methods](methods.html)). Donors differ in size, domain and guidelines as well as in language: as the corpora are, the ranking
# says *who* helps, and not why.
#
# What a donor is worth may hang on how much the target has itself. Under a regime with targets, donors of equal size are trained together with
# 0 and more sentences of a target, chosen by a hash so that fewer are among more; *related* is a donor whose language shares family or
# script with the target's in the catalog. Several donors of a kind count together, so intervals are over seeds and sentences and speak of these
# donors alone; related minus unrelated at every size is one family of its own (Holm).

# %% tags=["parameters"]

# %%
from IPython.display import Markdown

from openner_utils.analysis.transfer_cells import SHARED
from openner_utils.pages import figures
from openner_utils.pages.figures_of_transfer import donors, transfer
from openner_utils.pages.tables import excerpt, show, show_results
from openner_utils.stages import compare, main
from openner_utils.support.markdown import listed

result = main(compare, question="transfer")
Markdown(listed(result.summary))

# %% [markdown]
# ## The matrix
#
# Shared types; framed: a model on its own test set.

# %%
matrix = result.tables["matrix"]
figures.show(transfer(matrix))

# %% [markdown]
# ## Donors, ranked
#
# Shared types. *lead*: points of F1 over the next donor in the ranking, with its interval.

# %%
ranking = result.tables["ranking"]
excerpt(
    ranking.drop(columns=["regime", "seeds", "sentences", "mentions"]),
    "artifacts/compare/transfer/ranking.parquet",
    p=3,
)

# %% [markdown]
# ## By family and script
#
# F1 of donors by how their language is related to the tested one: median, lowest and highest. Entries share donors and test
# sets, so there is no interval.

# %%
show(result.tables["relations"])

# %% [markdown]
# ## The three cells
#
# Entries away from home; the whole matrix is the table `transfer` of the [figures](figures.html).

# %%
wide = matrix[matrix["relation"] != "itself"].pivot_table(
    index=["system", "trained", "corpus", "language", "relation"], columns="cell", values="f1"
)
excerpt(wide.reset_index(), "artifacts/compare/transfer/matrix.parquet")

# %% [markdown]
# Shared types, with intervals and what they rest on:

# %%
show_results(matrix[matrix["cell"] == SHARED].drop(columns="cell").head(60))

# %% [markdown]
# ## By the size of the target
#
# All exact mentions in core types. Lines join points of one kind of donor; *no donor* is the target alone. Differences are points of F1, related
# minus unrelated donors.

# %%
curve = result.tables["curve"]
figures.show(donors(curve)) if len(curve) else Markdown("No regime of this run has targets.")

# %%
show_results(result.tables["helped"]) if len(result.tables["helped"]) else None

# %%
show_results(curve) if len(curve) else None
