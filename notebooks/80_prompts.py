# %% [markdown]
# # Inline or JSON prompts?
#
# Asked inline (repeat the sentence, mark the mentions) or for JSON (list the mentions): which is better, what is lost on
# the way from reply to mention, and does the model know anything that its control does not?
#
# The control is the same model trained with shuffled labels, and is never counted with it. Where the model does not beat
# it beyond chance, nothing is concluded about the formats. Mentions that a reply names and that are lost (not in the
# sentence, of an unknown type, overlapping another one) are dropped, and in a second figure counted as predicted and wrong.

# %% tags=["parameters"]

# %%
from IPython.display import Markdown

from openner_utils.pages import figures
from openner_utils.pages.tables import show, show_results
from openner_utils.pages.views import prompts
from openner_utils.stages import compare, main
from openner_utils.support.markdown import listed

result = main(compare, question="prompts")
Markdown(listed(result.summary))

# %% [markdown]
# ## F1 by format and decoding
#
# Percent with the interval; *counted*: with ungrounded mentions counted as predicted. *Free* decoding may write anything;
# *constrained* decoding can only copy the sentence and name allowed types.

# %%
scores = result.tables["scores"]
show_results(scores[scores["control"].eq(False)].drop(columns="control"))

# %%
figures.show(figures.prompts(scores))

# %% [markdown]
# ## JSON minus inline
#
# Points of F1, ungrounded mentions dropped and counted; all rows are one family (Holm).

# %%
show_results(result.tables["formats"])

# %% [markdown]
# ## How JSON replies are placed
#
# A JSON list names texts, not places. Where a text stands several times and the reply does not say which one is meant, a
# policy decides: *cursor* goes from left to right and gives up behind it, *free* then takes any free place, *all* takes
# every one. A format that needs a policy should not win or lose by it.

# %%
show_results(result.tables["policies"])

# %% [markdown]
# ## Against the control
#
# Points of F1, model minus control.

# %%
show_results(result.tables["against_control"])

# %% [markdown]
# ## What became of the mentions that replies named
#
# Every mention that a reply named is counted once: grounded, named again where it stands already, or lost for one reason.
# A control may ground as much as a model: it copies names and knows nothing of them.

# %%
losses = result.tables["losses"]
show(prompts.accounts(losses, "system", "format", "decoding"))

# %%
figures.show(figures.losses(losses))
