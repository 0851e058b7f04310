"""EuroEval's rule: every token that contains a word of a mention is tagged.

A mention's text is parted at blanks. Its first word begins a mention at each token that contains it, whatever stood there;
each further word goes on at each token that contains it, if nothing stands there and the token before it has the type.
Mentions of unknown types are skipped. What comes of it is scored as seqeval does by default. (So "a" begins mentions all over
a sentence, repeated names need no occurrence, and a text that was changed inside a word is lost.)
"""

from openner_utils.core.encoding import IOB2, OUTSIDE
from openner_utils.llm.harnesses.answer import Answer
from openner_utils.scoring.mentions import ALL, Score, score_sentences


def labels(answer: Answer) -> list[str]:
    """Return the label that the rule gives each token."""
    found = [OUTSIDE] * len(answer.tokens)
    for type, text in answer.of_known_types():
        for number, word in enumerate(text.split()):
            for at, token in enumerate(answer.tokens):
                if word not in token:
                    continue
                if not number:
                    found[at] = f"B-{type}"
                elif found[at] == OUTSIDE and at and found[at - 1][2:] == type:
                    found[at] = f"I-{type}"
    return found


def score(answer: Answer) -> Score:
    """Return the rule's counts."""
    reference = IOB2.encode(answer.reference, len(answer.tokens))
    return score_sentences([reference], [labels(answer)])[ALL]
