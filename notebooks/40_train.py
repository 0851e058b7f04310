# %% [markdown]
# # Training one encoder
#
# How well does this encoder find persons, locations and organizations (all types of its corpora, where the regime trains
# on the standardized release) when it is fine-tuned under this regime, in which languages does it fail, and does its
# tokenizer explain why?
#
# Under the *individual* regime each language of each corpus gets a model of its own; under the *multilingual* one
# a single model is trained on everything together. The recipe is OpenNER's, as it is summarized, where it fits: a token
# classification head, linear warm-up and decay, several seeds. The last epoch's model is used; dev is watched, never
# selected on. Training is that of Transformers' Trainer (AdamW, linear schedule from 0, clipping, fp32) with two differences:
# batches hold sentences of similar length, drawn in pools of 50 batches, and long sentences are read in overlapping
# windows, so that nothing is cut.

# %% tags=["parameters"]
encoder = "minilm"
regime = "individual"

# %%
from IPython.display import Markdown

from openner_utils.pages import figures
from openner_utils.pages.tables import show
from openner_utils.pages.views import train as view
from openner_utils.pages.wording.train import collapsed, extremes, left_out
from openner_utils.stages import main, train
from openner_utils.support.rounding import shown

result = main(train, encoder=encoder, regime=regime)
Markdown(extremes(view.extremes(result.scores)))

# %% [markdown]
# ## What the tokenizer sees
#
# A token with an unknown sub-token is one whose spelling the model cannot see in full; a token that loses characters
# comes back different from its sub-tokens (lower-cased, say, or without accents). *Spelled out* are words of three letters or
# more that are shown letter by letter. Fertility is sub-tokens per token.

# %%
show(result.tokenizer, digits=2)

# %% [markdown]
# ## How training went
#
# Mean over seeds: loss on the training sentences, and F1 on dev after each epoch.

# %%
show(view.dev_curves(result.curves))

# %%
figures.show(figures.learning_curves(result.curves))

# %%
Markdown(collapsed(view.collapsed(result.trainings), result.runs))

# %% [markdown]
# ## On the test sets
#
# F1 in percent under the convention *conlleval*, mean and standard deviation (n-1) over seeds. The stage `score` scores
# the same predictions under every convention and with two other scorers. Under a regime on the standardized release a
# corpus is predicted and scored in the types that it annotates; *f1 in all types* is that of predictions in all types of the model, where
# mentions of the others are errors.

# %%
show(result.scores)

# %%
Markdown(
    f"{result.unscored} test tokens were left without a prediction; {shown(100 * result.invalid_share, 2)} % of the predicted "
    "mentions open with a label that IOB2 does not allow there, which is left for the scorers to judge. Trained on "
    f"{result.device} in {result.precision}, {result.passes:,} sentence passes in {result.runs} runs. {left_out(result.left_out)}"
)
