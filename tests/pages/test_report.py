"""Pages: escaped, offline, the same bytes each time, linked with each other."""

import base64
import json
import re
from hashlib import sha256
from html.parser import HTMLParser

import nbformat
import pandas as pd
import pytest
from markupsafe import Markup

from openner_utils.pages import report, tables
from openner_utils.pages.corpora.sections import Section
from openner_utils.pages.report import SCALE_NOTE, Answer, Made, Page
from tests.live import live_parts

EVIL = "<script>alert(1)</script> & نص"
V4 = nbformat.v4


class Elements(HTMLParser):
    """All elements of a page with their attributes, and the text."""

    def __init__(self, html):
        super().__init__()
        self.found, self.text = [], ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data

    def of(self, tag):
        return [attributes for name, attributes in self.found if name == tag]


@pytest.fixture
def executed(tmp_path):
    def shown(**data):
        return V4.new_output("display_data", {key.replace("_", "/", 1): value for key, value in data.items()})

    table = "<table><tbody><tr><td>a &lt;b&gt;</td><td>1.5</td></tr></tbody></table>"
    svg = V4.new_output(
        "display_data", {"image/svg+xml": "<svg/>", "text/plain": "?"}, metadata={"alt": 'a "plot"'}
    )
    cells = [
        V4.new_markdown_cell("# Title\nWhat is asked? See [there](b.html)."),
        V4.new_code_cell("mode = ...", metadata={"tags": ["parameters"]}),
        V4.new_code_cell("mode = 'x'", metadata={"tags": ["injected-parameters"]}),
        V4.new_code_cell(
            "print('<hidden>')",
            outputs=[
                V4.new_output("stream", name="stdout", text=EVIL),
                V4.new_output("stream", name="stderr", text="careful"),
                shown(text_plain=EVIL),
                V4.new_output("execute_result", {"text/html": table, "text/plain": "?"}, execution_count=1),
                shown(text_markdown="*found*", text_plain="?"),
                shown(image_png="aGFs\nbG8=\n", text_plain="?"),
                svg,
            ],
        ),
    ]
    path = tmp_path / "page.ipynb"
    nbformat.write(V4.new_notebook(cells=cells), path)
    return path


@pytest.fixture
def nav(tmp_path):
    html = tmp_path / "html"
    return [
        Page(html / "index.html", "Overview"),
        Page(html / "a.html", "A & B", "What A does", "Stages"),
        Page(html / "q" / "b.html", "B?", "Whether B", "Questions"),
    ]


def test_page_shows_each_output_escaped_and_in_its_best_form(executed, nav):
    report.page(
        executed, "A & B", nav[1].path, nav, SCALE_NOTE, [Made("scores", "artifacts/score/x", "ab" * 32)]
    )
    html = nav[1].path.read_text(encoding="utf-8")
    page = Elements(html)
    assert page.of("script") == [{}], "that of tables alone"
    assert html.count("&lt;script&gt;alert(1)&lt;/script&gt; &amp; نص") == 2
    assert "?\n</pre>" not in html, "the plain form is not shown beside a better one"
    assert page.of("em") and {"class": "output stderr"} in page.of("pre")
    images = page.of("img")
    assert [image["src"] for image in images] == [
        "data:image/png;base64,aGFsbG8=",
        "data:image/svg+xml;base64," + base64.b64encode(b"<svg/>").decode(),
    ]
    assert images[1]["alt"] == 'a "plot"'
    assert re.findall(r"<summary>(.*?)</summary>", html) == [
        "parameters and defaults",
        "parameters of this run",
        "code",
        "What was made from what",
    ]
    assert "a &lt;b&gt;" in html and {"class": "output wide", "tabindex": "0"} in page.of("div")
    assert SCALE_NOTE in page.text and "artifacts/score/x" in page.text and "abababababab" in page.text
    assert "<title>A &amp; B</title>" in html


def test_page_without_a_scale_note_has_no_banner(executed, nav):
    report.page(executed, "A", nav[1].path, nav)
    assert {"class": "banner", "role": "note"} not in Elements(nav[1].path.read_text()).of("p")


def test_index_links_cards_and_pages(nav):
    cards = [
        Answer("One <model>", "71 < 72", nav[2].path),
        Answer("Repair", Markup("<strong>5 %</strong> moved"), nav[1].path),
    ]
    report.index(
        nav[0].path, "Compendium", "What <it> is", cards, nav, SCALE_NOTE, [Made("a", "b", "0" * 64)]
    )
    html = nav[0].path.read_text(encoding="utf-8")
    assert "One &lt;model&gt;" in html and "71 &lt; 72" in html and "What &lt;it&gt; is" in html
    assert "<strong>5 %</strong>" in html
    assert "What A does" in html and "Whether B" in html and SCALE_NOTE in html
    assert {"open": None} in Elements(html).of("details")


@pytest.mark.parametrize("at", [0, 1, 2])
def test_links_are_relative_and_mark_the_current_page(nav, executed, at):
    for each in nav:
        report.page(executed, each.title, each.path, nav)
    first, *_, one, two, three = Elements(nav[at].path.read_text(encoding="utf-8")).of("a")
    links = [one, two, three]
    assert first["href"] == "#pages", "the navigation stands behind the content"
    assert [(nav[at].path.parent / link["href"]).resolve() for link in links] == [each.path for each in nav]
    assert [("aria-current" in link) for link in links] == [place == at for place in range(3)]


def test_pages_load_nothing_and_are_the_same_each_time(executed, nav):
    texts = []
    for _ in range(2):
        report.page(executed, "A", nav[1].path, nav, SCALE_NOTE)
        report.index(nav[0].path, "Compendium", "", [Answer("a", "b", nav[1].path)], nav)
        texts.append([each.path.read_text(encoding="utf-8") for each in nav[:2]])
    assert texts[0] == texts[1]
    for html in texts[0]:
        page = Elements(html)
        assert not page.of("link") and not page.of("iframe")
        assert all(image["src"].startswith("data:") for image in page.of("img"))
        assert not re.search(r"url\(|@import", html)
        policy = next(
            each["content"] for each in page.of("meta") if "content" in each and "http-equiv" in each
        )
        allowed = re.fullmatch(
            r"default-src 'none'; style-src 'unsafe-inline'; img-src data:(; script-src 'sha256-(.*)')?",
            policy,
        )
        scripts = re.findall(r"<script>(.*?)</script>", html, re.DOTALL)
        assert allowed and [
            base64.b64encode(sha256(each.encode()).digest()).decode() for each in scripts
        ] == [hash for hash in [allowed[2]] if hash]
    assert ["<script>" in html for html in texts[0]] == [False, True], "the index holds no table"


LIVE = [
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "[a](javascript:alert(1))", "[a](JavaScript:alert(1))",
    "[a](&#106;avascript:alert(1))", "<javascript:alert(1)>", "![a](javascript:alert(1))", "<svg/onload=alert(1)>",
    "[a]: javascript:alert(1)\n\n[a]", "[a](vbscript:x)", "[a](data:text/html,<script>)", "<!-- <b> -->", "```mermaid\n<b>\n```",
    "# <u onclick=alert(1)>", "| a |\n|---|\n| <iframe src=x> |", "$<b onclick=x>$", "\x1b[2J \u202e \x00 \ud83d",
]  # fmt: skip


@pytest.mark.parametrize("live", LIVE)
@pytest.mark.parametrize("kind", ["markdown cell", "text/markdown", "text/plain", "stdout"])
def test_nothing_in_a_notebook_becomes_live(tmp_path, nav, live, kind):
    notebook, out = tmp_path / "page.ipynb", nav[0].path
    outputs = {
        "text/markdown": V4.new_output("display_data", {"text/markdown": live}),
        "text/plain": V4.new_output("display_data", {"text/plain": live.replace("\ud83d", "")}),
        "stdout": V4.new_output("stream", name="stdout", text=live.replace("\ud83d", "")),
    }
    cells = [V4.new_markdown_cell("# Title")]
    if kind == "markdown cell":
        cells.append(V4.new_markdown_cell(live.replace("\ud83d", "")))
    else:
        cells.append(V4.new_code_cell("", outputs=[outputs[kind]]))
    document = V4.new_notebook(cells=cells)
    notebook.write_text(json.dumps(document), encoding="utf-8")
    report.page(notebook, "Title", out, nav)
    html = out.read_text(encoding="utf-8")
    assert live_parts(html) == []
    if "markdown" in kind:
        assert all(character.isprintable() or character in "\n\t" for character in html)


def test_the_answer_stands_behind_the_question_and_only_once(executed, nav):
    notebook = nbformat.read(executed, as_version=4)
    notebook.cells[0].source = "# Title\n\nWhat is asked?\n\nHow it is told."
    notebook.cells[3].outputs[4].data["text/markdown"] = "- It is *so*, at n = 40.\n- And so."
    nbformat.write(notebook, executed)
    report.page(executed, "Title", nav[1].path, nav, answer="It is *so*, at n = 40.")
    html = nav[1].path.read_text(encoding="utf-8")
    text = Elements(html).text
    assert text.count("at n\xa0=\xa040.") == 1 and "n = 40" not in text
    places = [
        text.index(each) for each in ("What is asked?", "In short: It is so", "How it is told.", "And so.")
    ]
    assert places == sorted(places)
    notebook.cells[3].outputs[4].data["text/markdown"] = "- It is *so*, at n = 40."
    nbformat.write(notebook, executed)
    report.page(executed, "Title", nav[1].path, nav, answer="It is *so*, at n = 40.")
    assert Elements(nav[1].path.read_text(encoding="utf-8")).text.count("at n\xa0=\xa040.") == 1


def test_the_index_shows_main_results_before_what_was_found(nav):
    results = Section("F1 by language", "Of encoders.", [tables.show(pd.DataFrame({"clear": [True]}))])
    report.index(nav[0].path, "C", "", [Answer("Which?", "This.", nav[1].path)], nav, sections=[results])
    html = nav[0].path.read_text(encoding="utf-8")
    assert (
        html.index("F1 by language</h2>") < html.index("What was found</h2>") < html.index("<h3>Which?</h3>")
    )
    targets = [link["href"] for link in Elements(html).of("a") if link["href"].startswith("#")]
    ids = {attributes.get("id") for _, attributes in Elements(html).found}
    assert {"#f1-by-language", "#answers", "#citing", "#every"} <= set(targets)
    assert all(target[1:] in ids for target in targets)
    assert (nav[0].path.parent / "data" / "index" / "table-1.csv").is_file()
