# %% [markdown]
# # A causal language model, tuned on the prompts
#
# Can a language model that is trained in minutes learn to answer the prompt formats, and is there anything in its
# answers that it did not learn from the shape of them alone?
#
# The model is trained on prompts with their right answers. Its control is trained the same way on the same sentences
# with their mentions exchanged at random: of the same lengths and types, but not where the names are, and as many of
# them as find room. What the model scores beyond its control, it learned from the labels.
#
# The small model that is made here (`start: minilm`, or `characters`) is no general language model. It reads the prompt in
# both directions, begins from the weights of the packaged encoder, and can only copy tokens of the prompt or write the few
# symbols of two answer formats. So even its free decoding cannot invent a word. Any other causal language model
# (`start: checkpoint`) goes through the same training, and can.

# %% tags=["parameters"]
model = "tiny"

# %%
from openner_utils.pages import figures
from openner_utils.pages.tables import show
from openner_utils.stages import main, tune

result = main(tune, model=model)
show(result.trained)

# %% [markdown]
# ## How training went
#
# Mean loss on the answers, in steps of the optimizer.

# %%
figures.show(figures.training_loss(result.losses))
