# %% [markdown]
# # What had to be changed?
#
# Corpora are read as their publishers left them, and their labels come out as valid IOB2. Which labels, spans and tokens
# had to change on the way, under which rule, and is nothing lost?
#
# A label sequence is *invalid* when a label goes on with a mention that the label before it does not belong to, as
# `I-LOC` after `O`. Scorers and training code disagree on what such labels mean, so it has to be decided once and in
# the open. The default, *conlleval*, lets the label begin a mention. Every change is a row of the ledger, from which the
# published labels can be restored without the raw files.

# %% tags=["parameters"]
# None: params.yaml says which corpora are cleaned, and how.

# %%
from IPython.display import Markdown

from openner_utils.analysis import ledger
from openner_utils.pages.tables import excerpt, show
from openner_utils.pages.views import clean as view
from openner_utils.pages.wording import clean as words
from openner_utils.stages import clean, main

result = main(clean)
sizes = view.by_corpus(result.counts)
Markdown(f"{words.read(view.read(sizes))} {words.changed(view.changed(result.ledger, sizes))}")

# %% [markdown]
# ## What was read
#
# Counts over all splits. *Invalid* are transitions between labels that the corpus's own scheme does not allow. Not each of them
# is repaired: where a label is only written otherwise than its scheme writes it (in IOB1, `B-` after `O`), it can be read in one
# way, no mention changes, and its row in the ledger says *not as the scheme writes it*.

# %%
show(sizes)

# %% [markdown]
# ## What was met on the way
#
# Traits of the raw files that are read past: they are counted, and neither change a label nor reach the sentences.

# %%
excerpt(view.traits(result.counts), "artifacts/clean/counts.parquet", "Nothing of the kind.")

# %% [markdown]
# ## What was changed, and why

# %%
excerpt(ledger.by_rule(result.ledger), "artifacts/clean", "Nothing had to be changed.")

# %% [markdown]
# ## Examples
#
# The changed token or span stands in brackets, with the words around it. Spans are `start end type`, in characters.
# The whole ledger of a corpus is a CSV file on its page ([all corpora](corpora.html)), and
# `artifacts/clean/<corpus>.ledger.parquet`.

# %%
excerpt(view.examples(result.examples), "artifacts/clean", "There is none.")
