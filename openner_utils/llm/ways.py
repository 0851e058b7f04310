"""In which ways a model is asked in a format: which it and the format know, and by which prompt file."""

from openner_utils.config.params import Llm
from openner_utils.llm import prompts
from openner_utils.llm.automata import CONSTRAINED
from openner_utils.support.errors import OpenNERError

PIPELINE = "pipeline:"
"""How the checkpoints of models begin that the stage tune trains."""
DESCRIBED = "described"
"""The way of decoding, and the wording of prompts, that leaves the structure to the prompt alone, and describes all of it."""
As = tuple[int, bool]
"""The order in which a prompt lists the types, and whether it describes the structure."""
TUNED = ("inline", "json")
"""The formats that models of the stage tune are trained on."""


def asked_by(model: Llm, format: prompts.Format) -> dict[bool, prompts.Prompt]:
    """Return the prompts that a model is asked by, by whether they describe the structure."""
    wording = "short" if model.checkpoint.startswith(PIPELINE) else model.wording
    return {
        described: prompts.load(
            f"{format}_{DESCRIBED if described else wording}" if described or wording else format
        )
        for described in {decoding == DESCRIBED for decoding in model.decoding}
    }


def check(model: Llm, format: prompts.Format) -> None:
    """Refuse ways of asking that a model, or a format, does not know."""
    if "constrained" in model.decoding and model.backend == "server" and model.grammar is None:
        raise OpenNERError(
            "A server that takes no grammar gives no hold for constrained decoding. Take it off the model in params.yaml, or say "
            "in which field of a request it takes one (`grammar`)."
        )
    if "constrained" in model.decoding and format not in CONSTRAINED:
        raise OpenNERError(
            f"The format {format} is not decoded under constraint. Take it out of `prompt.formats`, or `constrained` off the "
            "model."
        )
    if "guided" in model.decoding and format != "json":
        raise OpenNERError(
            f"A server is guided by a JSON schema, and the format {format} is no JSON. Take it out of `prompt.formats`, or "
            "`guided` off the model."
        )
    if model.checkpoint.startswith(PIPELINE) and format not in TUNED:
        raise OpenNERError(
            f"{model.checkpoint} is trained on the formats inline and json, and asked in no other. Take {format} out of "
            "`prompt.formats`, or the model out of `llms`."
        )
