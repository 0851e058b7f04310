# %% [markdown]
# # Report
#
# Which pages make up the report, and what do they say in short?
#
# Each executed notebook becomes a page that needs no network; the index gathers what the questions' pages found.

# %% tags=["parameters"]

# %%
from openner_utils.pages.tables import show
from openner_utils.stages import main, report

result = main(report)
show(result.pages)
