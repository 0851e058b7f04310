# %% [markdown]
# # Web text, annotated by two
#
# What does each step of annotating web text cost in precision and recall?
#
# A pipeline after FiNERweb (2025) filters web passages, has models rate them, learns the ratings, annotates what is kept by two
# annotators, merges them, and has a judge decide what is accepted. Usually nobody knows the truth there, and another model is asked
# how good it is. Here the documents are made of labelled sentences (dev and test), and the labels are hidden: the pipeline is handed shards
# of raw text, with trouble planted among them. Gold labels come in only when a step is measured, and where half of the documents choose
# the judge's threshold. Everything in the tables of steps is measured on the other half.
#
# One annotator and the judge are character taggers that were trained here, each on its own half of the training sentences; the other
# annotator is the small language model of the stage `tune`. They are real models with real errors, and none of them is a large
# language model: what is shown is how the steps behave and what they cost, not how good they can be. With other models the same
# stage runs at full scale.

# %% tags=["parameters"]

# %%
from IPython.display import Markdown

from openner_utils.pages.tables import filled, show
from openner_utils.stages import main, web
from openner_utils.support.markdown import listed
from openner_utils.support.words import counted

result = main(web)
Markdown(listed(result.summary))

# %% [markdown]
# ## What was read and kept
#
# Each record and each passage ends in one way, so the numbers of a step add up. Faulty records and troubles were planted: copies of
# documents, menus, addresses, false statements of the language, and instructions and scripts in the text, which must stay text and change
# nothing. *ended so*: how many of the planted ones ended as they should.

# %%
show(result.account)

# %%
show(result.planted)

# %% [markdown]
# ## Ratings, and what is learnt from them
#
# A tagger gives a passage a point for each of four statements: it names something, the names are clear (mean score of one half or more), they
# are of two types or more, and they are many. The scale is FiNERweb's, the rater is not: a point follows from what the tagger finds. The
# language model was asked for ratings of a few passages, too, in the words for large models. It was not trained for that; a reply that
# holds no rating is counted by what is wrong with it, and costs nothing else.

# %%
show(result.ratings)

# %% [markdown]
# Ridge regression on sentence vectors learns the first rater's scores: whether a passage is *useful* (3 points or more), and its points
# (*levels*). A tenth of the rated passages tests, a tenth chooses the penalty, both by a hash, anew for each seed. So few passages test it
# that the seeds differ widely.

# %%
show(result.regression, digits=3) if len(result.regression) else Markdown(result.unfit)

# %%
show(
    result.calibration,
    "Mean score, and share of useful passages, by bins of the score: first seed, test part",
    digits=2,
)

# %% [markdown]
# ## How far the two annotators agree
#
# F1 of one against the other, which is the same both ways, with a 95 % interval; kappa of the labels on spans that both named.

# %%
show(filled(result.agreement), digits=3)

# %% [markdown]
# ## What each step costs
#
# Percent, with 95 % intervals over documents, or sentences where a corpus marks none. *Named by both* is what merging would be that
# keeps nothing else. The three rows of *merged* differ in what becomes of two mentions of one place with unlike labels, which the method
# leaves open. What is *accepted* has a score of the judge from the language's threshold on.

# %%
show(result.stages)

# %%
show(result.ends)

# %% [markdown]
# ## What the judge promises, and the price
#
# *judged* and *true*: precision and recall by the judge and by the gold labels, on the half that chooses the threshold. From the
# *threshold* on, precision is above *target* with the stated confidence, for the average document of the same source; *mean over
# documents* (percent in the second table) is what came of it on the other half. Where there is no threshold nothing is accepted: few documents
# can promise little, and a weak judge less.

# %%
show(filled(result.promises), digits=3)

# %% [markdown]
# All tokens that the language model took for the passages of a language stand for the mentions that were accepted there. Tokens of a model
# that runs here cost processor time, which differs from run to run and is told by `openner web truth`.

# %%
show(filled(result.prices), digits=2)

# %%
Markdown(
    f"With the ratings, the language model took {result.spent.prompt:,} tokens of prompts and {result.spent.completion:,} of replies in "
    f"{counted(result.spent.replies, 'reply', 'replies')}."
)
