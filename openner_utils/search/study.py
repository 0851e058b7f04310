"""Recipes drawn with Optuna (Akiba et al. 2019): from what was tried, the next is drawn where good ones are dense.

Drawing is by the tree-structured Parzen estimator (Bergstra et al. 2011). A trial whose F1 on dev lies below the median of the
finished ones at the same share of their trainings is broken off. The study is a file, to which each epoch is
appended; one search at a time may work on it.

What is drawn for trial n depends on the seed, n and the trials before it: with one worker a search that was interrupted comes
to the same as one that was not. With several, it also depends on which of them is quicker.
"""

import json
import logging
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from openner_utils.encoders import models
from openner_utils.encoders.loop import Epoch
from openner_utils.runs.elsewhere import REQUIREMENTS
from openner_utils.runs.executors import Advance, this_machine
from openner_utils.runs.key import run_key
from openner_utils.runs.machine import resolve
from openner_utils.search.space import Space, field_rate
from openner_utils.search.trials import Sentences, Trial, Tried, carry_out
from openner_utils.support.errors import OpenNERError
from openner_utils.support.extras import extra
from openner_utils.support.files import exclusive
from openner_utils.support.progress import bar

STUDY = "study.journal"
_NAME = "search"
_AT_RANDOM = 8  # trials before the estimator has enough to go by
_SHARES = 10  # a training is compared at every tenth of it
_SPARED = 3  # tenths before which none is broken off: the learning rate has only just risen


@dataclass(frozen=True, slots=True, eq=False)
class Draw:
    """One trial of a study: the ``number``-th from 0, which is the recipe itself, whose values are drawn when it begins."""

    folder: Path
    number: int
    space: Space
    sentences: Sentences
    seed: int

    def __str__(self) -> str:
        return f"Trial {self.number}"


def search(
    folder: Path, trials: int, space: Space, sentences: Sentences, seed: int, workers: int
) -> list[Tried]:
    """Return what the first ``trials`` trials of the study in ``folder`` came to; those that are missing are carried out.

    Raises `OpenNERError` where the folder holds the study of another search, or another process works on it.
    """
    extra("optuna", REQUIREMENTS, "openner search")
    busy = f"{folder}: another search works there. Wait for it, or name another folder."
    with exclusive(folder, busy):
        done = _begun(folder, _key(space, sentences, seed))
        draws = [
            Draw(folder, number, space, sentences, seed) for number in range(trials) if number not in done
        ]
        with bar("search", total=len(draws)) as shown:
            this_machine(workers, resolve(space.recipe.precision)).carry_out(draw, draws, shown.advance)
        done = _done(_opened(folder))
    return [done[number] for number in range(trials)]


def draw(job: Draw, advance: Advance) -> None:
    """Carry out one trial and write it into the study; a function of a module, as `executors.Work`."""
    if job.number == 0:
        _as_it_stands(job, advance)
        return
    from optuna.trial import TrialState

    study = _opened(job.folder, job.seed, job.number)
    trial = study.ask()
    trial.set_user_attr("number", job.number)
    recipe = job.space.chosen(_drawn(trial, job.space))

    def go_on(epochs: Sequence[Epoch]) -> bool:
        shares = dict(_at_shares([epoch.dev_f1 or 0.0 for epoch in epochs], recipe.epochs))
        for share in shares.keys() - dict(_at_shares([0.0] * (len(epochs) - 1), recipe.epochs)).keys():
            trial.report(shares[share], share)
        return not trial.should_prune()

    tried = carry_out(Trial(recipe, job.sentences, job.seed), _parts(advance, recipe.epochs), go_on)
    trial.set_user_attr("tried", tried.values())
    if tried.state == "stopped":
        study.tell(trial, state=TrialState.PRUNED)
    else:
        study.tell(trial, tried.f1)


def _as_it_stands(job: Draw, advance: Advance) -> None:
    """Try the recipe itself, which others have to beat; it is never broken off."""
    from optuna.trial import create_trial

    recipe = job.space.recipe
    values = {name: getattr(recipe, name) for name in ("learning_rate", "batch_size", "epochs", "head")}
    if recipe.head == "crf":
        values["crf_learning_rate"] = field_rate(recipe)
    tried = carry_out(Trial(recipe, job.sentences, job.seed), _parts(advance, recipe.epochs))
    distributions = _distributions(job.space)
    _opened(job.folder).add_trial(
        create_trial(
            params=values,
            distributions={name: distributions[name] for name in values},
            value=tried.f1,
            user_attrs={"number": 0, "tried": tried.values()},
            intermediate_values=dict(_at_shares(tried.dev_f1, recipe.epochs)),
        )
    )


def _parts(advance: Advance, epochs: int) -> Advance:
    return lambda done: advance(done / epochs)


def _at_shares(dev_f1: Sequence[float], epochs: int) -> Iterator[tuple[int, float]]:
    """Yield each tenth of a training of so many epochs that is over, with F1 after the epoch in which it ended.

    At the same share long and short trainings are at the same part of their learning rates' way.

    >>> list(_at_shares([0.1, 0.2], 4))
    [(1, 0.1), (2, 0.1), (3, 0.2), (4, 0.2), (5, 0.2)]
    """
    for share in range(1, _SHARES + 1):
        epoch = -(-share * epochs // _SHARES)
        if epoch <= len(dev_f1) and share * epochs <= len(dev_f1) * _SHARES:
            yield share, dev_f1[epoch - 1]


def _distributions(space: Space) -> dict[str, Any]:
    from optuna.distributions import CategoricalDistribution, FloatDistribution

    return {
        "learning_rate": FloatDistribution(*space.learning_rate, log=True),
        "batch_size": CategoricalDistribution(space.batch_size),
        "epochs": CategoricalDistribution(space.epochs),
        "head": CategoricalDistribution(space.head),
        "crf_learning_rate": FloatDistribution(*space.crf_learning_rate, log=True),
    }


def _drawn(trial: Any, space: Space) -> dict[str, Any]:
    values = {
        "learning_rate": trial.suggest_float("learning_rate", *space.learning_rate, log=True),
        "batch_size": trial.suggest_categorical("batch_size", space.batch_size),
        "epochs": trial.suggest_categorical("epochs", space.epochs),
        "head": trial.suggest_categorical("head", space.head),
    }
    if values["head"] == "crf":
        values["crf_learning_rate"] = trial.suggest_float(
            "crf_learning_rate", *space.crf_learning_rate, log=True
        )
    return values


# --- the study on disk --------------------------------------------------------------------------------------


def _key(space: Space, sentences: Sentences, seed: int) -> str:
    """Return what changes when trials of one study could not be compared any more."""
    recipe = space.recipe
    values = {
        "recipe": recipe.model_dump(), "checkpoint": models.content(recipe.checkpoint, recipe.revision), "seed": seed,
        "space": [space.learning_rate, space.batch_size, space.epochs, space.head, space.crf_learning_rate],
        **sentences.content(),
    }  # fmt: skip
    return run_key("search/study.py", resolve(recipe.precision), values)


def _opened(folder: Path, seed: int = 0, number: int = 0) -> Any:
    """Return the study of a folder, as it draws trial ``number``."""
    import optuna
    from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock

    optuna.logging.set_verbosity(logging.WARNING)
    path = str(folder / STUDY)
    drawn_by = int(np.random.SeedSequence([seed, number]).generate_state(1)[0])
    return optuna.create_study(
        study_name=_NAME,
        storage=optuna.storages.JournalStorage(JournalFileBackend(path, JournalFileOpenLock(path))),
        sampler=optuna.samplers.TPESampler(n_startup_trials=_AT_RANDOM, seed=drawn_by),
        pruner=optuna.pruners.MedianPruner(n_warmup_steps=_SPARED),
        direction="maximize",
        load_if_exists=True,
    )


def _begun(folder: Path, key: str) -> dict[int, Tried]:
    """Begin a study or go on with it, and return its finished trials; one that was interrupted counts as never begun."""
    from optuna.trial import TrialState

    _refuse_damaged(folder / STUDY)
    study = _opened(folder)
    if study.user_attrs.setdefault("key", key) != key:
        raise OpenNERError(
            f"{folder}: holds a search with other sentences, another recipe, space or seed, or by other code or libraries. Name "
            "another folder, or remove it."
        )
    study.set_user_attr("key", key)
    for trial in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
        study.tell(trial.number, state=TrialState.FAIL)
    return _done(study)


def _refuse_damaged(journal: Path) -> None:
    """Remove the entry that a killed process or a full disk left half-written; `OpenNERError` where anything else is no entry.

    Optuna would append to the half line, and nothing could be read any more.
    """
    *entries, left = journal.read_bytes().split(b"\n") if journal.is_file() else [b""]
    for number, entry in enumerate(entries, 1):
        if not _is_entry(entry):
            raise _damaged(journal, number)
    if left:
        if not left.startswith(b"{"):
            raise _damaged(journal, len(entries) + 1)
        os.truncate(journal, sum(len(entry) + 1 for entry in entries))


def _is_entry(line: bytes) -> bool:
    try:
        told = json.loads(line)
    except ValueError:
        return False
    return isinstance(told, dict) and "op_code" in told


def _damaged(journal: Path, line: int) -> OpenNERError:
    return OpenNERError(
        f"{journal}:{line}: no entry of a search: the file was damaged, or is another's. Name another folder, or remove the file, and "
        "with it the trials that it holds."
    )


def _done(study: Any) -> dict[int, Tried]:
    from optuna.trial import TrialState

    finished = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE, TrialState.PRUNED))
    return {trial.user_attrs["number"]: Tried.read(trial.user_attrs["tried"]) for trial in finished}
