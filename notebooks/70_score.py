# %% [markdown]
# # Scores
#
# What is every prediction worth, and how much does the answer depend on the scorer?
#
# A mention is right when its span and its type are. Scorers differ in what they make of a label that cannot follow
# the one before it: *conlleval* (SeqScore's repair of that name, seqeval's default) lets it open a mention, *discard*
# (SeqScore's other repair, seqeval's strict mode) takes it for outside; *untyped* takes the types away before mentions
# are read (T-NER's type-ignored score). SeqScore and seqeval score each prediction too, and a difference in any count
# would have stopped this page. Under a regime on the standardized release the types are those that each corpus annotates,
# elsewhere persons, locations and organizations.

# %% tags=["parameters"]

# %%
from IPython.display import Markdown

from openner_utils.analysis import breakdowns
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
# Below stand the runs that speak for their systems, under *conlleval*: no controls, and where the same replies were read under
# several policies, the main one alone. All of them are in `artifacts/score`.
#
# ## Micro and macro
#
# *Micro* F1 counts mentions, *macro* F1 is the mean over the entity types that a test set holds, so that rare types count as much
# as frequent ones.

# %%
scores = breakdowns.main_runs(result.scores, result.policy)
show(breakdowns.macro(scores))

# %% [markdown]
# ## By entity type
#
# Micro F1 for each type, the mean over seeds and test sets.

# %%
show(view.by_type(scores))

# %% [markdown]
# ## By language
#
# Micro F1, the mean over a language's test sets.

# %%
show(breakdowns.by_language(scores))

# %% [markdown]
# ## Short and long mentions
#
# By tokens; all test sets of a run together.

# %%
groups = breakdowns.main_runs(result.breakdowns, result.policy)
show(breakdowns.by_group(groups, breakdowns.BY_LENGTH))

# %% [markdown]
# ## Mentions that training knew
#
# *Seen*: the run's training sentences hold the same tokens, in the same spelling, as a mention of the same type. A system that
# only remembers names finds these and no others. Of language models it is not told what they knew.

# %%
show(breakdowns.by_group(groups, breakdowns.BY_FAMILIARITY))

# %% [markdown]
# ## What became of the mentions
#
# In percent of the mentions of the reference. A predicted mention stands for the one with its span, or else for the one
# that it overlaps most. *Spurious* ones overlap none.

# %%
confusions = breakdowns.main_runs(result.confusions, result.policy)
show(breakdowns.kinds(confusions))

# %% [markdown]
# ## Which type for which
#
# Mentions of the reference by their type, and the type of what was predicted in their place; all seeds and test sets of a run
# together.

# %%
show(breakdowns.confused(confusions))

# %% [markdown]
# ## Errors to read
#
# Two of each kind and system, drawn by a hash of their place. All of them are in `artifacts/score/errors.parquet`.

# %%
show(view.examples(breakdowns.examples(result.errors)))
