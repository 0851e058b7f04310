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
from IPython.display import Markdown

from openner_utils.pages.tables import show
from openner_utils.pages.views import scores as view
from openner_utils.stages import main, score
from openner_utils.support.rounding import shown

result = main(score)
conventions = view.by_convention(result.scores)
Markdown(
    f"{result.checked} predictions were scored, each by three scorers that agree. The choice between *conlleval* and *discard* "
    f"moves the mean of a row by up to {shown(view.widest_gap(conventions))} points of F1."
)

# %% [markdown]
# ## Conventions side by side
#
# Micro F1 in percent, mean over seeds and over the test sets that *n* counts. Rows with different *n* were scored on
# different test sets, or different sentences of them, and must not be compared with each other, only across conventions.

# %%
show(conventions)

# %% [markdown]
# ## By entity type
#
# The same under *conlleval*, for each core type.

# %%
show(view.by_type(result.scores))
