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

from openner_utils.analysis.measurement import LENIENT
from openner_utils.pages import figures
from openner_utils.pages.tables import excerpt, show, show_results
from openner_utils.pages.views import measurement, price, prompts
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
# ### Chosen on dev
#
# The best way of asking each model by its mean F1 over languages on dev sentences (`prompt.dev_sentences`), and how that one does on
# test. A choice by test scores would take the luckiest for the best.

# %%
excerpt(result.tables["on_dev"], "artifacts/compare/prompts", "No dev sentence was asked: nothing is chosen.")

# %%
excerpt(result.tables["chosen_on_dev"], "artifacts/compare/prompts", "Nothing was chosen.")

# %% [markdown]
# ## What constraining costs
#
# Constrained minus another way of decoding in points of F1, on the same sentences: *free* decoding has the same prompt, *described* is
# free decoding with a prompt that describes the whole structure. All languages are one family (Holm), and so are all scripts, in which
# languages are pooled. A row without numbers was not asked in both ways.

# %%
show_results(result.tables["price"])

# %%
show_results(result.tables["price_by_script"])

# %% [markdown]
# What a reply took, in tokens and in seconds: the mean, over how many replies it is known (*n*), and how much *more* than with free
# decoding, on the same sentences, with its interval (Student's t over sentences, of seconds over batches). *engine* is what held the replies. Seconds are kept where
# `prompt.timed` is set, and are those of the machine that asked; they are empty otherwise, as what was not asked is.

# %%
show(price.took(result.tables["took"], "completion_tokens"))

# %%
show(price.took(result.tables["took"], "seconds"))

# %% [markdown]
# ## How much of it is the measurement?
#
# The same replies, read in other ways. The main reading is exact (the characters stand in the sentence, from token border to
# token border), places equal texts by the main policy, and drops what is lost. The others change one thing, or all of them:
#
# - *policy*: where a list names a text that stands several times and does not say which one it means, *first* takes the first
#   place, *cursor* goes from left to right and gives up behind it, *free* then takes any free place, *all* takes every one,
#   *monotonic* finds the alignment of the whole list that places most mentions from left to right. Inline replies need none.
# - *matching*: what is lost is looked for without case, Unicode form and invisible signs (*normalized*), and then by
#   similarity (*fuzzy*: 2 × the longest common subsequence over the characters of both, at least 0.8).
# - *borders snapped*: a text that begins or ends inside a token takes the whole token, for particles written with a name.
#
# A format that needs a policy should not win or lose by it. F1 in percent with its interval, *sentences* is n; free decoding.

# %%
readings = result.tables["readings"]
show(measurement.readings(readings, "free", "policy"))

# %%
show(measurement.readings(readings, "free", "matching"))

# %%
show(measurement.readings(readings, "free", "borders"))

# %% [markdown]
# What is lost counted as predicted and wrong, and the most lenient reading, of free decoding and of constrained decoding:

# %%
show(measurement.extremes(readings, "free"))

# %%
show(measurement.extremes(readings, "constrained"))

# %% [markdown]
# Each reading minus the main one in points of F1, on the same sentences; free and constrained decoding are a family each (Holm).

# %%
measured = result.tables["measurement"]
show_results(measured[measured["decoding"] == "free"])

# %% [markdown]
# ### Its share of the gap to the encoders
#
# *gap*: encoder minus model, *closed*: most lenient minus main reading, in points of F1 on the sentences that all have; *share*:
# closed over gap, in percent, with its interval (Fieller, over other sentences or documents). Empty where the encoder is behind,
# or not ahead beyond chance. *all* is the mean over languages.

# %%
share = result.tables["share"]
show_results(share[share["decoding"] == "free"])

# %% [markdown]
# ## The same replies under the rules of other tools
#
# | rule | what it does |
# | --- | --- |
# | ours | exact, from token border to token border, one place for each mention |
# | EuroEval | tags every token that contains a word of a mention |
# | lm-eval | compares lists of texts without signs and articles; a comma parts a text (AfroBench's MasakhaNER) |
# | lm-eval before #3887 | the same, and words for labels are rewritten inside texts, too |
# | EvalScope | finds a tag's text by 20 characters around it, and takes every token that it touches; unclosed tags count |
# | langextract | aligns lower-cased words in order, then parts of them, then three quarters of them |
# | B2NER | compares sets of label and text, wherever they stand and however often |
#
# All rules are written anew from descriptions, and begin where a reply's mentions are read. F1 with its interval, and the rank
# among the runs of a language where it is another one than under ours. The sentences, n, are the same in each row.

# %%
harnesses = result.tables["harnesses"]
show(measurement.harnesses(harnesses, "free"))

# %%
show(measurement.harnesses(harnesses, "constrained"))

# %% [markdown]
# Systems that change places: *one* minus *other* in points of F1, under our rule and under another tool's. An encoder is scored
# as ours under every rule, as a table has it that sets another tool's number beside its score. Intervals are over all pairs and
# rules together (Holm).

# %%
places = result.tables["places"]
excerpt(places[places["moved"]], "artifacts/compare/prompts", "None.")

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

# %% [markdown]
# ### By language and script, and what a more lenient reading finds of it
#
# Here everything is counted that a reply began to name: *malformed* is an item without text or type, or a tag that is never closed;
# *truncated* what a reply broke off in; *in edited text* what an inline reply names in text that is not the sentence's. Models with
# free decoding; first the main reading, then the most lenient one.

# %%
reasons = result.tables["reasons"]
show(measurement.became(reasons, "free"))

# %%
show(measurement.became(reasons, "free", LENIENT))
