"""Markdown shows plain text as it is, whatever stands in it."""

import mistune
import pytest

from openner_utils.support import markdown
from tests.live import live_parts

HOSTILE = [
    "<script>alert(1)</script>", "a | b", "`code`", "```\nfence", "[x](javascript:alert(1))", "![x](http://x)", "*a* _b_ **c**",
    "&lt; &amp;", "{{ 7*7 }} {% raw %}", "\\*", "\x1b[31mred", "\u202eabc", "<!-- x", "# no heading",
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_a_text_in_a_table_is_shown_as_it_is(text):
    html = str(
        mistune.create_markdown(escape=False, plugins=["table"])(
            markdown.table(["a"], [[markdown.escaped(text)]])
        )
    )
    assert live_parts(html) == [] and html.count("<td") == 1
    for tag in ("<code", "<em", "<strong", "<a ", "<img"):
        assert tag not in html


@pytest.mark.parametrize("text", HOSTILE)
def test_a_text_in_a_block_stays_in_it(text):
    html = str(mistune.create_markdown(escape=False)(f"{markdown.fenced(text)}\n\nAfter."))
    assert live_parts(html) == []
    assert html.startswith("<pre>") and html.endswith("<p>After.</p>\n")


@pytest.mark.parametrize(
    ("address", "link"),
    [
        ("https://x.org/a", True),
        ("https://x.org/a) <script>alert(1)</script> [b](javascript:x", True),
        ("javascript:alert(1)", False),
        ("data:text/html,x", False),
        ("samples", False),
    ],
)
def test_only_web_addresses_become_links(address, link):
    html = str(mistune.create_markdown(escape=False)(markdown.linked("<b>", address)))
    assert live_parts(html) == [] and "<b>" not in html
    assert html.count("<a ") == link
