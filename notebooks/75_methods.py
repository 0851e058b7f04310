# %% [markdown]
# # How differences are judged
#
# When does a difference count, and how often is that wrong?
#
# F1 would come out otherwise with other test sentences and with other training seeds. One variance takes in both: the
# spread over sentences (over documents, where a test set has ten or more) of the seeds' mean, plus the spread over seeds,
# less the part that both share. A difference is taken on the same sentences and judged by Student's *t*; all differences
# of one table are one family, adjusted by Holm's method, and each interval is drawn at the level at which its row was
# judged. So the interval leaves out zero exactly where the column *clear* says yes. The column *over* says what a row
# speaks of: where one side has a single seed, of the models at hand and other sentences.
#
# The interval of a single F1 is the exact one for a proportion with as many independent mentions as vary alike; it
# stays right where nothing or everything is found.
#
# The page on [encoders](compare-encoders.html) shows a second view, which uses none of these formulas: models and data resampled together
# (after Sälevä, Ataman and Lignos, arXiv 2509.22612). Seeds, of each system its own, and sentences or documents, of both the same, are
# drawn with replacement; one seed fewer is drawn than there are, because few seeds drawn from themselves vary too little; noise of one seed on
# one sentence, which such resamples count three times, counts once; and quantiles are stretched from the normal to Student's *t*. In
# simulations it holds the true difference as often as the test's own interval does. It decides nothing.

# %% tags=["parameters"]

# %%
from IPython.display import Markdown

from openner_utils.pages.tables import show
from openner_utils.stages import main, methods
from openner_utils.support.markdown import listed

result = main(methods)
Markdown(listed(result.summary))

# %% [markdown]
# ## Both systems vary alike over seeds
#
# Percent. *spread*: standard deviation of F1 over seeds, in points. *type 1*: systems without a difference told apart;
# *ignoring seeds*: the same by a test over sentences alone; *coverage* of the 95 % interval of a difference, and of a single
# F1; *detectable*: the difference (points) said to be found with 80 % power, and *power*, how often it was (empty where F1
# cannot be so much higher); *family wise*: 21 comparisons without a difference, any of them found. Seeds that hardly vary
# make the test more careful than it need be, because few of them say little about their spread.

# %%
show(result.tables["equal"])

# %% [markdown]
# ## One varies, the other does not
#
# The number of seeds is what the spread of the restless side is known from.

# %%
show(result.tables["unequal"])

# %% [markdown]
# ## Sentences of one document
#
# Ten sentences to a document, which share its difficulty; the document is the unit.

# %%
show(result.tables["documents"])
