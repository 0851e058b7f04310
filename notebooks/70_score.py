# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Scores
#
# What is every prediction worth, and how much does the answer depend on the scorer?
#
# A mention is right when its span and its type are. Scorers differ in what they make of a label that cannot follow
# the one before it: *conlleval* (SeqScore's repair of that name, seqeval's default) lets it open a mention, *discard*
# (SeqScore's other repair, seqeval's strict mode) takes it for outside; *untyped* takes the types away before mentions
# are read (T-NER's type-ignored score). SeqScore and seqeval score each prediction too, and a difference in any count
# would have stopped this page.

# %% tags=["parameters"]

# %%
from IPython.display import Markdown, display

from openner_utils.pages.tables import show
from openner_utils.stages import main, score
from openner_utils.support.rounding import shown

result = main(score)
display(Markdown(f"{result.checked} predictions were scored, each by three scorers that agree."))

# %% [markdown]
# ## Conventions side by side
#
# Micro F1 in percent, mean over seeds and over the test sets that *n* counts. Rows with different *n* were scored on
# different test sets, or different sentences of them, and must not be compared with each other, only across conventions.

# %%
names = ["system", "regime", "labels_from", "format", "decoding", "policy", "control"]
overall = result.scores[result.scores["type"] == "ALL"]
by_convention = overall.pivot_table(index=names, columns="convention", values="f1", aggfunc="mean")
sizes = overall.groupby(names)[["corpus", "language"]].apply(lambda rows: len(rows.drop_duplicates()))
show((100 * by_convention).assign(n=sizes).reset_index())

# %% [markdown]
# ## By entity type
#
# The same under *conlleval*, for each core type.

# %%
typed = result.scores[(result.scores["type"] != "ALL") & (result.scores["convention"] == "conlleval")]
by_type = typed.pivot_table(index=names, columns="type", values="f1", aggfunc="mean")
show((100 * by_type).reset_index())

# %%
gap = 100 * (by_convention["discard"] - by_convention["conlleval"]).abs()
display(
    Markdown(
        f"The choice between *conlleval* and *discard* moves the mean of a row by up to {shown(gap.max())} points of F1."
    )
)
