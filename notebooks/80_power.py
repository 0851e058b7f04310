# %% [markdown]
# # How small a difference could be found?
#
# A difference that is not beyond chance is no proof that there is none. How large would a true one have to be to be found, on each
# corpus, with how many seeds and test sentences?
#
# What the difference of two encoders varies with is taken from the pairs that were compared here: the sentences (or
# documents), the seeds of each side, and what is chance in one training on one sentence. Put together again for other numbers, it
# says what the same test ([methods](methods.html)) would find with 80 % power at the level of a *single* comparison. A family of
# many needs more: its tables say so row by row (*detectable 80*).
#
# With one seed a claim is about the two models at hand, and needs only sentences; with several it is about the algorithms, and
# more sentences do not help where seeds differ. The cards are estimates: a few seeds say little of their spread, which the range over
# pairs shows. Drawn from systems whose variances are known, the stated power of 80 % was met within a few points (`tests/analysis/test_power.py`).

# %% tags=["parameters"]

# %%
from IPython.display import Markdown

from openner_utils.analysis.power import SEEDS, by_seeds
from openner_utils.pages.tables import excerpt, show
from openner_utils.stages import compare, main
from openner_utils.support.markdown import listed
from openner_utils.support.words import counted

result = main(compare, question="power")
Markdown(listed(result.summary))

# %% [markdown]
# ## The cards
#
# Points of F1, by sentences of the test set (*own*: as it is) and seeds of each side. Empty where no difference, however large, would
# be found, and where seeds were not varied. What each pair of encoders alone says lies in `artifacts/compare/power/cards.parquet`.

# %%
cards = by_seeds(result.tables["cards"])
show(cards.rename(columns={seeds: counted(seeds, "seed") for seeds in SEEDS}))

# %% [markdown]
# ## What they rest on
#
# Standard deviations in points of F1 of a difference between trainings with one seed a side, on the test set as it is: over
# its *units* (sentences or documents), over *seeds*, and over *cells* (one training on one unit). 0 where the others explain all of it.

# %%
excerpt(result.tables["parts"], "artifacts/compare/power/parts.parquet")
