# %% [markdown]
# # Do leaked test sentences lift scores?
#
# What would F1 be without the test sentences that training data hold?
#
# **Design.** A test sentence is taken out where the training data of any chosen corpus hold it, word for word or nearly (the
# [audit](audit.html) says how that is told); F1 of each encoder stands with all test sentences and without these, both with intervals. The two overlap in
# their sentences, so the rise is given without a test: look at whether it is small beside the intervals. It is an upper bound of what was
# remembered: no model was trained on all corpora, and repeated sentences are often short and easy. Mentions that training knew, in sentences that it
# did not, are told apart on the page of [scores](score.html).

# %% tags=["parameters"]

# %%
from IPython.display import Markdown

from openner_utils.pages.tables import show
from openner_utils.stages import compare, main
from openner_utils.support.markdown import listed

result = main(compare, question="leaked")
Markdown(listed(result.summary))

# %% [markdown]
# ## With and without
#
# F1 in percent; *rise*: points through the leaked sentences.

# %%
scores = result.tables["scores"]
show(scores) if scores["leaked"].any() else Markdown(
    "No test sentence leaked, so there is nothing to set side by side."
)
