# %% [markdown]
# # Asking a language model
#
# What does the model reply when it is asked in this format, and how many of the mentions that its replies name can be
# found in the sentence?
#
# Replies are kept verbatim. A mention is *grounded* where its characters stand in the sentence, exactly, from token
# border to token border. One whose place bears it already is *named again*. Every other one is lost, and counted under
# one reason. *Free* decoding may write anything; *constrained* decoding can only copy the sentence and name allowed
# types. The model that is trained in the pipeline copies tokens of its prompt by construction, so its free replies hold
# no invented words (it may join words that stand apart). Its *control* was trained on shuffled labels: what it grounds, it copied, right or wrong. So it
# stands beside the model and is never added to it.

# %% tags=["parameters"]
llm = "tiny"
format = "inline"

# %%
from IPython.display import Markdown

from openner_utils.pages import figures
from openner_utils.pages.tables import excerpt, show
from openner_utils.pages.views import prompts as view
from openner_utils.pages.wording.prompt import fewer, told
from openner_utils.stages import main, prompt
from openner_utils.support.markdown import listed

result = main(prompt, llm=llm, format=format)
losses = result.losses[result.losses["policy"] == result.policy]
Markdown(listed([*map(told, view.told(losses, result.replies)), *map(fewer, view.fewer(result.fewer))]))

# %% [markdown]
# ## How right the replies are
#
# Percent, on the test sentences that were asked, of exact spans and types under the main reading; *all* is of the mentions of all languages together.
# Intervals, other readings and encoders on the same sentences stand on the pages of the questions `llms` and `prompts`.

# %%
show(result.scores.assign(control=result.scores["control"].map(view.KINDS)).rename(columns={"control": "of"}))

# %% [markdown]
# ## What became of the mentions that replies named

# %%
show(view.accounts(losses, "decoding"))

# %%
figures.show(figures.losses(losses))

# %% [markdown]
# ## How texts that stand at several places were read
#
# A list names texts. Where a text stands at several places and the reply does not say which one it means, a policy
# decides: the next one from left to right (*cursor*), else any free one (*free*), or all of them (*all*). The replies are
# the same. Inline replies have offsets, and need none.

# %%
show(view.accounts(result.losses[~result.losses["control"]], "decoding", "policy"))

# %% [markdown]
# ## What a more lenient reading would find of what was lost
#
# *Normalized*: without case, Unicode form and invisible signs; *fuzzy*: tokens that are at least 0.8 like the text; *snapped*: a
# text that begins or ends inside a token takes it whole. What a reply began to name and did not name whole is *malformed* or
# *truncated*; what an inline reply names in text that is not the sentence's is *in edited text*.

# %%
read = result.reasons[result.reasons["policy"].eq(result.policy) & ~result.reasons["control"]]
show(view.accounts(read, "decoding", "matching", "borders"))

# %%
excerpt(result.lost, "artifacts/prompt", "No mention of the model was lost.")

# %% [markdown]
# ## What was wrong with replies
#
# A reply can have a fault several times: *count* is of faults; *replies* is of all replies, with faults or without.

# %%
excerpt(
    view.faults(result.faults, result.replies),
    "artifacts/prompt",
    "Nothing: every reply could be read, and repeated its sentence where it should.",
)

# %% [markdown]
# ## What the order of types does
#
# A prompt lists the types in some order, which says nothing about the sentence. Where a model is asked under several orders
# (`label_order_seeds`), F1 under each (percent, main policy) and its spread in points show how much of a score hangs on
# it. Order 0 is PER, LOC, ORG. All other tables of this page are of the first order.

# %%
excerpt(result.orders, "artifacts/prompt", "Asked under one order alone.")

# %% [markdown]
# ## What it cost
#
# Tokens are those that the server counted, reasoning included; *untold* are replies of which it told nothing. The cost is at
# the price per million tokens in params.yaml, in its currency. Attempts that brought no reply are in no count.

# %%
excerpt(
    result.costs.drop(columns=["system", "format", "control"]),
    "artifacts/prompt",
    "Nothing: the model runs on this machine.",
    cost=6,
)

# %% [markdown]
# ## A few replies, verbatim

# %%
show(result.examples.groupby(["decoding", "control"], sort=True).head(2))
