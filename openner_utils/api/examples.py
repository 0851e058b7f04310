"""A sentence to show what a model does: one of the compendium's own samples, never one that somebody trains on."""

from collections.abc import Iterator, Sequence
from itertools import islice

from openner_utils.api.tagging import Model
from openner_utils.catalog import Card, File, load_cards
from openner_utils.catalog.patterns import present
from openner_utils.core.columns import Columns
from openner_utils.core.spacing import gaps, joined
from openner_utils.curation.clean import clean_file, open_raw
from openner_utils.encoders.about import Example
from openner_utils.sources.build import SAMPLES
from openner_utils.support.paths import Place

LONGEST = 25
"""Tokens of a sentence that is shown."""
TRIED = 50
"""Sentences among which one with a mention is looked for."""


def example_of(model: Model, languages: Sequence[str], place: Place) -> Example | None:
    """Return the first sentence of the test samples in one of these languages in which the model finds something.

    Where it finds nothing the first one is returned; None where there are no samples in these languages.
    """
    tried = list(islice(sentences_of(languages, place), TRIED))
    if not tried:
        return None
    found = model.predict_all([text for _, _, text in tried])
    number = next((number for number, mentions in enumerate(found) if mentions), 0)
    card, language, text = tried[number]
    return Example(
        corpus=card.name,
        language=language,
        text=text,
        mentions=tuple((each.start, each.end, each.type) for each in found[number]),
    )


def sentences_of(languages: Sequence[str], place: Place) -> Iterator[tuple[Card, str, str]]:
    """Yield corpus, language and text of the short sentences of all samples for testing."""
    if not place.samples.is_dir():
        return
    cards = [card for card in load_cards(cards=place.cards).values() if card.source.repository == SAMPLES]
    for language in languages:
        for card in cards:
            for file in present(card, place.samples / card.id):
                if file.language == language and file.split == "test":
                    for text in _texts(place, card, file):
                        yield card, language, text


def _texts(place: Place, card: Card, file: File) -> Iterator[str]:
    columns: Columns = clean_file(open_raw(place.samples, card, file), card, file).repaired
    tokens = columns.tokens.to_pylist()
    for start, end in zip(columns.sentences[:-1].tolist(), columns.sentences[1:].tolist(), strict=True):
        if end - start <= LONGEST:
            row = {
                "tokens": tokens[start:end],
                "starts": None if columns.starts is None else columns.starts[start:end].tolist(),
                "ends": None if columns.ends is None else columns.ends[start:end].tolist(),
            }
            yield joined(tokens[start:end], gaps(row)).strip()
