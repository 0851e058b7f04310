# %% [markdown]
# # What does a flawed label cost?
#
# Labels that break their encoding are in many files. What does each kind cost in F1, in predictions and in the reference, and which
# repair loses least?
#
# Of the first part nothing is trained anew: flaws are planted in the predictions of every encoder on the core types, in the reference, or in both (each by
# itself), at doses from 0.1 % to 20 % of the mentions that can have the flaw. Which mentions these are follows from a hash of
# their place, so a larger dose holds the smaller one. Both sides are then repaired alike, and F1 by span and type is set beside that
# under the same repair without flaws.
#
# *conlleval* lets a label that continues nothing begin a mention, *discard* drops it (it is defined for IOB2 alone), and under *none*
# sentences with an invalid label are left out, because a scorer that does not repair refuses them. A label that no encoding knows
# becomes `O` by hand before the others are repaired. Intervals are over test sets, which differ by their plantings, too. All rows of
# a table are one family (Holm), see [methods](methods.html). What flawed labels do to *training* stands below, where a run has such
# models.

# %% tags=["parameters"]

# %%
from IPython.display import Markdown

from openner_utils.analysis.planting import KINDS
from openner_utils.pages import figures
from openner_utils.pages.figures_of_choices import dose_response, trained_on_flaws
from openner_utils.pages.tables import excerpt, show, show_results
from openner_utils.stages import compare, main
from openner_utils.support.markdown import listed

result = main(compare, question="doses")
Markdown(listed(result.summary))

# %% [markdown]
# ## The kinds of flaw

# %%
Markdown(listed(f"*{kind}*: {what}" for kind, what in KINDS.items()))

# %%
figures.show(dose_response(result.tables["doses"]))

# %% [markdown]
# ## What each per cent costs
#
# Points of F1 for each per cent of mentions that are flawed: the slope of a line through the origin over all doses.

# %%
show_results(result.tables["costs"], difference=2, low=2, high=2)

# %% [markdown]
# ## One repair against another
#
# The same, *b* minus *a*: above zero, *b* loses less.

# %%
show_results(result.tables["repairs"], difference=2, low=2, high=2)

# %% [markdown]
# ## Training on flawed labels
#
# The same kinds of flaw, planted in the *training* labels of the release (those of IOB2, in which models are trained), which are then
# left so, or repaired; an encoder is trained on them by the same recipe. F1 is set beside that of clean training labels, in points, on
# the test sets that both have, with the labels of the release. Every seed of training has a planting of its own, so the intervals hold
# what plantings differ by. A label that no encoding knows becomes `O` before anything is repaired. What published labels of real
# corpora do, whose flaws nobody planted, is another question: [label repair](compare-repair.html).

# %%
trained = result.tables["trained"]
figures.show(trained_on_flaws(trained)) if len(trained) else None

# %% [markdown]
# *flawed*: mentions per 100 that were flawed; *differ*: labels per 100 tokens trained on that are others after repair; both are means over seeds.

# %%
show_results(trained, flawed=2, differ=2) if len(trained) else Markdown(
    "This run has no such arm. `openner profile run flaws_small` trains them on the samples, on one core and without network; entries "
    "with `planted` under `ablations` in params.yaml train them on other corpora."
)

# %% [markdown]
# ## What was planted
#
# *planted*: flawed mentions per 100, less than the dose where some mentions cannot have the flaw (one of one token has no inside).
# *left out*: sentences per 100 with an invalid label, those that models wrote themselves among them.

# %%
show(result.tables["planted"], planted=2)

# %% [markdown]
# ## Every dose

# %%
excerpt(result.tables["doses"], "artifacts/compare/doses/doses.parquet", digits=2)
