"""Causal language models as taggers: their mask is lifted, so that each token sees those behind it, too.

In a name's first token nothing says yet how it goes on; with the mask lifted, decoders tag as encoders do (Li et al. 2023, LS-LLaMA,
arXiv:2310.01208). Transformers' masks follow the config (``is_causal``), which is saved with the model: who loads it from its folder loads it lifted.
"""

import torch
from transformers import PreTrainedModel

from openner_utils.support.errors import OpenNERError

_OF_DECODERS = ("ForCausalLM", "LMHeadModel")


def lift_mask(model: PreTrainedModel, name: str, architectures: list[str] | None) -> None:
    """Let each token of a model see all others, if its checkpoint ``name`` was saved as a causal language model.

    Raises `OpenNERError` for one whose tokens do not see what stands behind them even then, as those of recurrent models do not.
    """
    if not any(each.endswith(_OF_DECODERS) for each in architectures or ()):
        return
    model.config.get_text_config().is_causal = False
    model.config.is_causal = False
    if not _sees_ahead(model):
        raise OpenNERError(
            f"{name} is a causal language model whose mask cannot be lifted, so its tokens would never see those behind them. Choose another "
            "checkpoint, or prompt this one (`llms`)."
        )


def _sees_ahead(model: PreTrainedModel) -> bool:
    """Return whether another last sub-token changes what is said of the first."""
    training = model.training
    model.eval()
    with torch.inference_mode():
        said = model(input_ids=torch.tensor([[0, 0, 0], [0, 0, 1]], device=model.device)).logits[:, 0]
    model.train(training)
    return not torch.equal(said[0], said[1])
