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
from IPython.display import Markdown

from openner_utils.pages.tables import show
from openner_utils.pages.views import standardize as view
from openner_utils.pages.wording import standardize as words
from openner_utils.stages import main, standardize
from openner_utils.support.markdown import listed

result = main(standardize)
types = result.types
Markdown(f"{words.renamed(view.renamed(types))} {words.kept(view.kept(types))}")

# %% [markdown]
# ## What became what
#
# The paper on OpenNER 1.0 was not at hand as a whole, so the table says how each core type is known.

# %%
Markdown(listed(f"*{word}*: {meaning}" for word, meaning in view.meanings(types).items()))

# %% [markdown]
# The most frequent first; the table by corpus is `artifacts/standardize/types.parquet`.

# %%
show(view.merged(types))

# %% [markdown]
# ## What could be decided otherwise
#
# Core types that guidelines, or mentions that were read, speak against as well as for; *certainty* says where the reason
# comes from: the publisher's documentation, mentions of the corpus, or (inferred) other corpora. A switch under
# `standardize.core_switches` in `params.yaml` changes one: by its standardized name for all corpora, by `corpus/TYPE`
# for one of them. Mentions are those of this run; 0 where the corpus is not in it. The table is
# `artifacts/standardize/contested.parquet`.

# %%
show(result.contested)

# %% [markdown]
# ## What the core release drops

# %%
show(view.dropped(types))

# %% [markdown]
# ## What each corpus keeps

# %%
show(view.by_corpus(types))
