"""The card of a saved model, README.md: what it finds and how well, what it was trained on, how to load it, what it cannot do.

It is in the form of the Hugging Face Hub, YAML before Markdown, and a pure function of what ``openner.json`` holds. Names of files,
types and licences come from outside: they are shown as they are, and mark up nothing.
"""

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import PurePath

from huggingface_hub import EvalResult, ModelCardData

from openner_utils.catalog import languages
from openner_utils.encoders.about import About, Material, Scored
from openner_utils.support.markdown import escaped, fenced, linked, listed, table
from openner_utils.support.words import counted

UNKNOWN = "unknown"
UNDETERMINED = "und"
"""The code of ISO 639-3 for a language that nobody has said."""


def text(about: About) -> str:
    """Return the card: equal models have equal cards but for the last section, which tells of the run."""
    sections = [
        ("How to load it", _loading(about)),
        ("Entity types", _types(about)),
        ("Trained on", _trained_on(about)),
        ("Scores", _scores(about.scores)),
        ("An example", _example(about)),
        ("Limits", _limits(about)),
        ("Recipe", _recipe(about)),
        ("This run", _run(about)),
    ]
    whole = [f"---\n{_metadata(about)}\n---", f"# {_title(about)}", _summary(about)]
    for title, content in sections:
        if content:
            whole += [f"## {title}", content]
    return "\n\n".join(whole) + "\n"


def _metadata(about: About) -> str:
    """Return the YAML that the Hub reads."""
    recipe = about.encoder
    results = [
        EvalResult(
            task_type="token-classification",
            task_name="Named entity recognition",
            dataset_type="openner-file",
            dataset_name=each.material.called,
            # The Hub takes results of one type, config and split for those of one data set, and shows the first one's name.
            dataset_config=f"{each.material.called}, {each.material.known.language or UNKNOWN}",
            dataset_split=each.split,
            metric_type="f1",
            metric_name="F1 (span and type exact)",
            metric_value=round(each.f1, 4),
        )
        for each in about.scores
    ]
    data = ModelCardData(
        language=[*about.languages, *([UNDETERMINED] if about.unknown else [])] if about.languages else None,
        license=UNKNOWN,
        library_name="transformers" if about.plain else "openner",
        pipeline_tag="token-classification",
        base_model=recipe.checkpoint if recipe.revision else None,
        tags=["named-entity-recognition", "openner", *(["onnx"] if about.form else [])],
        metrics=["f1"],
        model_name=_title(about) if results else None,
        eval_results=results or None,
    )
    return data.to_yaml().strip()


def _title(about: About) -> str:
    if not about.languages:
        return "Named entities in text of an unknown language"
    beside = " and in files whose language is not known" if about.unknown else ""
    return f"Named entities in {_names(about.languages)}{beside}"


def _summary(about: About) -> str:
    types = ", ".join(escaped(type) for type in about.types)
    form = ""
    if about.form is not None:
        weights = "8-bit weights" if about.form.weights == "int8" else "fp32"
        form = f" Its encoder is an ONNX file ({weights}), computed by ONNX Runtime on a CPU."
    return f"Finds mentions of {types} in text, each with its characters and a probability. Made with the OpenNER compendium.{form}"


def _loading(about: About) -> str:
    ours = [
        "With the OpenNER compendium, `openner predict MODEL text.txt`, or in Python:",
        '```python\nfrom openner_utils.api.tagging import load\n\nfor mention in load("MODEL").predict("…"):\n'
        "    print(mention.start, mention.end, mention.type, mention.score)\n```",
    ]
    if about.form is not None:
        return "\n\n".join([*ours, "It needs ONNX Runtime. Transformers does not load it."])
    if not about.plain:
        why = (
            "its encoder reads characters"
            if about.encoder.head == "linear"
            else "its labels are decided by a field"
        )
        return "\n\n".join([*ours, f"The pipeline of Transformers does not load it as it is meant: {why}."])
    differences = [
        "long inputs are cut there; here they are read in overlapping windows, and decoded whole",
        "text is taken apart by the tokenizer alone there; here into words first (characters, in scripts without blanks), "
        "each of which gets one label, that of its first sub-token",
        "under a tokenizer that does not mark which sub-tokens go on with a word (those of XLM-R and e5) words end at blanks alone "
        "there, so that a sign behind a mention is part of it (`Oslo.`) and a sentence without blanks is one word: part signs "
        'from words by blanks, and in scripts without blanks take `aggregation_strategy="simple"`',
    ]
    if about.encoder.decoding == "valid":
        differences.append(
            "labels are decided one by one there; here the best sequence without an invalid transition is taken"
        )
    return "\n\n".join(
        [
            *ours,
            "With Transformers alone:",
            '```python\nfrom transformers import pipeline\n\nfind = pipeline("token-classification", model="MODEL", '
            'aggregation_strategy="first")\n```',
            "What differs:",
            listed(differences),
        ]
    )


def _types(about: About) -> str:
    rows = [(escaped(type), f"{count:,}") for type, count in about.types.items()]
    return table(["type", "mentions trained on"], rows, ["mentions trained on"])


def _trained_on(about: About) -> str:
    if not about.material:
        return listed([*map(escaped, about.trained_on), f"{about.sentences:,} sentences; licences unknown"])
    counts = ["sentences", "tokens", "mentions"]
    rows = [(*_what(each), *_counts(each), escaped(each.known.licence or UNKNOWN)) for each in about.material]
    licences = sorted({each.known.licence or UNKNOWN for each in about.material})
    return "\n\n".join(
        [
            table(["data", "language", *counts, "licence"], rows, counts),
            f"Licences of the data: {', '.join(map(escaped, licences))}. Where one is unknown, nobody has said that the data may be "
            "used. Under which licence the model itself stands is for whoever publishes it to say: the metadata above says "
            f"`{UNKNOWN}`.",
        ]
    )


def _scores(scores: Sequence[Scored]) -> str:
    if not scores:
        return "None: no file was given that it was not trained on."
    numbers = ["sentences", "trained on, too", "mentions", "precision", "recall", "F1 (95 % interval)"]
    rows = [
        (
            *_what(each.material), each.split, f"{each.material.sentences:,}",
            UNKNOWN if each.seen is None else f"{each.seen:,}", f"{each.material.mentions:,}",
            _percent(each.precision), _percent(each.recall),
            f"{_percent(each.f1)} ({_percent(each.low)} to {_percent(each.high)})",
        )
        for each in scores
    ]  # fmt: skip
    return "\n\n".join(
        [
            table(["data", "language", "split", *numbers], rows, numbers),
            "In percent; span and type exact, convention conlleval. The intervals are over other sentences of the same kind (other "
            "documents, where ten or more are marked), for this one training: another seed would move them further. Sentences that were trained on, too (the same tokens but for case; short ones are not "
            "looked for), are answered from memory: the scores are those of new text only without them.",
            *_by_type(scores),
        ]
    )


def _by_type(scores: Sequence[Scored]) -> Iterator[str]:
    """Yield the table of scores by entity type, if they were counted; a type that a file lacks has no recall."""
    numbers = ["mentions", "precision", "recall", "F1"]
    rows = [
        (
            next(_what(each.material)), each.split, escaped(type), f"{own.mentions:,}",
            _percent(own.precision), _percent(own.recall) if own.mentions else "", _percent(own.f1),
        )
        for each in scores
        for type, own in each.types.items()
    ]  # fmt: skip
    if rows:
        yield "By type:"
        yield table(["data", "split", "type", *numbers], rows, numbers)


def _example(about: About) -> str:
    if about.example is None:
        return ""
    found = about.example
    rows = [
        (escaped(found.text[start:end]), f"{start}", f"{end}", escaped(type))
        for start, end, type in found.mentions
    ]
    mentions = (
        table(["mention", "start", "end", "type"], rows, ["start", "end"])
        if rows
        else "It finds no mention in it."
    )
    said = f"A sentence of the compendium's samples ({escaped(found.corpus)}, {_name(found.language)}; CC BY 4.0):"
    return "\n\n".join([said, fenced(found.text), mentions])


def failure(about: About) -> str | None:
    """Return what says that the training failed, as it is measured; None where it learnt something."""
    if about.losses is not None and not about.losses.learnt:
        return (
            f"The training learnt nothing from the text: its loss ({about.losses.last:z.3f}) did not fall below that of a model that "
            f"knows only how frequent each label is ({about.losses.constant:z.3f})"
        )
    asked = [each for each in about.scores if each.material.mentions and each.predicted is not None]
    if asked and not any(each.predicted for each in asked):
        return "The model says O everywhere: it found no mention in any of the files that it was scored on"
    return None


def _limits(about: About) -> str:
    failed = failure(about)
    lines = [f"**{failed}. Do not use it.**"] if failed else []
    lines += [
        "It knows the types above, as its training data mean them, and no others.",
        "Mentions are flat: none lies in another, crosses one, or has a gap.",
        "Each line of a text is read by itself: what stands in other lines changes nothing.",
        "A score is the probability that the model gives its least probable label; nobody has checked how often it is right.",
    ]
    if about.languages:
        beside = ""
        if about.unknown:
            share = f"{about.unknown:,} of {counted(about.sentences, 'sentence')}"
            beside = f" and on files whose language is not known ({share})"
        met = sorted({each.material.known.language for each in about.scores if each.material.known.language})
        new = [code for code in met if code not in about.languages]
        other = f" but {_names(new)} (scores above)" if new else ""
        lines.append(
            f"It was trained on {_names(about.languages)}{beside}; on other languages{other}, and on texts of another kind, nothing is known."
        )
    else:
        lines.append(
            "Which languages it was trained on is not known, and so it is not known for which it is fit."
        )
    if not about.scores:
        lines.append("How well it does is not known: it was scored on nothing.")
    if about.form is not None and about.form.weights == "int8":
        if about.form.differing is None:
            told = "some labels differ"
        elif about.form.silent:
            told = (
                f"how many labels differ is not known, for in the compendium's samples ({about.form.tokens:,} tokens) "
                "it finds no mention, before or after"
            )
        else:
            told = f"of {about.form.tokens:,} tokens of the compendium's samples {about.form.differing:,} have another label now"
        lines.append(
            f"The scores above are those of the model before its weights were cut to 8 bits; {told}."
        )
    return listed(lines)


def _recipe(about: About) -> str:
    recipe = about.encoder.model_dump(exclude_none=True)
    rows = [(f"`{key}`", escaped(str(value))) for key, value in recipe.items()]
    rows += [("seed", f"{about.seed}"), ("optimizer steps", f"{about.steps:,}")]
    rows += [(escaped(name), escaped(version)) for name, version in sorted(about.versions.items())]
    note = "The model of the last epoch is kept; files that it was scored on changed nothing in it."
    return "\n\n".join([table(["what", "value"], rows), note])


def _run(about: About) -> str:
    if about.ran is None:
        return ""
    ran = about.ran
    told = f"{ran.seconds:,.0f} seconds of training on {escaped(ran.device)}, ended {escaped(ran.ended)}."
    if not ran.hashes:
        return told
    files = [(escaped(each.called), each.known.sha256) for each in about.material if each.known.sha256]
    recipe = hashlib.sha256(about.encoder.model_dump_json().encode()).hexdigest()
    rows = [*files, ("recipe", recipe), *((escaped(name), digest) for name, digest in ran.hashes.items())]
    return "\n\n".join(
        [told, table(["made from", "SHA-256"], [(what, f"`{digest}`") for what, digest in rows])]
    )


def _what(material: Material) -> Iterator[str]:
    """Yield what a file is and its language, as cells."""
    known = material.known
    called = escaped(material.called)
    if known.corpus:
        corpus = linked(known.corpus, known.repository) if known.repository else escaped(known.corpus)
        called = f"{corpus}: {called}"
    yield called
    yield _name(known.language) if known.language else UNKNOWN


def _counts(material: Material) -> tuple[str, str, str]:
    return f"{material.sentences:,}", f"{material.tokens:,}", f"{material.mentions:,}"


def _name(code: str) -> str:
    found = languages().get(code)
    return f"{escaped(found.name)} ({code})" if found else code


def _names(codes: Sequence[str]) -> str:
    return ", ".join(map(_name, codes))


def _percent(share: float) -> str:
    return f"{100 * share:.1f}"


def short(checkpoint: str, revision: str | None) -> str:
    """Return what a checkpoint is called in a model: of a folder of this machine its name, for the rest is nobody's business."""
    if revision is not None or checkpoint.startswith(("package:", "scratch:")):
        return checkpoint
    return PurePath(checkpoint).name
