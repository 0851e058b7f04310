"""Tables of a page in a real browser, opened as a file: searched, sorted, thinned out; a script of anyone else does not run."""

from pathlib import Path

import pandas as pd
import pytest
from markupsafe import Markup

from openner_utils.pages import report, tables
from tests.app.test_in_browser import CHROMIUM, Tab, tab

pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium")]
__all__ = ["tab"]

ROWS = pd.DataFrame(
    {
        "system": [f"s{number}" for number in range(9)],
        "f1": [10.5, -3.0, 100.0, None, 9.25, 1234.5, 0.0, 55.0, 7.0],
        "words": ["a <script>document.title = 'bad'</script>", *"bcdefghi"],
    }
)
FIRST = "[...document.querySelectorAll('main td:first-child')].filter(c => !c.parentNode.hidden).map(c => c.textContent).join(' ')"


@pytest.fixture
def page(tmp_path: Path) -> str:
    path = tmp_path / "page.html"
    evil = Markup("<script>document.title = 'worse'</script>")
    report.write(
        "page.html.j2", path, [report.Page(path, "T")], title="T", scale_note="", made=[], kicker="",
        body=Markup('<div class="output wide">') + tables.in_html(ROWS) + Markup("</div>") + evil,
    )  # fmt: skip
    return path.as_uri()


def test_tables_are_searched_sorted_and_thinned_out(tab: Tab, page: str) -> None:
    tab.open(page)
    assert tab.value("document.title") == "T", "what the policy does not name by hash does not run"
    assert tab.value("document.querySelector('.found').textContent") == "9 rows"
    click = "document.querySelectorAll('button.sort')[1].click()"
    tab.value(click)
    assert tab.value(FIRST) == "s1 s6 s8 s4 s0 s7 s2 s5 s3", "as numbers, empty ones last"
    tab.value(click)
    assert tab.value(FIRST) == "s5 s2 s7 s0 s4 s8 s6 s1 s3"
    assert tab.value("document.querySelectorAll('th')[1].getAttribute('aria-sort')") == "descending"
    tab.value(
        "(s => { s.value = 'S2'; s.dispatchEvent(new Event('input')) })(document.querySelector('.tools input'))"
    )
    assert (
        tab.value(FIRST) == "s2"
        and tab.value("document.querySelector('.found').textContent") == "1 of 9 rows"
    )
    tab.value(
        "(b => { b.checked = false; b.dispatchEvent(new Event('change')) })(document.querySelectorAll('.columns input')[1])"
    )
    assert tab.value("getComputedStyle(document.querySelectorAll('th')[1]).display") == "none"


def test_on_a_phone_the_tools_stay_within_the_page(tab: Tab, page: str) -> None:
    tab.open(page, width=390)
    assert tab.value("document.querySelector('.tools').scrollWidth <= 390")
    assert tab.value("document.documentElement.scrollWidth") == 390
