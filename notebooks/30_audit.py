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

from openner_utils.analysis.audit import by_part, named
from openner_utils.pages import figures
from openner_utils.pages.tables import show
from openner_utils.stages import audit, main
from openner_utils.support.rounding import share
from openner_utils.support.words import counted

MOST = 30  # rows shown of a table; whole ones lie in artifacts/audit


def excerpt(frame, file, **digits):
    """Show the first rows, corpora named with their state, and say where the others are."""
    display(show(named(frame.head(MOST), result.cards), **digits))
    if len(frame) > MOST:
        display(Markdown(f"The first {MOST} of {len(frame):,} rows; all: `artifacts/audit/{file}.parquet`."))


result = main(audit)
Markdown("\n".join(f"- {line}" for line in result.words))

# %% [markdown]
# ## The corpora
#
# Each corpus has a page of its own: source, licence, citation, files, counts, types, repairs, and some sentences.

# %%
links = [f"[{row.name}](corpus-{row.corpus}.html)" for row in result.licences.itertuples(index=False)]
states = result.licences["state"].replace("verified", "")
Markdown(
    " · ".join(f"{link} ({state})" if state else link for link, state in zip(links, states, strict=True))
)

# %%
doubtful = result.licences[result.licences["state"] != "verified"]
if len(doubtful):
    display(
        Markdown(
            "*Unverified* are files that nobody had at hand when the card was written: neither their bytes nor what is "
            "counted in them has been checked. *Restricted* are corpora that a person has to ask for."
        )
    )
    display(show(doubtful[["corpus", "state", "source"]]))
else:
    display(
        Markdown("All of their files were checked when the cards were written, and all are free to fetch.")
    )

# %% [markdown]
# ## How much there is
#
# Sentences, tokens and mentions of all standardized types; *plain* are sentences without a mention. By split:
# `artifacts/audit/counts.parquet`.

# %%
keys = ["name", "family", "script"]
numbers = ["sentences", "tokens", "mentions", "plain"]
by_language = result.counts.groupby(keys, as_index=False).agg(
    corpora=("corpus", "nunique"), **{name: (name, "sum") for name in numbers}
)
by_language = by_language.sort_values(["sentences", "name"], ascending=[False, True])
excerpt(by_language.rename(columns={"name": "language"}), "counts")

# %%
figures.show(figures.sentences(result.counts))

# %%
figures.show(figures.mentions(result.core_types))

# %% [markdown]
# ## Against the cards and against published figures
#
# How many of the expectations are met, by what was counted and by whom.

# %%
compared = result.comparison
stated = compared[compared["expected"].notna()].drop_duplicates(["corpus", "language", "split", "what"])
by_origin = (
    stated.assign(met=stated["difference"].eq(0).fillna(False))
    .groupby(["what", "expected_by"], as_index=False)
    .agg(
        expectations=("met", "size"), met=("met", "sum"), found=("found", "sum"), expected=("expected", "sum")
    )
)
show(by_origin)

# %%
figured = compared[compared["published"].notna()]
parts = compared[compared["split"] != "all"].drop_duplicates(["corpus", "language", "split", "what"])
silent = int(parts["expected"].isna().sum())
verdict = (
    "Every count is the expected one."
    if stated["difference"].eq(0).fillna(False).all()
    else "Not every count is the expected one."
)
if silent:
    verdict += f" For {counted(silent, 'count')} the cards expect nothing."
if len(figured):
    equal = int(figured["from_published"].eq(0).sum())
    verdict += f" {equal:,} of {counted(len(figured), 'published figure')} are what is found here."
Markdown(verdict)

# %% [markdown]
# What was found in each part, and what it is compared with: `=` stands for the same, a number with a sign for what
# was found more or less. Parts that differ stand first; the split *all* is a language's splits together.

# %%
excerpt(by_part(compared), "comparison")

# %% [markdown]
# ## Repairs
#
# A *repaired label* is a token whose label in the release differs from its published label because of an invalid
# transition. Each split is counted twice: *all* types, in the standardized release, and *core* types, in the core
# release, where a label of a dropped type counts no more. Splits without a repaired label are left out.

# %%
rates = result.repairs[result.repairs["repaired"] > 0].drop(columns="sentences")
if len(rates):
    rates = rates.sort_values("per_100_tokens", ascending=False, kind="stable")
    shown = rates.rename(columns={"repaired": "repaired_labels"})
    excerpt(shown, "repairs", per_100_tokens=2, per_100_mentions=2)
else:
    display(Markdown("No label had to be repaired."))

# %% [markdown]
# Changes in the ledgers by corpus and rule, which are more than repaired labels: slips that a card names, spans that
# overlap, tokens that were left out, and labels that stay but were published otherwise than their scheme writes them. The
# page of the stage *clean* explains the rules.

# %%
figures.show(figures.repairs(result.changes))

# %% [markdown]
# ## Test sentences in training data
#
# Sentences of at least five tokens are compared, without case and in Unicode NFC. They are *nearly the same* when the
# sets of their token trigrams have a Jaccard similarity of 0.8 or more. Every training sentence of every corpus is
# compared with every test sentence. The sentences are listed by number in `artifacts/audit/overlap.parquet`.

# %%
figures.show(figures.contamination(result.contamination))
hit = result.contamination[result.contamination["contaminated"] > 0].sort_values(
    "share", ascending=False, kind="stable"
)
if len(hit):
    shown = hit.drop(columns=["language", "family", "script"]).rename(columns={"name": "language"})
    excerpt(shown, "contamination", share=3)

# %%
if len(result.removed):
    cases = ", ".join(f"{why}: {number:,}" for why, number in result.removed["why"].value_counts().items())
    left = result.still_contaminated["contaminated"].sum()
    display(
        Markdown(
            f"`standardize.decontaminate` has taken {counted(len(result.removed), 'training sentence')} ({cases}) out of the "
            f"core release; {counted(left, 'test sentence')} of {result.contamination['contaminated'].sum():,} have "
            "their like in its training data still. What was removed, by number:"
        )
    )
    excerpt(result.removed, "removed", similarity=2)
else:
    display(
        Markdown(
            "No sentence was taken out of training data; `standardize.decontaminate` in params.yaml does so."
        )
    )

# %% [markdown]
# ## Repeated sentences
#
# The same sentence twice, or nearly, in one split or in two. A pair of splits is counted from both sides, each side's
# sentences against that side's number. Inside one split the first of equal sentences is not counted as repeated.

# %%
if len(result.duplicates):
    most = result.duplicates.sort_values("share", ascending=False, kind="stable")
    most = named(most, result.cards)
    here = most["corpus"] + " " + most["language"] + " " + most["split"]
    there = most["other_corpus"] + " " + most["other_language"] + " " + most["other_split"]
    shown = most.assign(sentences_of=here, also_in=there.where(here != there, "itself"))
    relations = result.duplicates["relation"].value_counts()
    cases = ", ".join(f"{relation}: {number}" for relation, number in relations.items())
    display(Markdown(f"{counted(len(result.duplicates), 'case')} ({cases}). The largest first:"))
    excerpt(shown[["sentences_of", "also_in", "same", "near", "of", "share"]], "duplicates", share=3)
else:
    display(Markdown("No sentence of five tokens or more occurs twice, in any split of any corpus."))

# %% [markdown]
# ## Test mentions that training has shown
#
# *Seen* mentions stand in the training split of their own corpus and language with the same text and core type;
# *seen otherwise*, with another type only. Who scores well on seen mentions alone has learnt a list. Corpora without a
# training split are left out.

# %%
test = result.novelty[result.novelty["split"] == "test"]
columns = ["corpus", "name", "mentions", "seen", "seen_otherwise", "unseen", "unseen_share"]
shown = test[columns].rename(columns={"name": "language"}).sort_values("unseen_share", kind="stable")
excerpt(shown, "novelty", unseen_share=2)

# %%
if len(test):
    least = test.loc[test["unseen_share"].idxmin()]
    unseen = (test["mentions"] - test["seen"]).sum()
    said = (
        f"{unseen:,} of {counted(test['mentions'].sum(), 'test mention')} have not been seen with their type. "
        f"The share is lowest in {least['corpus']} ({least['name']}): {share(least['unseen_share'])}."
    )
else:
    said = "There is no corpus with a training split and a test set."
Markdown(said)

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
if len(foreign):
    excerpt(shown.rename(columns={"name": "language"}), "scripts", percent=3)
else:
    display(Markdown("There are none."))

# %% [markdown]
# ## Lengths
#
# Training sentences in tokens, which are the publisher's; `p95` is the 95th percentile. The other splits:
# `artifacts/audit/sentence_lengths.parquet`.

# %%
train = result.sentence_lengths[result.sentence_lengths["split"] == "train"]
excerpt(train.drop(columns="split").sort_values("p95", ascending=False, kind="stable"), "sentence_lengths")

# %% [markdown]
# Mentions in tokens, by type, all corpora together; the rarest types are in `artifacts/audit/mention_lengths.parquet`.

# %%
bins = ["1", "2", "3", "4+"]
by_type = result.mention_lengths.groupby("type")[bins].sum()
by_type.insert(0, "mentions", by_type.sum(axis=1))
excerpt(by_type.sort_values("mentions", ascending=False, kind="stable").reset_index(), "mention_lengths")

# %% [markdown]
# ## Labels
#
# Tokens under each label in the training splits, all corpora together; by part: `artifacts/audit/labels.parquet`.

# %%
trained = result.labels[result.labels["split"] == "train"]
by_label = trained.groupby("label", as_index=False).agg(
    corpora=("corpus", "nunique"), tokens=("tokens", "sum")
)
by_label["percent"] = 100 * by_label["tokens"] / by_label["tokens"].sum()
excerpt(by_label.sort_values("tokens", ascending=False, kind="stable"), "labels", percent=3)

# %% [markdown]
# ## Licences
#
# As the publishers state them; *unclear* where they state none. A model or release made from several corpora has to
# honour all of theirs.

# %%
licences = result.licences
by_licence = licences.groupby("licence", as_index=False).agg(
    number=("corpus", "size"), corpora=("name", ", ".join)
)
show(by_licence.sort_values(["number", "licence"], ascending=[False, True]))

# %%
noted = licences.loc[licences["note"] != "", ["corpus", "state", "licence", "note"]]
show(noted) if len(noted) else Markdown("No card has anything to note on its licence.")
