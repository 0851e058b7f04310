# %% [markdown]
# # Which labels are in doubt?
#
# Where may the test labels themselves be wrong, and what would it change?
#
# **Design.** No encoder was trained on a test sentence, so each prediction of one is out of sample. A candidate is a mention that at least two
# different encoders predict, each in most of its seeds, and that the labels lack: a *missing* mention, or another *type* or *boundary* than
# theirs. An encoder whose F1 on a test set is below 40 has no vote there. Each candidate has an id that stays the same while labels and place
# do, its place in the publisher's file, and a patch that can be taken back: the label of each line before and after. Nothing is changed here: encoders share
# blind spots, guidelines have reasons, and a person decides. Test sets that were corrected where systems disagree with them flatter
# systems like these; so the effect on F1 is given for the encoders that proposed a candidate and for the others apart.

# %% tags=["parameters"]

# %%
from IPython.display import Markdown

from openner_utils.pages.tables import excerpt, show
from openner_utils.stages import compare, main
from openner_utils.support.markdown import listed

result = main(compare, question="doubts")
Markdown(listed(result.summary))

# %% [markdown]
# ## Candidates
#
# The most votes first. *labelled*: what stands there now; *f1 voters*, *f1 others*: points of F1 if this one alone were taken.

# %%
first = [
    "id",
    "words",
    "labelled",
    "proposed",
    "kind",
    "voters",
    "of",
    "f1_voters",
    "f1_others",
    "language",
    "file",
    "line",
]
excerpt(
    result.tables["candidates"][first],
    "artifacts/compare/doubts/candidates.parquet",
    f1_voters=2,
    f1_others=2,
)

# %% [markdown]
# ## Patches
#
# For each candidate the labels that would change, by line of the publisher's file. Exchange *before* and *after* to take one back.

# %%
excerpt(result.tables["patches"], "artifacts/compare/doubts/patches.parquet")

# %% [markdown]
# ## Test sets
#
# *encoders*: how many have a vote.

# %%
show(result.tables["test_sets"])
