# %% [markdown]
# # What is in the corpora, and can a test set be trusted?
#
# Are the counts what the cards expect? Do test sentences or test mentions stand in training data already? What do the
# corpora look like: languages, scripts, lengths, types, licences?
#
# Counts are compared with numbers that were not made by the code that reads the files: the publisher's own, or an
# independent count over the raw bytes. A score on a test set that shares sentences with training data is partly a
# score of memory.

# %% tags=["parameters"]
# None: params.yaml says which corpora are audited.

# %%
from IPython.display import Markdown, display

from openner_utils import figures
from openner_utils.stages import audit
from openner_utils.tables import counted, show

result = audit.run()
Markdown("\n".join(f"- {line}" for line in result.words))

# %% [markdown]
# ## How much there is
#
# Sentences, tokens and mentions of all standardized types; *plain* are sentences without a mention. By split:
# `artifacts/audit/counts.csv`.

# %%
keys = ["name", "family", "script"]
numbers = ["sentences", "tokens", "mentions", "plain"]
by_language = result.counts.groupby(keys, as_index=False).agg(
    corpora=("corpus", "nunique"), **{name: (name, "sum") for name in numbers}
)
show(by_language.rename(columns={"name": "language"}))

# %%
figures.show(figures.sentences(result.counts))

# %%
figures.show(figures.mentions(result.core_types))

# %% [markdown]
# ## Against the cards
#
# How many of the expectations are met, by what was counted and by whom. A count that differs is listed below.

# %%
checked = result.expectations
stated = checked[checked["expected"].notna()]
by_origin = (
    stated.assign(met=stated["difference"] == 0)
    .groupby(["what", "origin"], as_index=False)
    .agg(
        expectations=("met", "size"),
        met=("met", "sum"),
        counted=("counted", "sum"),
        expected=("expected", "sum"),
    )
)
show(by_origin)

# %%
different = stated[stated["difference"].fillna(-1) != 0]
silent = int(checked["expected"].isna().sum())
verdict = (
    "Every count is the expected one."
    if stated["difference"].eq(0).all()
    else "Not every count is the expected one:"
)
display(Markdown(verdict + (f" For {counted(silent, 'count')} the cards expect nothing." if silent else "")))
if len(different):
    display(show(different.drop(columns="origin").head(30)))

# %% [markdown]
# ## Repairs
#
# Changes in the ledgers by corpus and rule; the page of the stage *clean* explains them.

# %%
figures.show(figures.repairs(result.repairs))

# %%
rates = result.repairs.groupby(["corpus", "language", "split"], as_index=False).agg(
    changes=("changes", "sum"), mentions=("mentions", "first"), per_100_mentions=("per_100_mentions", "sum")
)
show(rates.sort_values("per_100_mentions", ascending=False, kind="stable").head(12), per_100_mentions=2)

# %% [markdown]
# ## Test sentences in training data
#
# Sentences of at least five tokens are compared, without case and in Unicode NFC. They are *nearly the same* when the
# sets of their token trigrams have a Jaccard similarity of 0.8 or more. Every training sentence of every corpus is
# compared with every test sentence. The sentences are listed by number in `artifacts/audit/overlap.csv`.

# %%
figures.show(figures.contamination(result.contamination))
hit = result.contamination[result.contamination["contaminated"] > 0].sort_values(
    "share", ascending=False, kind="stable"
)
if len(hit):
    shown = hit.drop(columns=["language", "family", "script"]).rename(columns={"name": "language"})
    display(show(shown.head(30), share=3))

# %% [markdown]
# ## Repeated sentences
#
# The same sentence twice, in one split or in two. A pair of splits is counted from both sides, each side's sentences
# against that side's number. All pairs: `artifacts/audit/duplicates.csv`.

# %%
if len(result.duplicates):
    most = result.duplicates.sort_values("share", ascending=False, kind="stable").head(20)
    here = most["corpus"] + " " + most["language"] + " " + most["split"]
    there = most["other_corpus"] + " " + most["other_language"] + " " + most["other_split"]
    shown = most.assign(sentences_of=here, also_in=there.where(here != there, "itself"))
    relations = result.duplicates["relation"].value_counts()
    cases = ", ".join(f"{relation}: {number}" for relation, number in relations.items())
    display(Markdown(f"{counted(len(result.duplicates), 'case')} ({cases}). The largest:"))
    display(show(shown[["sentences_of", "also_in", "sentences", "of", "share"]], share=3))
else:
    display(Markdown("No sentence of five tokens or more occurs twice, in any split of any corpus."))

# %% [markdown]
# ## Test mentions that training has shown
#
# *Seen* mentions stand in the training split of their own corpus and language with the same text and core type;
# *seen otherwise*, with another type only. Who scores well on seen mentions alone has learnt a list.

# %%
test = result.novelty[result.novelty["split"] == "test"]
columns = ["corpus", "name", "mentions", "seen", "seen_otherwise", "unseen", "unseen_share"]
show(
    test[columns].rename(columns={"name": "language"}).sort_values("unseen_share", kind="stable").head(30),
    unseen_share=2,
)

# %%
worst = test.loc[test["unseen_share"].idxmin()]
Markdown(
    f"{(test['mentions'] - test['seen']).sum():,} of {counted(test['mentions'].sum(), 'test mention')} have not been seen with "
    f"their type. The share is lowest in {worst['corpus']} ({worst['name']}): {worst['unseen_share']:.0%}."
)

# %% [markdown]
# ## Scripts
#
# Letters in scripts that the catalog does not expect: foreign names, mostly; a large share would point at a wrong
# language code or encoding.

# %%
foreign = result.scripts[~result.scripts["expected"]].sort_values("share", ascending=False, kind="stable")
shown = foreign.assign(percent=100 * foreign["share"])[
    ["corpus", "name", "script", "letters_of", "letters", "percent"]
]
show(shown.rename(columns={"name": "language"}).head(12), percent=3) if len(foreign) else Markdown(
    "There are none."
)

# %% [markdown]
# ## Lengths
#
# Training sentences in tokens, which are the publisher's; `p95` is the 95th percentile. The other splits:
# `artifacts/audit/sentence_lengths.csv`.

# %%
train = result.sentence_lengths[result.sentence_lengths["split"] == "train"]
show(train.drop(columns="split").sort_values("p95", ascending=False, kind="stable").head(30))

# %% [markdown]
# Mentions in tokens, by type, all corpora together; the rarest types are in `artifacts/audit/mention_lengths.csv`.

# %%
bins = ["1", "2", "3", "4+"]
by_type = result.mention_lengths.groupby("type")[bins].sum()
by_type.insert(0, "mentions", by_type.sum(axis=1))
show(by_type.sort_values("mentions", ascending=False, kind="stable").reset_index().head(12))

# %% [markdown]
# ## Licences
#
# As the publishers state them; *unclear* where they state none. A model or release made from several corpora has to
# honour all of theirs.

# %%
said = result.licences.loc[:, (result.licences != "").any()]
show(said)
