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
ablation = "published"

# %%
from IPython.display import Markdown, display

from openner_utils.pages.tables import show
from openner_utils.stages import ablate, main
from openner_utils.support.words import counted

result = main(ablate, ablation=ablation)

# %% [markdown]
# ## What differs in the training labels
#
# Labels that differ from the repaired ones, over core types, in the sentences trained on: after limits and
# decontamination.

# %%
shown = result.changed.rename(columns={"differ": "labels_that_differ"})
show(shown, per_100_tokens=2, per_100_mentions=2)

# %% [markdown]
# ## On the test sets
#
# F1 in percent (*conlleval*), mean and standard deviation (n-1) over seeds. Whether the difference to the repaired arm is
# more than chance, and an effect of repair, is answered on the page about repair, under *discard* too.

# %%
show(result.scores)

# %%
display(
    Markdown(
        f"{result.changed['differ'].sum():,} of {counted(result.changed['tokens'].sum(), 'training label')} "
        f"differ from the repaired ones, in {counted((result.changed['differ'] > 0).sum(), 'training split')}; "
        f"{counted(result.runs, 'run')}."
    )
)
