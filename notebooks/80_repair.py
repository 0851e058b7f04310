# %% [markdown]
# # Does label repair matter?
#
# What does the repair of training labels do to a model's scores?
#
# The test labels are the same in all arms, so that only the training labels differ: repaired (*conlleval*), as published,
# or with invalid labels discarded. A model that has seen invalid transitions in training may write them, so every arm is
# scored under both conventions: *conlleval* lets such a label begin a mention, *discard* drops it.

# %% tags=["parameters"]

# %%
from IPython.display import Markdown

from openner_utils.pages import figures
from openner_utils.pages.tables import excerpt, show_results
from openner_utils.stages import compare, main
from openner_utils.support.markdown import listed

result = main(compare, question="repair")
Markdown(listed(result.summary))

# %% [markdown]
# ## How much there was to repair
#
# A *repaired label* is a token whose label in the release differs from its published label because of an invalid
# transition. The counts are those of the audit, for whole training splits: over *all* types, and over *core* types, which
# models are trained on. Splits without a repaired label are left out.

# %%
noise = result.tables["noise"]
excerpt(
    noise[noise["repaired"] > 0].rename(columns={"repaired": "repaired labels"}),
    "artifacts/compare/repair/noise.parquet",
    "No label of a training split had to be repaired.",
    per_100_tokens=2,
    per_100_mentions=2,
)

# %% [markdown]
# ## How much of it was trained on
#
# Labels in which each arm differs from the repaired one, over core types, in the sentences that were trained on: after
# limits and decontamination. Where next to none differ, a difference in F1 is that of two runs.

# %%
excerpt(
    result.tables["trained"].rename(columns={"differ": "labels that differ"}),
    "artifacts/compare/repair/trained.parquet",
    "params.yaml names no ablation, so there is no other arm.",
    per_100_tokens=2,
    per_100_mentions=2,
)

# %% [markdown]
# ## F1 of each arm
#
# Percent: mean over seeds, their standard deviation, and an interval (95 %, unless `compare.confidence` in `params.yaml` says
# another level); *over* says over what. *release*: trained on the labels of the release, the repaired ones.

# %%
show_results(result.tables["arms"])

# %% [markdown]
# ## Differences to the repaired arm
#
# Points of F1, each arm minus the repaired one. All rows are one family: *p* is adjusted over them by Holm's method, the
# interval is at the level at which the row was judged, and *clear* says that it leaves out zero. Beside them stand the
# labels that differ in what the row's models were trained on.

# %%
difference = result.tables["difference"]
show_results(difference, per_100_tokens=2)

# %%
figures.show(figures.differences(difference, "arm minus repaired labels"))
