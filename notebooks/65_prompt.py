# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

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
from IPython.display import Markdown, display

from openner_utils.pages import figures
from openner_utils.pages.tables import show
from openner_utils.stages import main, prompt

result = main(prompt, llm=llm, format=format)

# %% [markdown]
# ## What became of the mentions that replies named

# %%
main = result.losses[result.losses["policy"] == result.policy]


def account(losses, *runs):
    """Mentions by run and reason, the reasons that occur, and their sum."""
    counts = losses.pivot_table(
        index=list(runs), columns="reason", values="mentions", aggfunc="sum", sort=False
    )
    counts = counts.loc[:, (counts > 0).any()]
    return counts.assign(named=counts.sum(axis=1)).reset_index()


show(account(main, "decoding", "control"))

# %%
figures.show(figures.losses(main))

# %% [markdown]
# ## How texts that stand at several places were read
#
# A list names texts. Where a text stands at several places and the reply does not say which one it means, a policy
# decides: the next one from left to right (*cursor*), else any free one (*free*), or all of them (*all*). The replies are
# the same. Inline replies have offsets, and need none.

# %%
show(account(result.losses[~result.losses["control"]], "decoding", "policy"))

# %% [markdown]
# ## What was wrong with replies
#
# A reply can have a fault several times: *count* is of faults; *replies* is of all replies, with faults or without.

# %%
if len(result.faults):
    runs = ["decoding", "control"]
    faults = result.faults.groupby([*runs, "fault"], sort=False)["count"].sum().reset_index()
    replies = result.replies.groupby(runs)["replies"].sum().reset_index()
    display(show(faults.merge(replies, on=runs)))
else:
    display(Markdown("Nothing: every reply could be read, and repeated its sentence where it should."))

# %% [markdown]
# ## A few replies, verbatim

# %%
show(result.examples.groupby(["decoding", "control"], sort=True).head(2))

# %%
for (control, decoding), counts in main.groupby(["control", "decoding"], sort=True):
    named = int(counts["mentions"].sum())
    grounded, again = (
        int(counts.loc[counts["reason"] == reason, "mentions"].sum())
        for reason in ("grounded", "named again")
    )
    who = "the control" if control else "the model"
    asked = (result.replies["decoding"] == decoding) & (result.replies["control"] == control)
    answered = int(result.replies.loc[asked, "replies"].sum())
    display(
        Markdown(
            f"{decoding} decoding: {answered} replies; of {named:,} mentions that {who} named, {grounded} have a place in "
            f"their sentence, {again} name it again, {named - grounded - again} are lost."
        )
    )
