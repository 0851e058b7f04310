# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Asking a language model
#
# What does the model reply when it is asked in this format, and how many of the mentions that its replies name can be
# found in the sentence?
#
# Replies are kept verbatim. A mention is *grounded* where its characters stand in the sentence, exactly, from token
# border to token border; every other one is lost, and counted under one reason. *Free* decoding may write anything;
# *constrained* decoding can only copy the sentence and name allowed types. The model that is trained in the pipeline
# copies tokens of its prompt by construction, so its free replies hold no invented words; its control was trained on
# shuffled labels.

# %% tags=["parameters"]
llm = ...
format = ...

# %%
from IPython.display import Markdown, display

from openner_utils import figures
from openner_utils.stages import prompt
from openner_utils.tables import show

result = prompt.run(llm, format)

# %% [markdown]
# ## What became of the mentions that replies named

# %%
kept = result.losses.pivot_table(
    index="variant", columns="reason", values="mentions", aggfunc="sum", fill_value=0
).reset_index()
show(kept.loc[:, (kept != 0).any()])  # reasons that occur

# %%
figures.show(figures.losses(result.losses))

# %% [markdown]
# ## What was wrong with replies

# %%
if len(result.faults):
    display(
        show(
            result.faults.pivot_table(
                index="fault", columns="variant", values="count", aggfunc="sum", fill_value=0
            ).reset_index()
        )
    )
else:
    display(Markdown("Nothing: every reply could be read, and repeated its sentence where it should."))

# %% [markdown]
# ## A few replies, verbatim

# %%
show(result.examples.groupby("variant", sort=True).head(2))

# %%
named = int(result.losses["mentions"].sum())
grounded = int(result.losses.loc[result.losses["reason"] == "grounded", "mentions"].sum())
display(Markdown(f"{grounded} of {named} mentions that replies named were found in their sentence."))
