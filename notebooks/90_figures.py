# %% [markdown]
# # Figures and tables
#
# What goes into a paper, and what is each figure and table made from?
#
# Every figure is one function of `openner_utils.pages.figures` on tables that earlier stages wrote, saved as SVG, PDF and
# PNG; every table is saved as CSV and LaTeX. The passport names, for each, the function and the files it was made from
# with their SHA-256, so that a figure can be traced back to data and code.

# %% tags=["parameters"]

# %%
from openner_utils.pages.figures import show_saved
from openner_utils.pages.tables import show
from openner_utils.stages import figures, main

result = main(figures)

# %% [markdown]
# ## The figures
#
# As SVG, PDF and PNG they lie in `artifacts/figures`, beside the tables as CSV and LaTeX. Those that are committed in `reports/` stay
# as they are until `openner verify --accept` takes these over.

# %%
for drawn in result.drawn:
    show_saved(drawn)

# %% [markdown]
# ## Passport

# %%
show(result.passport)
