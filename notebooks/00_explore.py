# %% [markdown]
# # Explore
#
# What do the sentences look like, and what does a model make of them?
#
# Pick a corpus, a language, a split and one of the models that have been trained or asked, and page through the sentences:
# gold mentions on one side, predicted ones on the other. A tick marks what both have; *missed* is only in the gold
# labels, *spurious* only in the prediction. Without a model there are gold mentions alone. Run this notebook in
# JupyterLab (`make lab`) to get the controls.

# %% tags=["parameters"]
# None: choose below.

# %%
from openner_utils.pages.browse import controls

controls.explore()
