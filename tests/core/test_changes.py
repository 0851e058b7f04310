"""What ledgers hold is told on the page for readers of ledgers."""

from openner_utils.core.changes import LEDGER_ROWS, RULES
from openner_utils.support import paths

PAGE = (paths.ROOT / "docs" / "how-to" / "ledger.md").read_text(encoding="utf-8")


def test_the_page_on_ledgers_names_every_rule_and_column() -> None:
    assert [name for name in (*RULES, *LEDGER_ROWS.names) if f"`{name}`" not in PAGE] == []
