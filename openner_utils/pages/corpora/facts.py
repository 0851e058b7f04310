"""What a card says in single lines."""

from openner_utils.analysis.audit.corpora import Checked, State
from openner_utils.catalog import Card, language
from openner_utils.support.rounding import share

RECONSTRUCTED = "as its list of datasets is reconstructed here, from the release's names and row counts"
"""Said of a corpus that is taken for one of OpenNER 1.0: the paper's own list was not at hand."""
RESTRICTED = "The publisher restricts access; see below how to get it."
CAUTIONS = {
    Checked.WHOLLY: "",
    Checked.OWN: "These files lie on this machine, and counts are those of our readers: no publisher's word stands behind them.",
    Checked.PARTLY: "Nobody had some of these files at hand when the card was written; the table of files says which.",
    Checked.NOT: "Nobody had these files at hand when the card was written: neither bytes nor counts have been checked.",
}


def caution(state: State) -> str:
    """Return what a reader should know first of a corpus that is not plainly verified."""
    return " ".join(filter(None, (RESTRICTED if state.restricted else "", CAUTIONS[state.checked])))


def languages(card: Card) -> str:
    """Return the English names of a corpus's languages."""
    return ", ".join(language(code).name for code in card.languages)


def facts(card: Card) -> list[tuple[str, str]]:
    """Return what the card says, name and value; lines without a value are left out."""
    source = card.source
    where = "the compendium's own samples" if source.repository == "samples" else source.repository
    said = [
        ("Id", card.id),
        ("State", str(State.of(card))),
        ("In OpenNER 1.0", f"{card.openner} ({RECONSTRUCTED})" if card.openner else ""),
        ("Domain", card.domain),
        ("Languages", languages(card)),
        ("Source", f"{where} at {source.commit[:12]}" if source.commit else where),
        ("How to get it", source.instructions),
        ("Licence", card.licence.spdx),
        ("On the licence", card.licence.note),
        ("Encoding of labels", card.scheme),
        ("Reader", card.reader),
        ("Flaws allowed", ", ".join(card.allow)),
        ("Also outside", ", ".join(card.outside)),
        ("Cleaning steps", ", ".join(card.steps)),
        ("Longest sentence", f"{card.longest} tokens; longer ones are cut" if card.longest else ""),
        ("Divided here", _division(card)),
    ]
    return [(name, value) for name, value in said if value]


def _division(card: Card) -> str:
    if card.division is None:
        return ""
    by, dev, test = card.division.by, card.division.dev, card.division.test
    return f"by {by}: {share(dev)} dev, {share(test)} test, the rest train"
