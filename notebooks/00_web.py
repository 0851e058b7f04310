# %% [markdown]
# # Truth in a box
#
# What does each stage of annotating web text cost in precision and recall?
#
# A pipeline that annotates web text (two annotators, merged, their labels mapped to types, the result filtered by a judge) is
# usually judged by another model, for nobody knows the truth there. Here it runs on text whose gold labels are known and hidden
# from it. Annotators are handed passages, which have no labels; gold labels come in only when a stage is measured, and when half of
# the documents choose the judge's threshold. Everything below is measured on the other half.
#
# Without `models`, three small taggers are trained here, each on its own third of the training sentences: two annotate, the
# third judges. They are real models with real errors, and no language models. Own models are given as folders, or as names under
# `llms` of params.yaml; then corpora may be any that `data/` holds. The same from the command line: `openner web truth`.

# %% tags=["parameters"]
# None: choose below.

# %%
corpora = ["gazette", "habari", "uutiset"]
split = "test"
models = []
encoder = "characters"
target = 0.6
confidence = 0.8

# %%
from IPython.display import Markdown

from openner_utils.api.annotators import annotator
from openner_utils.api.truth import box_of, gold, trained_here
from openner_utils.pages.tables import show
from openner_utils.support.markdown import listed
from openner_utils.web.truth import truth
from openner_utils.web.truth_tables import account, findings

annotators = [annotator(each) for each in models] or trained_here(corpora, 3, encoder)
found = truth(gold(corpora, split), box_of(annotators, target, confidence))
Markdown(listed(findings(found)))

# %% [markdown]
# ## Stages
#
# *right*: span and type as in the gold labels; *low* and *high*: bounds of 95 % intervals over documents, or sentences where a
# corpus marks none; *span precision* and *recall* leave types aside. *Named by both* is what merging would be that keeps nothing
# else. The three rows of *merged* differ in what becomes of two
# mentions of one place with unlike labels, which the method leaves open: neither is kept, the longer one, or the one with the
# higher score. What is *mapped* goes on from the first of them.

# %%
show(found.stages, digits=3)

# %% [markdown]
# ## The judge
#
# *judged* and *true*: precision and recall of what is mapped, by the judge and by the gold labels, over the half that calibrates;
# *kappa*: how far the two agree on single mentions beyond chance. From the *threshold* on, the precision of what is accepted is
# above *target* with the stated confidence, for the average document and as long as documents come from the same source. It was
# found by testing drawn mentions, one of each document; *mean over documents* is what came of it on the other half. Without a
# threshold nothing is accepted: so few documents can promise little.

# %%
show(found.thresholds, digits=3)

# %% [markdown]
# ## What became of the annotators' mentions
#
# Each mention ends in one of these ways; those of both annotators are counted.

# %%
show(account(found))
