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
from IPython.display import HTML, Markdown

from openner_utils.analysis.audit import distributions, expected
from openner_utils.analysis.leakage import decontamination
from openner_utils.pages import figures
from openner_utils.pages.corpora.links import links
from openner_utils.pages.tables import excerpt, filled, show
from openner_utils.pages.views import audit
from openner_utils.pages.wording import audit as words
from openner_utils.pages.wording import comparison
from openner_utils.stages import audit as stage
from openner_utils.stages import main
from openner_utils.support.markdown import listed

result = main(stage)
Markdown(listed(words.sentences(result.overview)))

# %% [markdown]
# ## The corpora
#
# Each corpus has a page of its own: source, licence, citation, files, counts, types, repairs, and some sentences.

# %%
HTML(links(result.cards.values()))

# %% [markdown]
# *Unverified* are files that nobody had at hand when the card was written: neither their bytes nor what is counted in
# them has been checked. *Restricted* are corpora that a person has to ask for.

# %%
excerpt(
    audit.doubtful(result.licences),
    "artifacts/audit/licences.parquet",
    "All of their files were checked when the cards were written, and all are free to fetch.",
)

# %% [markdown]
# ## How much there is
#
# Sentences, tokens and mentions of all standardized types; *plain* are sentences without a mention. By split:
# `artifacts/audit/counts.parquet`.

# %%
excerpt(audit.by_language(result.contents.counts), "artifacts/audit/counts.parquet")

# %%
figures.show(figures.sentences(result.contents.counts))

# %%
figures.show(figures.mentions(result.contents.core_types))

# %% [markdown]
# ## Against the cards and against published figures
#
# How many of the expectations are met, by what was counted and by whom.

# %%
show(audit.by_origin(result.comparison))

# %% [markdown]
# What was found in each part, and what it is compared with: `=` stands for the same, a number with a sign for what
# was found more or less. Parts that differ stand first; the split *all* is a language's splits together.

# %%
parts = comparison.table(expected.parts(result.comparison))
excerpt(filled(audit.named(parts, result.cards)), "artifacts/audit/comparison.parquet")

# %% [markdown]
# ## Repairs
#
# A *repaired label* is a token whose label in the release differs from its published label because of an invalid
# transition. Each split is counted twice: *all* types, in the standardized release, and *core* types, in the core
# release, where a label of a dropped type counts no more. Splits without a repaired label are left out.

# %%
repaired = audit.named(audit.repaired(result.repairs.repairs), result.cards)
excerpt(
    repaired,
    "artifacts/audit/repairs.parquet",
    "No label had to be repaired.",
    per_100_tokens=2,
    per_100_mentions=2,
)

# %% [markdown]
# Changes in the ledgers by corpus and rule, which are more than repaired labels: slips that a card names, spans that
# overlap, tokens that were left out, and labels that stay but were published otherwise than their scheme writes them. The
# page of the stage *clean* explains the rules.

# %%
figures.show(figures.repairs(result.repairs.changes))

# %% [markdown]
# ## Test sentences in training data
#
# Sentences of at least five tokens are compared, without case and in Unicode NFC. They are *nearly the same* when the
# sets of their token trigrams have a Jaccard similarity of 0.8 or more. Every training sentence of every corpus is
# compared with every test sentence. *compared* is how many test sentences are long enough, and *share* what part of them
# training data hold. The sentences are listed by number in `artifacts/audit/overlap.parquet`.

# %%
figures.show(figures.contamination(result.leakage.contamination))

# %%
contaminated = audit.named(audit.contaminated(result.leakage.contamination), result.cards)
excerpt(contaminated, "artifacts/audit/contamination.parquet", "No test set is concerned.", share=3)

# %%
Markdown(words.decontaminated(decontamination(result.leakage)))

# %%
removed = audit.named(result.leakage.removed, result.cards)
excerpt(removed, "artifacts/audit/removed.parquet", "", similarity=2)

# %% [markdown]
# ## Repeated sentences
#
# The same sentence twice, or nearly, in one split or in two, the largest share first. A pair of splits is counted from both
# sides, each side's sentences against that side's number. Inside one split the first of equal sentences is not counted as
# repeated.

# %%
repeated = audit.repeated(audit.named(result.leakage.duplicates, result.cards))
excerpt(
    repeated,
    "artifacts/audit/duplicates.parquet",
    "No sentence of five tokens or more occurs twice, in any split of any corpus.",
    share=3,
)

# %% [markdown]
# ## Test mentions that training has shown
#
# *Seen* mentions stand in the training split of their own corpus and language with the same text and core type;
# *seen otherwise*, with another type only. Who scores well on seen mentions alone has learnt a list. Corpora without a
# training split are left out.

# %%
Markdown(words.unseen(distributions.unseen(result.distributions.novelty)))

# %%
novelty = audit.named(audit.new_to_training(result.distributions.novelty), result.cards)
excerpt(novelty, "artifacts/audit/novelty.parquet", unseen_share=2)

# %% [markdown]
# ## Scripts
#
# Letters in scripts that the catalog does not expect: foreign names, mostly; a large share would point at a wrong
# language code or encoding.

# %%
foreign = audit.named(audit.foreign_scripts(result.distributions.scripts), result.cards)
excerpt(foreign, "artifacts/audit/scripts.parquet", percent=3)

# %% [markdown]
# ## Lengths
#
# Training sentences in tokens, which are the publisher's; `p95` is the 95th percentile. The other splits:
# `artifacts/audit/sentence_lengths.parquet`.

# %%
lengths = audit.named(audit.training_lengths(result.distributions.sentence_lengths), result.cards)
excerpt(lengths, "artifacts/audit/sentence_lengths.parquet")

# %% [markdown]
# Mentions in tokens, by type, all corpora together.

# %%
excerpt(
    audit.mention_lengths(result.distributions.mention_lengths), "artifacts/audit/mention_lengths.parquet"
)

# %% [markdown]
# ## Labels
#
# Tokens under each label in the training splits, all corpora together; by part: `artifacts/audit/labels.parquet`.

# %%
excerpt(audit.training_labels(result.distributions.labels), "artifacts/audit/labels.parquet", percent=3)

# %% [markdown]
# ## Licences
#
# As the publishers state them; *unclear* where they state none. A model or release made from several corpora has to
# honour all of theirs.

# %%
show(audit.by_licence(result.licences))

# %%
excerpt(
    audit.noted(result.licences),
    "artifacts/audit/licences.parquet",
    "No card has anything to note on its licence.",
)
