# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Training on labels that were not repaired
#
# What happens when the training labels are taken as published, or when invalid ones are discarded instead of
# repaired? Only the training labels change: the same code, recipe, seeds and test labels as in the stage `train`,
# whose runs on repaired labels are the arm to compare with and are not repeated here.

# %% tags=["parameters"]
ablation = ...

# %%
from IPython.display import Markdown, display

from openner_utils.stages import ablate
from openner_utils.tables import show

result = ablate.run(ablation)

# %% [markdown]
# ## What differs in the training labels

# %%
show(result.changed)

# %% [markdown]
# ## On the test sets
#
# F1 in percent (*conlleval*), mean and standard deviation over seeds. Whether the difference to the repaired arm is
# more than chance is answered on the page about repair.

# %%
show(result.scores)

# %%
display(
    Markdown(
        f"{int(result.changed['labels that differ'].sum())} training labels differ from the repaired ones in "
        f"{len(result.changed)} corpora; {result.runs} runs."
    )
)
