"""Where everything lies. No other module spells a path."""

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Place:
    """A folder with the choices, data and results of a compendium; what works on it is handed its place.

    >>> Place(Path("here")).artifacts.as_posix()
    'here/artifacts'
    """

    root: Path

    @property
    def params(self) -> Path:
        """Every choice of a run."""
        return self.root / "params.yaml"

    @property
    def data(self) -> Path:
        """Raw files, as a stage reads them."""
        return self.root / "data"

    @property
    def artifacts(self) -> Path:
        """What stages make for each other."""
        return self.root / "artifacts"

    @property
    def resume(self) -> Path:
        """Finished runs, each under the key of all that it depends on; the folder can be removed at any time."""
        return self.root / ".openner" / "resume"

    @property
    def notebooks(self) -> Path:
        """Percent scripts, one for each stage and question."""
        return self.root / "notebooks"

    @property
    def questions(self) -> tuple[str, ...]:
        """The names of all questions: what their notebooks ``80_<question>.py`` are called."""
        return tuple(sorted(path.stem.partition("_")[2] for path in self.notebooks.glob("80_*.py")))

    @property
    def pages(self) -> Path:
        """The pages of the report."""
        return self.root / "reports" / "html"

    @property
    def tables(self) -> Path:
        """The tables of the report, as CSV."""
        return self.root / "reports" / "tables"

    @property
    def figures(self) -> Path:
        """The figures of the report, as SVG."""
        return self.root / "reports" / "figures"

    @property
    def benchmarks(self) -> Path:
        """What was measured."""
        return self.root / "benchmarks"

    def relative(self, path: Path) -> str:
        """Return ``path`` as shown to people: relative to the place where it lies inside it."""
        return path.relative_to(self.root).as_posix() if path.is_relative_to(self.root) else str(path)


ROOT = Path(os.environ.get("OPENNER_ROOT") or Path(__file__).resolve().parent.parent.parent)
"""The compendium's top folder; the environment variable OPENNER_ROOT names another checkout."""

HERE = Place(ROOT)
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
    return HERE.relative(path)
