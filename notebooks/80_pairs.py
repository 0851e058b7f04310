# %% [markdown]
# # Which of two systems is better?
#
# How do two systems of one's choice compare?
#
# **Design.** Every pair of systems is compared in every language, on the sentences that both were scored on; all pairs of this page are one
# family (Holm; see [methods](methods.html)). The family is large, so a difference has to be larger here than on the page of a question that asks for a
# few comparisons: this page is for looking up. Controls are left out; of replies that were read under several policies the main one stands here.

# %% tags=["parameters"]

# %%
from IPython.display import Markdown

from openner_utils.pages.tables import show_results
from openner_utils.stages import compare, main
from openner_utils.support.markdown import listed

result = main(compare, question="pairs")
Markdown(listed(result.summary))

# %% [markdown]
# ## All pairs
#
# Points of F1, *b* minus *a*. Search for two names, and a language, to find a pair.

# %%
show_results(result.tables["pairs"])
