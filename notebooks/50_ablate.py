# %% [markdown]
# # Training on labels that were not repaired
#
# What happens when the training labels are taken as published, or when invalid ones are discarded instead of
# repaired? Only the training labels change: the same code, recipe, seeds and test labels as in the stage `train`,
# whose runs on repaired labels are the arm to compare with and are not repeated here. An arm may also have flaws planted in these
# labels, a share of the mentions at a time.

# %% tags=["parameters"]
ablation = "published"

# %%
from IPython.display import Markdown

from openner_utils.pages.tables import show
from openner_utils.stages import ablate, main
from openner_utils.support.words import counted

result = main(ablate, ablation=ablation)
changed = result.changed
planted = result.planted
Markdown(
    f"{changed['differ'].sum():,} of {counted(changed['tokens'].sum(), 'training label')} differ from the repaired ones, in "
    f"{counted((changed['differ'] > 0).sum(), 'training split')}; {counted(result.runs, 'run')}."
    if planted.empty
    else f"{counted(planted['labels_from'].nunique(), 'dose')} of flaws, each planted anew for {counted(planted['seed'].nunique(), 'seed')}; "
    f"{counted(result.runs, 'run')}."
)

# %% [markdown]
# ## What differs in the training labels
#
# Labels that differ from the repaired ones, over core types, in the sentences trained on: after limits and
# decontamination. Where flaws were planted, *flawed* are the mentions that got one, and *differ* the labels that are others after repair.

# %%
show(planted) if len(planted) else show(
    changed.rename(columns={"differ": "labels that differ"}), per_100_tokens=2, per_100_mentions=2
)

# %% [markdown]
# ## On the test sets
#
# F1 in percent (*conlleval*), mean and standard deviation (n-1) over seeds. Whether the difference to the repaired arm is
# more than chance, and an effect of repair, is answered on the page about repair, under *discard* too.

# %%
show(result.scores)
