"""What words and column heads mean, one meaning each, for the page *Glossary* and for the heads of tables.

A head stands here only where it means the same on every page; others are explained above their table.
"""

from collections.abc import Mapping

TEXTS: Mapping[str, str] = {
    "mention": "A stretch of tokens (span) with an entity type, such as “Lake Kivu” as LOC.",
    "entity type": "What a mention names. The core types are PER (person), LOC (location) and ORG (organization).",
    "reference": "The labels that predictions are scored against; others say gold.",
    "corpus": "A collection of annotated sentences by one publisher, under the id of its card.",
    "card": "The file in which the compendium keeps what is known of a corpus: files with hashes, licence, expected counts.",
    "language": "Codes are those of ISO 639-3, such as swa for Swahili.",
    "script": "Codes are those of ISO 15924, such as Ethi for Ethiopic.",
    "split": "train, dev (development) or test.",
    "test set": "The test split of one corpus in one language.",
    "sentences": "How many sentences were counted, or the row rests on.",
    "tokens": "How many tokens were counted.",
    "mentions": "How many mentions the labels have that the row rests on.",
    "release": "The labels after cleaning: repaired where they were invalid, and every change on record in a ledger.",
    "labels from": "Which labels were trained on: those of the release (repaired), as published, or repaired in another way.",
    "ledger": "The list of every label that was changed, with its place and what stood there; each change can be undone.",
    "encoding": "How labels write mentions: in IOB2 the first token has B-PER and the next ones I-PER.",
    "invalid label": "A label that its encoding does not allow where it stands, such as an I-PER that continues no mention.",
    "repair": "What is done with an invalid label: conlleval lets it begin a mention, as CoNLL's scorer does; discard makes it O; none leaves it.",
    "standardized": "The entity types of corpora under common names, none taken away.",
    "core": "The types PER, LOC and ORG alone, which every corpus can be compared in.",
    "contested": "What speaks against the core type that a type was given.",
    "leaked": "Test sentences that training data hold, the same or nearly the same.",
    "exact own": "Test sentences that the training data of the same corpus hold word for word.",
    "exact other": "Test sentences that the training data of another corpus hold word for word.",
    "contaminated": "Test sentences that any training data hold, the same or nearly the same.",
    "domain": "What kind of text a corpus is of, such as news.",
    "state": "verified: all files were read and hashed when the card was written; unverified: none was at hand.",
}  # fmt: skip
SYSTEMS: Mapping[str, str] = {
    "encoder": "A model that is fine-tuned to give each token a label.",
    "language model": "A causal language model that is asked in a prompt and replies in text.",
    "system": "An encoder or a language model, by its name in params.yaml.",
    "run": "A system with everything that decides its scores: regime, or format and decoding.",
    "regime": "What one model is trained on: several languages together (multilingual), or one alone (individual).",
    "seed": "A number from which a training draws what is random in it. Training again with another one gives another model.",
    "seeds": "From how many trainings, each with its seed, the row has its mean.",
    "tokenizer": "What cuts tokens into the sub-tokens that a model knows.",
    "fertility": "Sub-tokens per token.",
    "unknown tokens": "Share of the tokens (0 to 1) with a sub-token that the tokenizer does not know.",
    "characters lost": "Share of the tokens (0 to 1) whose characters their sub-tokens do not give back.",
    "spelled out": "Share of the words (0 to 1) that the tokenizer cuts into single letters.",
    "format": "How a language model is asked to reply: inline (the sentence with marks) or JSON (a list).",
    "decoding": "free: the model writes anything; constrained: it can only write what is right in form.",
    "control": "The same model trained on shuffled labels. It shows what a score is worth that knows nothing of names.",
    "grounded": "A mention in a reply that has a place in its sentence. The others are lost, whatever they say.",
    "policy": "Which place of a text is meant that stands several times in a sentence: the next (cursor), any free one (free), or each (all).",
    "donor": "A corpus and language whose training sentences are to help another one, the target.",
}  # fmt: skip
SCORES: Mapping[str, str] = {
    "right": "Mentions with the same span and the same type as in the reference.",
    "boundary": "Mentions of the right type that overlap one of the reference, with another beginning or end.",
    "type and boundary": "Mentions that overlap one of the reference, with another span and another type.",
    "missed": "Mentions of the reference with no predicted one in their place.",
    "spurious": "Predicted mentions with none of the reference in their place.",
    "precision": "Per cent of the predicted mentions that are right.",
    "recall": "Per cent of the mentions of the reference that were found.",
    "f1": "The harmonic mean of precision and recall, in percent; a mean over seeds where there are several.",
    "micro": "F1 that counts each mention once.",
    "macro": "The mean of the F1 of each entity type.",
    "convention": "What a scorer makes of invalid labels before it counts: conlleval, discard, or untyped, which takes types away.",
    "point": "F1 of 52 is two points more than F1 of 50.",
    "difference": "In points of F1; which side is subtracted stands above the table.",
    "low": "The lower end of the interval: other sentences and other seeds would give values between low and high.",
    "high": "The upper end of the interval: other sentences and other seeds would give values between low and high.",
    "sd": "Standard deviation over seeds, in points.",
    "over": "What the interval speaks of: other sentences (or documents), and other seeds where there are several.",
    "p": "How often so large a difference would be seen if there were none, adjusted for the number of tests (Holm).",
    "Holm": "A method by which many tests together give a false alarm no more often than one. It makes each of them stricter.",
    "clear": "Whether the difference is beyond chance: the interval, adjusted for the number of tests (Holm), leaves out zero.",
    "beyond chance": "What the column clear says: told apart by a test, after adjusting for all tests of the family.",
    "family": "The tests that are adjusted together (Holm): as a rule all rows of a table.",
    "power": "How often a test finds a true difference of a given size; 80 % is the usual demand.",
    "plantings": "How often flaws were planted anew, each time in other mentions.",
    "test sets": "How many test sets the row rests on.",
    "runs": "How many runs the row rests on.",
    "universe": "One combination of choices (repair, scoring rule, types, seed) under which a claim is judged.",
}  # fmt: skip
GROUPS: Mapping[str, Mapping[str, str]] = {
    "Texts and labels": TEXTS,
    "Systems": SYSTEMS,
    "Scores and tests": SCORES,
}
NO_HEADS = {"precision", "family"} | {
    "corpus", "language", "split", "sentences", "tokens", "mentions", "domain", "system",
}  # fmt: skip
"""Heads that say something else in some tables (the precision of arithmetic, the family of a language), or what everyone reads right."""
_OF_HEADS = {
    term: meaning for group in GROUPS.values() for term, meaning in group.items() if term not in NO_HEADS
}


def meaning(head: str) -> str:
    """Return what the head of a column means, as a reader sees it; nothing where its table says so, or everyone knows.

    >>> meaning("sd")
    'Standard deviation over seeds, in points.'
    """
    return _OF_HEADS.get(head, "")
