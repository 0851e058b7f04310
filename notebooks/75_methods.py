# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

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
# speaks of: with one seed a side, only of the models at hand.
#
# The interval of a single F1 is the exact one for a proportion with as many independent mentions as vary alike; it
# stays right where nothing or everything is found.

# %% tags=["parameters"]

# %%
from IPython.display import Markdown, display

from openner_utils.rounding import shown
from openner_utils.stages import methods
from openner_utils.tables import show

result = methods.run()
worst = result.equal
display(
    Markdown(
        f"In simulations of {len(worst)} settings two systems that do not differ were told apart at .05 in "
        f"{shown(worst['type_1'].min())} to {shown(worst['type_1'].max())} % of the cases (allowed: 5; a test that ignores seeds: up to "
        f"{shown(worst['ignoring_seeds'].max(), 0)}); 95 % intervals held the true difference in at least {shown(worst['coverage'].min())} %; "
        f"a family of 21 true null hypotheses saw a false alarm in at most {shown(worst['family_wise'].max())} %."
    )
)

# %% [markdown]
# ## Both systems vary alike over seeds
#
# Percent. *spread*: standard deviation of F1 over seeds, in points. *type 1*: systems without a difference told apart;
# *ignoring seeds*: the same by a test over sentences alone; *coverage* of the 95 % interval of a difference, and of a single
# F1; *detectable*: the difference (points) said to be found with 80 % power, and *power*, how often it was. With two or
# three seeds that hardly differ the test is more careful than it need be, because so few seeds say little about their
# spread; five or more mend it.

# %%
show(result.equal)

# %% [markdown]
# ## One varies, the other does not
#
# The hardest case: with two seeds of a system that varies much, beside one that does not, chance passes for a difference
# more often than it should. Use at least three.

# %%
show(result.unequal)

# %% [markdown]
# ## Sentences of one document
#
# Ten sentences to a document, which share its difficulty; the document is the unit.

# %%
show(result.documents)
