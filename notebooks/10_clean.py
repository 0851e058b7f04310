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
from IPython.display import Markdown, display

from openner_utils.analysis import ledger
from openner_utils.pages.tables import show
from openner_utils.stages import clean, main
from openner_utils.support.words import counted

result = main(clean)

# %% [markdown]
# ## What was read
#
# Counts over all splits. *Invalid* are transitions between labels that the corpus's own scheme does not allow.

# %%
by_corpus = result.counts.pivot_table(
    index="corpus", columns="what", values="count", aggfunc="sum", fill_value=0
)
files = result.counts.groupby("corpus")["file"].nunique().rename("files")
languages = (
    result.counts.groupby("corpus")["language"]
    .agg(lambda codes: ", ".join(sorted(set(codes))))
    .rename("languages")
)
columns = {
    "sentences": "sentences",
    "tokens": "tokens",
    "mentions as repaired": "mentions",
    "invalid transition": "invalid",
}
read = by_corpus.reindex(columns=list(columns), fill_value=0).rename(columns=columns)
show(read.join(files).join(languages).reset_index()[["corpus", "languages", "files", *columns.values()]])

# %%
total = read.sum()
invalid = read.index[read["invalid"] > 0]
Markdown(
    f"{counted(total['sentences'], 'sentence')} with {counted(total['tokens'], 'token')} and "
    f"{counted(total['mentions'], 'mention')} were read from {counted(len(read), 'corpus', 'corpora')}. "
    + (
        f"{counted(total['invalid'], 'transition')} between labels "
        f"{'is' if total['invalid'] == 1 else 'are'} invalid, in {', '.join(invalid)}."
        if len(invalid)
        else "No transition between labels is invalid."
    )
)

# %% [markdown]
# ## What was met on the way
#
# Traits of the raw files that are read past: they are counted, and neither change a label nor reach the sentences.

# %%
known = {*columns, *(name for name in by_corpus if name.startswith("ledger: "))}
traits = result.counts[~result.counts["what"].isin(known)]
met = traits.groupby("what").agg(
    times=("count", "sum"), corpora=("corpus", lambda names: ", ".join(sorted(set(names))))
)
show(met.reset_index().rename(columns={"what": "met"}))

# %% [markdown]
# ## What was changed, and why

# %%
rules = ledger.by_rule(result.ledger)
show(rules)

# %%
if len(rules):
    most = result.ledger["corpus"].value_counts()
    mentions = int(read.loc[most.index[0], "mentions"])
    text = (
        f"The ledger has {counted(len(result.ledger), 'row')} under {counted(len(rules), 'rule')}, the most of them in "
        f"{most.index[0]}: {most.iloc[0]:,} beside {counted(mentions, 'mention')}."
    )
else:
    text = "The ledger is empty: nothing had to be changed."
Markdown(text)

# %% [markdown]
# ## Examples
#
# The changed token or span stands in brackets, with the words around it. Spans are `start end type`, in characters.
# The whole ledger of a corpus is `artifacts/clean/<corpus>.ledger.parquet`.

# %%
if len(result.ledger):
    display(show(result.examples))
