# %% [markdown]
# # Language model or encoder?
#
# How does a prompted language model compare with fine-tuned encoders when both are tested on the very same sentences?
#
# A language model is asked about fewer sentences than an encoder tags in the same time, and scores on different sentences
# cannot stand side by side. So every score here is on the sentences that all systems of a language share. No format,
# decoding or regime was picked by its test score: all of them are shown, and all comparisons are one family (Holm).

# %% tags=["parameters"]

# %%
from IPython.display import Markdown

from openner_utils.pages import figures
from openner_utils.pages.tables import show, show_results
from openner_utils.stages import compare, main
from openner_utils.support.markdown import listed

result = main(compare, question="llms")
Markdown(listed(result.summary))

# %% [markdown]
# ## F1 on equal sentences
#
# Percent, mean over seeds with its interval.

# %%
show_results(result.tables["equal"])

# %% [markdown]
# ## Language model minus encoder
#
# Points of F1. A model that was tuned or asked once speaks for itself alone: then *over* names the seeds of one side.

# %%
show_results(result.tables["pairs"])

# %%
figures.show(figures.differences_by_language(result.tables["pairs"], "language model minus encoder"))

# %% [markdown]
# ## What asking took
#
# The mean of a reply: tokens of its prompt, worked examples (*shots*) included, and of what was said, and seconds, which are kept where
# `prompt.timed` is set, and are those of the machine that asked. *cost* is of all replies together, at the price in params.yaml. What nobody told is
# empty. (By language and decoding: the question `prompts`.)

# %%
show(result.tables["cost"], cost=4, seconds=3)
