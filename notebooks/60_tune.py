# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # A small causal language model
#
# Can a language model that is trained in minutes learn to answer the two prompt formats, and is there anything in its
# answers that it did not learn from the shape of them alone?
#
# The model is trained on prompts with their right answers. Its control is trained the same way on the same sentences
# with their mentions exchanged at random: as many, of the same lengths and types, but not where the names are. What
# the model scores beyond its control, it learned from the labels.

# %% tags=["parameters"]
model = ...

# %%
from openner_utils import figures
from openner_utils.stages import tune
from openner_utils.tables import show

result = tune.run(model)
show(result.trained)

# %% [markdown]
# ## How training went
#
# Mean loss on the answers, in steps of the optimizer.

# %%
figures.show(figures.training_loss(result.losses))
