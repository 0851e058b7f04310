# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Inline or JSON prompts?
#
# Asked inline (repeat the sentence, mark the mentions) or for JSON (list the mentions): which is better, what is lost on
# the way from reply to mention, and does the model know anything that its control does not?
#
# The control is the same model trained with shuffled labels. Where the model does not beat it beyond chance, nothing is
# concluded about the formats.

# %% tags=["parameters"]

# %%
from IPython.display import Markdown, display

from openner_utils import figures
from openner_utils.stages import compare
from openner_utils.tables import show

result = compare.run("prompts")

# %% [markdown]
# ## F1 by format and decoding
#
# Percent, with the bootstrap interval over sentences. *Free* decoding may write anything; *constrained* decoding can only copy the sentence and name allowed types.

# %%
show(result.tables["variants"])

# %%
figures.show(figures.prompt_variants(result.tables["variants"]))

# %% [markdown]
# ## Against the control
#
# Points of F1, model minus control.

# %%
show(result.tables["against_control"], p=3, p_raw=3)

# %% [markdown]
# ## JSON minus inline

# %%
show(result.tables["formats"], p=3, p_raw=3)

# %% [markdown]
# ## What became of the mentions that replies named
#
# Every mention that a reply named is counted once: grounded, or lost for one reason.

# %%
losses = result.tables["losses"].pivot_table(
    index="reason", columns="variant", values="mentions", aggfunc="sum", fill_value=0
)
show(losses.reset_index())

# %% [markdown]
# ## What was found

# %%
display(Markdown("\n".join(f"- {line}" for line in result.summary)))
