# %% [markdown]
# # Explore
#
# What do the sentences look like, and what does a model make of them?
#
# Pick a corpus, a language, a split and one of the models that have been trained or asked, and page through the sentences:
# gold mentions on one side, predicted ones on the other. A tick marks what both have; *missed* is only in the gold
# labels, *spurious* only in the prediction. Without a model there are gold mentions alone. Run this notebook in
# JupyterLab (`make lab`) to get the controls.
#
# A *second* model, or another seed, stands beside the first; replies of a language model stand behind what was read of them, with the
# reason of each loss. Filters keep the sentences that have an error of some kind, a type, a label that a rule repaired, certain words, or mentions
# that training does not hold; precision, recall and F1 are of what the filters keep, which is no sample of anything. *sentence* jumps to a number.
#
# *sub-tokens* shows what an encoder's tokenizer makes of each token, unknown ones marked. *save* writes every sentence that the filters keep into a
# new file (JSON lines, or CSV), which is never overwritten; from a cell, `export(library, choice, path)` of `openner_utils.pages.browse.export` does
# the same.

# %% tags=["parameters"]
# None: choose below.

# %%
from openner_utils.pages.browse import controls

controls.explore()
