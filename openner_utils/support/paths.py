"""Where everything lies. No other module spells a path."""

import os
from pathlib import Path

ROOT = Path(os.environ.get("OPENNER_ROOT") or Path(__file__).resolve().parent.parent.parent)
"""The compendium's top folder; the environment variable OPENNER_ROOT names another checkout."""

PACKAGE = Path(__file__).resolve().parent.parent
PARAMS = ROOT / "params.yaml"
PROFILES = ROOT / "profiles"
PIPELINE = ROOT / "dvc.yaml"
LOCK = ROOT / "dvc.lock"
DATA_PIN = ROOT / "data.dvc"
SAMPLES = ROOT / "samples"
DATA = ROOT / "data"
DOWNLOADS = ROOT / "downloads"
ARTIFACTS = ROOT / "artifacts"
RESUME = ROOT / ".openner" / "resume"
CHECKPOINTS = ROOT / ".openner" / "checkpoints"
NOTEBOOKS = ROOT / "notebooks"
REPORTS = ROOT / "reports"
PAGES = REPORTS / "html"
TABLES = REPORTS / "tables"
FIGURES = REPORTS / "figures"
BENCHMARKS = ROOT / "benchmarks"
LOG = ROOT / "docs" / "log.md"
CORPORA = ROOT / "docs" / "corpora.md"
CARDS = PACKAGE / "catalog" / "cards"
LANGUAGES = PACKAGE / "catalog" / "languages.yaml"
ONTOLOGY = PACKAGE / "catalog" / "ontology.yaml"
TABLE_SCHEMAS = PACKAGE / "pages" / "table_schemas.yaml"
PROMPTS = PACKAGE / "llm" / "prompts"


def artifact(stage: str, *parts: str) -> Path:
    """Return the path of a derived file: ``artifacts/<stage>/<parts…>``."""
    return ARTIFACTS.joinpath(stage, *parts)


def resume(stage: str, *parts: str) -> Path:
    """Return the path of a partial result, kept so that an interrupted or repeated stage computes it only once.

    Its name holds a hash of all that it depends on; the folder can be removed at any time.
    """
    return RESUME.joinpath(stage, *parts)


def relative(path: Path) -> str:
    """Return ``path`` as shown to people: relative to the compendium where it lies inside it."""
    return path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else str(path)
