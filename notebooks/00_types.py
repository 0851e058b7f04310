# %% [markdown]
# # Types out of domain
#
# Do names of types that agree between corpora help a model on domains that it never saw? Does a small, diverse part of the corpora teach it as
# well as all of them? What do the regularizations do: sets of types that change, and types that are left out?
#
# This notebook reads the folder that `openner tagger transfer … --arm all --out FOLDER` wrote, and trains nothing. It is no stage of the
# pipeline: such a test runs for hours, over corpora that the default run does not hold (docs/decisions/0037). All comparisons of a
# test are one family (Holm); a difference stands over the sentences of all domains together, types under their own names.

# %% tags=["parameters"]
# None: say below which test is read.

# %%
folder = "artifacts/unify/types"

# %%
from IPython.display import Markdown

from openner_utils.api import types_page
from openner_utils.exports import transfer
from openner_utils.pages.tables import show
from openner_utils.support import paths
from openner_utils.support.markdown import listed
from openner_utils.unify import answers

comparisons, rows, options = transfer.read(paths.ROOT / folder)
names, pruning, regularization = answers.QUESTIONS
Markdown(
    f"{options['sentences']} sentences of each corpus to train on at most, {options['test']} to test on; seeds {options['seeds']}; "
    f"held out: {'; '.join(options['domains'])}."
)

# %% [markdown]
# ## Do names that agree help?
#
# *published names*: each corpus calls its types as its files do, in training and in the test; the mentions that count are the same.
# *corpus names*: the taxonomy's names, each after its corpus. If that helps at home and hurts abroad, what was learnt is the corpus.

# %%
Markdown(listed([*answers.answer(names, comparisons), names.paper]))

# %%
show(types_page.compared(names, comparisons))

# %% [markdown]
# ## Does a pruned set teach as well as all?
#
# *pruned*: the paper's pools, few sentences of each type of each corpus. *as few, drawn*: as many sentences of each corpus, whatever is in
# them. Both are read so many times more that training takes as many steps: what is compared is what the sentences hold.

# %%
Markdown(listed([*answers.answer(pruning, comparisons), pruning.paper]))

# %%
show(types_page.compared(pruning, comparisons))

# %% [markdown]
# ## What do regularizations do out of domain?
#
# *no regularization*: a batch sees all types of its corpora, always. The paper shuffles the order of types as well; here types are scored one
# by one, and order is nothing.

# %%
Markdown(listed([*answers.answer(regularization, comparisons), regularization.paper]))

# %%
show(types_page.compared(regularization, comparisons))

# %% [markdown]
# ## Domain by domain
#
# The full arm. A type is seen if its very name was trained; *renamed*: under the first of its other names.

# %%
show(types_page.by_domain(rows))

# %% [markdown]
# ## What this does not say
#
# The paper's numbers are of a language model of 7 billion weights and some 25,000 samples; the tagger here has 22 million weights and sees some
# thousands of sentences. Signs may be compared, sizes may not. The corpora are taken as given: others might say otherwise.
