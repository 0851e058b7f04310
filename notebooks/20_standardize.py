# %% [markdown]
# # What became of the entity types?
#
# Corpora name the same kind of entity differently, and draw the line in different places. Under which standardized name
# does each original type go on, and what is left when only persons, locations and organizations are kept?
#
# Two releases come out: the *standardized* one keeps every mention under one standardized type name; the *core* one maps
# them onto PER, LOC and ORG and drops the rest. Types are renamed after labels are repaired, never before.

# %% tags=["parameters"]
# None: params.yaml says which corpora are mapped, and which contested types are switched.

# %%
from IPython.display import Markdown, display

from openner_utils.catalog.ontology import CERTAINTY
from openner_utils.pages.tables import show
from openner_utils.stages import main, standardize
from openner_utils.support.rounding import share, shown
from openner_utils.support.words import counted

result = main(standardize)
types = result.types

# %% [markdown]
# ## What became what
#
# The paper on OpenNER 1.0 was not at hand as a whole, so the table says how each core type is known.

# %%
used = [word for word in CERTAINTY if (types["certainty"] == word).any()]
Markdown("\n".join(f"- *{word}*: {CERTAINTY[word]}" for word in used))

# %%
merged = types.groupby(["standardized", "core", "certainty"], as_index=False).agg(
    written=("original", lambda names: ", ".join(sorted(set(names)))),
    corpora=("corpus", "nunique"),
    mentions=("mentions", "sum"),
)
merged = merged.sort_values(["mentions", "standardized"], ascending=[False, True])
merged["core"] = merged["core"].replace("", standardize.DROPPED)
show(merged[["written", "standardized", "core", "certainty", "corpora", "mentions"]])

# %%
renamed = types[types["original"] != types["standardized"]]
Markdown(
    f"{counted(types['original'].nunique(), 'original type name')} became {counted(types['standardized'].nunique(), 'standardized type')}; "
    f"{renamed['mentions'].sum():,} of {counted(types['mentions'].sum(), 'mention')} changed their type's name. "
    f"The table by corpus is `artifacts/standardize/types.parquet`."
)

# %% [markdown]
# ## What could be decided otherwise
#
# Core types that guidelines, or mentions that were read, speak against as well as for; *certainty* says where the reason
# comes from: the publisher's documentation, mentions of the corpus, or (inferred) other corpora. A switch under
# `standardize.core_switches` in `params.yaml` changes one: by its standardized name for all corpora, by `corpus/TYPE`
# for one of them. Mentions are those of this run; 0 where the corpus is not in it.

# %%
contested = result.contested
here = contested[contested["mentions"] > 0]
display(show(contested))
Markdown(
    f"{counted(len(contested), 'choice')}; {len(here)} of them concern mentions of this run. The table is "
    "`artifacts/standardize/contested.parquet`."
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
dropped = by_corpus["dropped (%)"]
by_certainty = types[kept].groupby("certainty")["mentions"].sum()
known = ", ".join(f"{word}: {by_certainty[word]:,}" for word in CERTAINTY if word in by_certainty)
Markdown(
    f"The core release keeps {types.loc[kept, 'mentions'].sum():,} of {counted(types['mentions'].sum(), 'mention')} "
    f"({share(types.loc[kept, 'mentions'].sum() / types['mentions'].sum())}). It drops most in {dropped.idxmax()} "
    f"({shown(dropped.max(), 0)}%) and least in {dropped.idxmin()} ({shown(dropped.min(), 0)}%). Kept mentions by how their core type is "
    f"known: {known}. A dropped mention's tokens become `O`, so that a model trained on the core release learns to pass "
    f"over them."
)
