# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Does label repair matter?
#
# What does the repair of training labels do to a model's scores?
#
# The test labels are the same in all arms, so that only the training labels differ: repaired (*conlleval*), as published,
# or with invalid labels discarded.

# %% tags=["parameters"]

# %%
from IPython.display import Markdown, display

from openner_utils import figures
from openner_utils.stages import compare
from openner_utils.tables import show

result = compare.run("repair")

# %% [markdown]
# ## How much there was to repair
#
# Repaired labels for every hundred mentions, in the whole training split of each corpus and over all entity types.

# %%
show(result.tables["noise"])

# %% [markdown]
# ## F1 of each arm
#
# Percent, mean over seeds with the bootstrap interval over sentences and seeds.

# %%
show(result.tables["arms"])

# %% [markdown]
# ## Differences to the repaired arm
#
# Points of F1; p is Holm-adjusted over the rows.

# %%
show(result.tables["difference"], p=3, p_raw=3)

# %%
figures.show(figures.differences(result.tables["difference"], "arm minus repaired"))

# %% [markdown]
# ## What was found

# %%
display(Markdown("\n".join(f"- {line}" for line in result.summary)))
