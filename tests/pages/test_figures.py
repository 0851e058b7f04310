"""Figures: what is drawn, in words that everyone can read, with equal bytes each time."""

import os
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from itertools import combinations
from pathlib import Path

import matplotlib
import matplotlib.colors
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from openner_utils.pages import figures

pytestmark = pytest.mark.filterwarnings("error")  # a glyph that the typeface lacks is one

LANGUAGES = ["eng", "amh", "tha", "cmn"]
COUNTS = pd.DataFrame(
    [{"language": code, "split": split, "sentences": 10 * n} for code in LANGUAGES for n, split in enumerate(("test", "dev", "train"), 1)]
)  # fmt: skip
TYPES = pd.DataFrame(
    [
        {"language": code, "type": type, "mentions": n}
        for code in LANGUAGES
        for n, type in enumerate(("ORG", "PER", "LOC"))
    ]
)
REPAIRS = pd.DataFrame(
    [{"corpus": corpus, "rule": f"rule {n}", "changes": n} for corpus in "ab" for n in range(1, 11)]
)
CONTAMINATION = pd.DataFrame(
    [("a", "eng", 100, 5, 7, 2, 9), ("b", "swa", 50, 0, 0, 0, 0)],
    columns=["corpus", "language", "compared", "exact_own", "exact_other", "near", "contaminated"],
)
SCORES = pd.DataFrame(
    [
        {"regime": regime, "language": code, "system": system, "f1": 10.0 * n, "low": 10.0 * n - 3, "high": 10.0 * n + 3, "unknown_tokens": 0.2 * n}
        for n, code in enumerate(LANGUAGES, 1) for system in ("minilm", "characters") for regime in ("individual", "multilingual")
    ]
)  # fmt: skip
SEEDS = pd.concat([SCORES.assign(seed=seed, f1=SCORES["f1"] + seed) for seed in (1, 2, 3)])
DIFFERENCES = pd.DataFrame(
    [("minilm", "eng", -1.0, -3.0, 0.5, 0.4, False), ("minilm", "amh", 2.0, 1.0, 3.0, 0.01, True)],
    columns=["system", "language", "difference", "low", "high", "p", "clear"],
)
PROMPTS = pd.DataFrame(
    [
        {"system": "tiny", "language": code, "format": format, "decoding": "free", "control": control,
         "f1": f1, "low": f1 - 2, "high": f1 + 2, "sentences": 40}
        for code in ("eng", "fin")
        for format, control, f1 in (("inline", False, 20.0), ("inline", True, 5.0), ("json", False, 10.0))
    ]
)  # fmt: skip
REASONS = {"absent from text": 2, "grounded": 5, "never met": 0, "unparsable": 1}
LOSSES = pd.DataFrame(
    [
        {
            "system": "tiny",
            "format": format,
            "decoding": "free",
            "control": control,
            "reason": reason,
            "mentions": n,
        }
        for format, control in (("json", True), ("inline", False), ("json", False))
        for reason, n in REASONS.items()
    ]
)
CURVES = pd.DataFrame(
    [{"corpus": corpus, "seed": seed, "epoch": epoch, "loss": 1 / epoch, "dev_f1": 10.0 * epoch}
     for corpus in "ab" for seed in (1, 2) for epoch in (1, 2, 3)]
)  # fmt: skip

STEPS = pd.DataFrame(
    [{"trained": name, "step": step, "loss": 5 / step} for name in ("model", "control") for step in (1, 2, 3)]
)

PAIRS = pd.DataFrame(
    [("eng", "inline", "e5", -20.0, True), ("eng", "json", "e5", -30.0, True), ("eng", "inline", "minilm", 5.0, False),
     ("fin", "inline", "e5", -10.0, False)],
    columns=["language", "format", "encoder", "difference", "clear"],
).assign(
    model="tiny", decoding="free", regime="joint", sentences=40,
    low=lambda table: table["difference"] - 9, high=lambda table: table["difference"] + 9,
)  # fmt: skip

RULED = pd.DataFrame(
    [(code, system, "joint", rule, f1, 40)
     for code, system, f1s in (("eng", "e5", (50.0, 60.0)), ("eng", "minilm", (55.0, 40.0)), ("fin", "e5", (30.0, 31.0)))
     for rule, f1 in zip(("conlleval", "texts"), f1s, strict=True)],
    columns=["language", "system", "regime", "rule", "f1", "sentences"],
)  # fmt: skip

ALL: dict[str, Callable[[], Figure]] = {
    "sentences": lambda: figures.sentences(COUNTS),
    "mentions": lambda: figures.mentions(TYPES),
    "repairs": lambda: figures.repairs(REPAIRS),
    "contamination": lambda: figures.contamination(CONTAMINATION),
    "f1_by_language": lambda: figures.f1_by_language(SCORES, SEEDS),
    "differences": lambda: figures.differences(DIFFERENCES, "arm minus repaired"),
    "differences_by_language": lambda: figures.differences_by_language(PAIRS, "model minus encoder"),
    "f1_by_rule": lambda: figures.f1_by_rule(RULED),
    "prompts": lambda: figures.prompts(PROMPTS),
    "losses": lambda: figures.losses(LOSSES),
    "learning_curves": lambda: figures.learning_curves(CURVES),
    "training_loss": lambda: figures.training_loss(STEPS),
    "unknown_against_f1": lambda: figures.unknown_against_f1(SCORES),
}


def texts(figure: Figure) -> list[str]:
    """Return all text of a figure as it stands in the SVG."""
    root = ElementTree.fromstring(figures.svg(figure))
    return ["".join(node.itertext()).strip() for node in root.iter("{http://www.w3.org/2000/svg}text")]


@pytest.mark.parametrize("name", ALL)
def test_every_figure_has_a_title_and_equal_bytes_whatever_the_settings(name: str) -> None:
    figure = ALL[name]()
    with matplotlib.rc_context({"font.size": 23, "axes.facecolor": "red", "svg.fonttype": "path"}):
        again = figures.svg(ALL[name]())
    assert figures.svg(figure) == again == figures.svg(figure), "also when one figure is rendered twice"
    assert figure.get_label() and figure.get_label() in texts(figure)
    assert "dc:date" not in again and not any(line.endswith(" ") for line in again.splitlines())


@pytest.mark.parametrize(
    "name",
    [
        name
        for name in ALL
        if name
        not in (
            "repairs",
            "contamination",
            "losses",
            "learning_curves",
            "training_loss",
            "unknown_against_f1",
        )
    ],
)
def test_languages_are_written_by_name(name: str) -> None:
    assert "eng" not in texts(ALL[name]())
    assert any("English" in text for text in texts(ALL[name]())) or name == "sentences"


def test_language_codes_beside_points_lie_over_no_other() -> None:
    codes = ["amh", "eng", "fin", "swa", "ukr"]
    scores = pd.DataFrame(
        [
            {
                "language": code,
                "system": system,
                "f1": (7 * number + 11 * place) % 101,
                "unknown_tokens": unknown,
            }
            for number, code in enumerate(codes * 6)
            for place, (system, unknown) in enumerate({"a": 0.0, "b": 0.04, "c": 0.9}.items())
        ]
    )
    placed = figures._beside_points(scores)
    assert len(placed) > 20 and all(0 <= y <= 100 for *_, y in placed)
    for (one, x, y), (other, at, aside) in combinations(placed, 2):
        across = x < at + figures.LETTER * len(other) and at < x + figures.LETTER * len(one)
        assert not across or abs(y - aside) >= figures.LINE, (one, other)
    many = figures._beside_points(
        scores.assign(f1=50.0, unknown_tokens=0.0, language=[f"q{n:02}" for n in range(len(scores))])
    )
    assert [text for text, *_ in many] == [f"{len(scores)} languages"]


def test_bars_carry_their_totals_and_splits_their_order() -> None:
    words = texts(figures.sentences(COUNTS))
    assert words.count("60") >= len(LANGUAGES)
    assert [word for word in words if word in ("train", "dev", "test")] == ["train", "dev", "test"]


def test_kinds_beyond_the_palette_are_counted_together() -> None:
    words = texts(figures.repairs(REPAIRS))
    assert figures.OTHERS in words and "rule 10" in words and "rule 1" not in words
    assert "55" in words, "nothing is lost on the way"


def test_a_sentence_found_in_two_places_is_drawn_once() -> None:
    figure = figures.contamination(CONTAMINATION)
    widths = [bar.get_width() for bar in figure.axes[0].patches]
    assert widths == pytest.approx([5, 2, 2]), "own, other only, near; and no bar for the clean test set"


@pytest.mark.parametrize(
    ("figure", "said"),
    [
        (lambda: figures.contamination(CONTAMINATION.iloc[[1]]), "None: 1 test sets, 50 sentences compared."),
        (lambda: figures.repairs(REPAIRS.iloc[:0]), "None."),
        (lambda: figures.differences(DIFFERENCES.iloc[:0], "b minus a"), "Nothing to compare."),
        (lambda: figures.differences_by_language(PAIRS.iloc[:0], "b minus a"), "Nothing to compare."),
        (lambda: figures.f1_by_rule(RULED.iloc[:0]), "Nothing was scored."),
        (lambda: figures.f1_by_language(SCORES.iloc[:0]), "Nothing was scored."),
        (lambda: figures.prompts(PROMPTS.iloc[:0]), "Nothing was asked."),
        (lambda: figures.losses(LOSSES.assign(mentions=0)), "No reply named a mention."),
    ],
)
def test_nothing_to_draw_is_said_in_words(figure: Callable[[], Figure], said: str) -> None:
    assert said in texts(figure())


def test_means_stand_at_their_value_and_seeds_beside_them() -> None:
    one = SCORES[(SCORES["regime"] == "individual") & (SCORES["system"] == "minilm")]
    seeds = SEEDS[(SEEDS["regime"] == "individual") & (SEEDS["system"] == "minilm")]
    means, rings = figures.f1_by_language(one, seeds).axes[0].lines
    assert list(means.get_xdata()) == [10, 20, 30, 40]
    assert sorted(rings.get_xdata())[:3] == [11, 12, 13]


def test_what_is_not_clear_is_drawn_hollow_whatever_its_interval() -> None:
    for clear in (True, False):
        _, mark = figures.differences(DIFFERENCES.iloc[[1]].assign(clear=clear), "b minus a").axes[0].lines
        assert (mark.get_markerfacecolor() != "white") == clear
    assert "English" in texts(figures.differences(DIFFERENCES, "b minus a")), (
        "names that all rows share are left out"
    )


def test_controls_are_lines_and_no_bars() -> None:
    words = texts(figures.prompts(PROMPTS))
    assert "inline, free" in words and words[-1] == figures.CONTROL_NAME
    assert "n = 40" in words
    assert len(figures.prompts(PROMPTS).axes[0].patches) == 4, "two formats in two languages"
    without = PROMPTS[~PROMPTS["control"]]
    assert figures.CONTROL_NAME not in texts(figures.prompts(without))


def test_a_control_that_grounds_everything_is_no_longer_bar_than_its_model() -> None:
    more = LOSSES.assign(mentions=LOSSES["mentions"].where(~LOSSES["control"], 100 * LOSSES["mentions"]))
    axes = figures.losses(more).axes[0]
    ends = {round(bar.get_x() + bar.get_width()) for bar in axes.patches[-3:]}
    assert ends == {100}, "shares, not counts"
    names = [label.get_text() for label in axes.get_yticklabels()][::-1]
    assert names == ["inline, free", "json, free", "json, free (control)"]
    assert "n = 800" in texts(figures.losses(more))


def test_what_was_kept_comes_first_and_what_never_happened_is_left_out() -> None:
    words = texts(figures.losses(LOSSES))
    assert [word for word in words if word in REASONS] == ["grounded", "absent from text", "unparsable"]


def test_losses_are_never_drawn_in_the_colour_of_what_was_kept() -> None:
    nothing_kept = LOSSES[LOSSES["reason"] != "grounded"]
    for found, green in ((LOSSES, True), (nothing_kept, False)):
        colours = {
            matplotlib.colors.to_hex(bar.get_facecolor()) for bar in figures.losses(found).axes[0].patches
        }
        assert (figures.GREEN in colours) == green


def test_curves_without_a_dev_split_still_show_the_loss() -> None:
    figure = figures.learning_curves(CURVES.assign(dev_f1=None))
    assert len(figure.axes[0].lines) == len(figure.axes[1].lines) > 0


def test_saving_writes_three_forms_with_equal_bytes_each_time(tmp_path: Path) -> None:
    figures.save(figures.mentions(TYPES), tmp_path / "mentions.svg", tmp_path / "others")
    before = {file: file.read_bytes() for file in tmp_path.rglob("*.*")}
    assert sorted(file.relative_to(tmp_path).as_posix() for file in before) == [
        "mentions.svg", "others/mentions.pdf", "others/mentions.png",
    ]  # fmt: skip
    figures.save(figures.mentions(TYPES), tmp_path / "mentions.svg", tmp_path / "others")
    assert before == {file: file.read_bytes() for file in tmp_path.rglob("*.*")}


def test_showing_gives_svg_and_words() -> None:
    data, metadata = figures.shown(figures.mentions(TYPES))
    assert (
        data["image/svg+xml"].startswith("<?xml") and metadata["alt"] == "Mentions per core type and language"
    )


def test_a_dollar_sign_in_a_name_is_one() -> None:
    svg = figures.svg(figures.repairs(REPAIRS.assign(corpus="$x^{$")))
    assert "$x^{$" in svg


def test_without_a_home_nothing_is_said_that_differs_from_run_to_run() -> None:
    code = "from openner_utils.pages import figures; print(figures.matplotlib.get_configdir())"
    environment = {name: value for name, value in os.environ.items() if name != "MPLCONFIGDIR"}
    environment |= {"HOME": "/dev/null", "XDG_CONFIG_HOME": "/dev/null", "XDG_CACHE_HOME": "/dev/null"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert "/dev/null" not in done.stdout and done.stderr == ""


def test_pairs_stand_in_the_panel_of_their_language_and_absent_ones_leave_a_gap() -> None:
    figure = figures.differences_by_language(PAIRS, "model minus encoder")
    panels = {
        axes.get_title(loc="left"): {
            (float(mark.get_xdata()[0]), mark.get_markerfacecolor() != "white")
            for mark in axes.lines
            if len(mark.get_xdata()) == 1 and not np.isnan(mark.get_xdata()[0])
        }
        for axes in figure.axes
    }
    assert panels == {
        "English (n = 40)": {(-20.0, True), (-30.0, True), (5.0, False)},
        "Finnish (n = 40)": {(-10.0, False)},
    }
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["e5, joint", "minilm, joint"]
    assert [word for word in texts(figure) if "," in word and "free" in word] == [
        "inline, free",
        "json, free",
    ]


def test_each_system_is_a_line_over_the_rules_and_an_absent_one_draws_nothing() -> None:
    english, finnish = figures.f1_by_rule(RULED).axes
    assert [list(line.get_ydata()) for line in english.lines] == [[50, 60], [55, 40]]
    assert np.isnan(finnish.lines[1].get_ydata()).all() and list(finnish.lines[0].get_ydata()) == [30, 31]
    assert [label.get_text() for label in english.get_xticklabels()] == ["conlleval", "texts"]
    low, high = figures.f1_by_rule(RULED.iloc[::-1]).axes[0].get_ylim()
    assert low == 0 and high > 60, "the axis that all panels share holds the points of each"
