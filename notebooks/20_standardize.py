# %% [markdown]
# # What became of the entity types?
#
# Corpora name the same kind of entity differently, and draw the line in different places. Under which standardized name
# does each original type go on, and what is left when only persons, locations and organizations are kept?
#
# Two releases come out: the *standardized* one keeps every mention under one of OpenNER's type names; the *core* one maps
# them onto PER, LOC and ORG and drops the rest. Types are renamed after labels are repaired, never before.

# %% tags=["parameters"]
# None: params.yaml says which corpora are mapped, and which contested types are switched.

# %%
from IPython.display import Markdown

from openner_utils.stages import standardize
from openner_utils.tables import counted, show

result = standardize.run()
types = result.types

# %% [markdown]
# ## What became what
#
# How the core type of a standardized one is known: *paper*, stated by OpenNER 1.0; *inferred*, from its release or
# examples; *ours*, decided here. `params.yaml` can switch contested ones.

# %%
merged = types.groupby(["standardized", "core", "certainty"], as_index=False).agg(
    written=("original", lambda names: ", ".join(sorted(set(names)))),
    corpora=("corpus", "nunique"),
    mentions=("mentions", "sum"),
)
merged = merged.sort_values(["mentions", "standardized"], ascending=[False, True])
merged["core"] = merged["core"].replace("", "–")
show(merged[["written", "standardized", "core", "certainty", "corpora", "mentions"]])

# %%
renamed = types[types["original"] != types["standardized"]]
Markdown(
    f"{counted(types['original'].nunique(), 'original type name')} became {counted(len(merged), 'standardized type')}; "
    f"{renamed['mentions'].sum():,} of {counted(types['mentions'].sum(), 'mention')} changed their type's name. "
    f"The table by corpus is `artifacts/standardize/types.csv`."
)

# %% [markdown]
# ## What the core release drops

# %%
kept = types["core"] != ""
dropped = (
    types[~kept]
    .groupby("standardized", as_index=False)
    .agg(corpora=("corpus", lambda names: ", ".join(sorted(set(names)))), mentions=("mentions", "sum"))
)
show(dropped.sort_values(["mentions", "standardized"], ascending=[False, True]))

# %% [markdown]
# ## What each corpus keeps

# %%
by_corpus = types.assign(core=types["core"].where(kept, "dropped")).pivot_table(
    index="corpus", columns="core", values="mentions", aggfunc="sum", fill_value=0
)
by_corpus = by_corpus.reindex(columns=["PER", "LOC", "ORG", "dropped"], fill_value=0)
by_corpus["dropped (%)"] = 100 * by_corpus["dropped"] / by_corpus.sum(axis=1)
show(by_corpus.reset_index())

# %%
share = by_corpus["dropped (%)"]
guessed = types[kept & (types["certainty"] != "paper")]["mentions"].sum()
Markdown(
    f"The core release keeps {types.loc[kept, 'mentions'].sum():,} of {counted(types['mentions'].sum(), 'mention')} "
    f"({types.loc[kept, 'mentions'].sum() / types['mentions'].sum():.0%}). It drops most in {share.idxmax()} "
    f"({share.max():.0f}%) and least in {share.idxmin()} ({share.min():.0f}%). For {counted(guessed, 'kept mention')} "
    f"the core type is not stated by the paper. A dropped mention's tokens become `O`, so that a model trained on the core release learns to "
    f"pass over them."
)
