"""Where everything lies. No other module spells a path."""

import os
from dataclasses import dataclass
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent
CARDS = PACKAGE / "catalog" / "cards"


@dataclass(frozen=True, slots=True)
class Place:
    """A folder with the choices, data and results of a compendium; what works on it is handed its place.

    ``cards`` is the folder of the catalog's cards, which come with the code.

    >>> Place(Path("here")).artifacts.as_posix()
    'here/artifacts'
    """

    root: Path
    cards: Path = CARDS

    @property
    def params(self) -> Path:
        """Every choice of a run."""
        return self.root / "params.yaml"

    @property
    def profiles(self) -> Path:
        """Named sets of choices."""
        return self.root / "profiles"

    @property
    def lock(self) -> Path:
        """What DVC has run on what."""
        return self.root / "dvc.lock"

    @property
    def requirements(self) -> Path:
        """The packages that a run was made with, each with its hash."""
        return self.root / "requirements.lock"

    @property
    def data_pin(self) -> Path:
        """What DVC knows of data/."""
        return self.root / "data.dvc"

    @property
    def samples(self) -> Path:
        """The compendium's own collection."""
        return self.root / "samples"

    @property
    def downloads(self) -> Path:
        """What was fetched."""
        return self.root / "downloads"

    @property
    def data(self) -> Path:
        """Raw files, as a stage reads them."""
        return self.root / "data"

    @property
    def artifacts(self) -> Path:
        """What stages make for each other."""
        return self.root / "artifacts"

    @property
    def own(self) -> Path:
        """What the compendium keeps for itself."""
        return self.root / ".openner"

    @property
    def resume(self) -> Path:
        """Finished runs, each under the key of all that it depends on; the folder can be removed at any time."""
        return self.own / "resume"

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
    def corpus_pages(self) -> Path:
        """Pages of single corpora, made without a run."""
        return self.root / "reports" / "corpora"

    @property
    def made(self) -> Path:
        """The figures and tables of this run, in every form."""
        return self.artifacts / "figures"

    @property
    def tables(self) -> Path:
        """The committed tables, as CSV; a run leaves them alone."""
        return self.root / "reports" / "tables"

    @property
    def figures(self) -> Path:
        """The committed figures, as SVG; a run leaves them alone."""
        return self.root / "reports" / "figures"

    @property
    def comparison(self) -> Path:
        """How this run's tables compare with the committed ones."""
        return self.own / "comparison.txt"

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
PARAMS = ROOT / "params.yaml"
PIPELINE = ROOT / "dvc.yaml"
SAMPLES = ROOT / "samples"
DATA = ROOT / "data"
ARTIFACTS = ROOT / "artifacts"
CHECKPOINTS = ROOT / ".openner" / "checkpoints"
NOTEBOOKS = ROOT / "notebooks"
REPORTS = ROOT / "reports"
TABLES = REPORTS / "tables"
BENCHMARKS = ROOT / "benchmarks"
LOG = ROOT / "docs" / "log.md"
CORPORA = ROOT / "docs" / "corpora.md"
LANGUAGES = PACKAGE / "catalog" / "languages.yaml"
ONTOLOGY = PACKAGE / "catalog" / "ontology.yaml"
TABLE_SCHEMAS = PACKAGE / "pages" / "table_schemas.yaml"
PROMPTS = PACKAGE / "llm" / "prompts"


def artifact(stage: str, *parts: str) -> Path:
    """Return the path of a derived file: ``artifacts/<stage>/<parts…>``."""
    return ARTIFACTS.joinpath(stage, *parts)


def relative(path: Path) -> str:
    """Return ``path`` as shown to people: relative to the compendium where it lies inside it."""
    return HERE.relative(path)
