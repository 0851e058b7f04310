"""In which ways a model is asked in a format: which it and the format know, and by which prompt file."""

from pathlib import Path

from openner_utils.config.params import Llm
from openner_utils.llm import prompts
from openner_utils.llm.automata import AS_GRAMMARS
from openner_utils.llm.tuning.asked import Asked
from openner_utils.support.errors import OpenNERError

DESCRIBED = "described"
"""The way of decoding, and the wording of prompts, that leaves the structure to the prompt alone, and describes all of it."""
As = tuple[int, bool]
"""The order in which a prompt lists the types, and whether it describes the structure."""
TUNED = ("inline", "json")
"""The formats that the small model of the stage tune is trained on."""


def asked_by(model: Llm, format: prompts.Format, folder: Path | None = None) -> dict[bool, prompts.Prompt]:
    """Return the prompts that a model is asked by, by whether they describe the structure.

    ``folder``: where a model of the stage tune lies, which is asked by the prompt file that it was trained on.
    """
    own = _prompt_file(model, format, folder)
    return {
        described: prompts.load(f"{format}_{DESCRIBED}" if described else own)
        for described in {decoding == DESCRIBED for decoding in model.decoding}
    }


def _prompt_file(model: Llm, format: prompts.Format, folder: Path | None) -> str:
    if folder is None:
        return f"{format}_{model.wording}" if model.wording else format
    trained = Asked.read(folder)
    name = trained.of(format) if trained else f"{format}_short" if format in TUNED else None
    if name is None:
        formats = ", ".join(trained.prompts if trained else TUNED)
        raise OpenNERError(
            f"{model.checkpoint} is trained on {formats}, and asked in no other format. Take {format} out of "
            "`prompt.formats`, or the model out of `llms`."
        )
    return name


def check(model: Llm, format: prompts.Format) -> None:
    """Refuse ways of asking that a model, or a format, does not know."""
    if "constrained" in model.decoding and model.backend == "server" and model.grammar is None:
        raise OpenNERError(
            "A server that takes no grammar gives no hold for constrained decoding. Take it off the model in params.yaml, or say "
            "in which field of a request it takes one (`grammar`)."
        )
    if "constrained" in model.decoding and model.backend == "server" and format not in AS_GRAMMARS:
        raise OpenNERError(
            f"What may be said in the format {format} is no grammar that a server takes. Take it out of `prompt.formats`, or "
            "`constrained` off the model; a model on this machine can be constrained to it."
        )
    if "guided" in model.decoding and format != "json":
        raise OpenNERError(
            f"A server is guided by a JSON schema, and the format {format} is no JSON. Take it out of `prompt.formats`, or "
            "`guided` off the model."
        )
