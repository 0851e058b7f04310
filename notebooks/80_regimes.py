# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # One model for all languages?
#
# Does one model for all languages do better than one model per language?

# %% tags=["parameters"]

# %%
from IPython.display import Markdown, display

from openner_utils import figures
from openner_utils.stages import compare
from openner_utils.tables import show

result = compare.run("regimes")

# %% [markdown]
# ## Both ways
#
# F1 in percent, mean over seeds with the bootstrap interval over sentences and seeds.

# %%
show(result.tables["by_regime"])

# %% [markdown]
# ## Gain from joint training
#
# Points of F1, joint minus individual.

# %%
show(result.tables["gain"], p=3, p_raw=3)

# %%
figures.show(figures.differences(result.tables["gain"], "joint minus individual training"))

# %% [markdown]
# ## What was found

# %%
display(Markdown("\n".join(f"- {line}" for line in result.summary)))
