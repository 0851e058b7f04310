"""Giving a saved model away: to a repository of the Hugging Face Hub, nothing but the model's own files.

What else lies in the folder stays where it is: what the list beside the model (`exports.folder`) does not name, and what was changed
since. A folder of an earlier version has no list, and names alone decide. The token is that of the environment (HF_TOKEN) or of ``hf auth login``; it goes to
the Hub alone, and stands in no message.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from huggingface_hub import CommitOperationAdd, HfApi, get_token
from huggingface_hub.errors import (
    HfHubHTTPError,
    HFValidationError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
)
from huggingface_hub.utils import validate_repo_id  # type: ignore[attr-defined]  # imported there without a list of exports
from safetensors import SafetensorError, safe_open

from openner_utils.encoders import saved
from openner_utils.encoders.exported import GRAPH
from openner_utils.exports.folder import LIST
from openner_utils.support.documents import read_json
from openner_utils.support.errors import OpenNERError
from openner_utils.support.files import sha256
from openner_utils.support.words import on_line, shortened
from openner_utils.training.checkpoints import ONLINE

WEIGHTS = "model.safetensors"
FILES: Mapping[str, str] = {
    saved.ABOUT: "how it reads and decodes",
    saved.CARD: "its card",
    saved.FIELD: "its field",
    WEIGHTS: "weights",
    f"{WEIGHTS}.index.json": "weights",
    GRAPH: "weights",
    f"{GRAPH}.data": "weights",
    "config.json": "its form",
    "tokenizer.json": "tokenizer",
    "tokenizer_config.json": "tokenizer",
    "special_tokens_map.json": "tokenizer",
    "added_tokens.json": "tokenizer",
    "vocab.txt": "tokenizer",
    "vocab.json": "tokenizer",
    "merges.txt": "tokenizer",
}
"""The files of a saved model, by name: what they are. All hold data alone."""
_SHARD = re.compile(r"model-\d{5}-of-\d{5}\.safetensors")
_TOKEN = re.compile(r"(?:hf_|api_org_)[A-Za-z0-9]{20,}")
"""What a token of the Hub looks like, of a person or of an organisation. In JSON a letter may stand right before it (``\\n``)."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a push of a folder would do: the files that are pushed, with their bytes, and those that stay, with the reason."""

    folder: Path
    pushed: Mapping[str, int]
    stay: Mapping[str, str]

    @property
    def size(self) -> int:
        """Bytes that are pushed."""
        return sum(self.pushed.values())


@dataclass(frozen=True, slots=True)
class Pushed:
    """What a push came to: the address of its commit, and files that were in the repository before and stay there as they were."""

    address: str
    before: tuple[str, ...]


def plan(folder: Path) -> Plan:
    """Return what a push of a saved model would do; `OpenNERError` where no whole model lies there, or a file holds a token."""
    about = saved.about(folder)
    listed = _listed(folder)
    token = get_token()
    pushed: dict[str, int] = {}
    stay: dict[str, str] = {}
    for path in sorted(folder.iterdir()):
        why = _reason(path)
        if not why:
            _refuse_token(path, token)
            why = "" if listed is None else _unlisted(path, listed)
        if why:
            stay[path.name] = why
        else:
            pushed[path.name] = path.stat().st_size
    needed = {"config.json", saved.CARD, *filter(_is_ours, listed or ())}
    if about.encoder.head == "crf":
        needed.add(saved.FIELD)
    needed |= {GRAPH} if about.form else _weights(folder, pushed)
    for name in sorted(needed - set(pushed)):
        lies = name in stay
        what = f"stays here, being {stay[name]}" if lies else "is missing"
        meant = f", or remove {LIST} if that file is meant" if lies and listed is not None else ""
        raise OpenNERError(f"{folder}: {on_line(name)} {what}. Train or export the model again{meant}.")
    for name in pushed:
        if name.endswith(".safetensors"):
            _refuse_no_weights(folder / name)
    return Plan(folder, pushed, stay)


def _is_ours(name: str) -> bool:
    return name in FILES or _SHARD.fullmatch(name) is not None


def _reason(path: Path) -> str:
    """Return why a file is not pushed, as its name and kind tell; empty for one that may be."""
    if path.is_symlink():
        return "a link"
    if path.is_dir():
        return "a folder"
    if not path.is_file():
        return "no plain file"
    if path.name == LIST:
        return "the list of what was written here"
    return "" if _is_ours(path.name) else "no file of a saved model"


def _listed(folder: Path) -> Mapping[str, str] | None:
    """Return the SHA-256 of each file that was written with the model; None for a folder of an earlier version, without a list."""
    path = folder / LIST
    if not path.is_file():
        return None
    listed = read_json(path)
    if not isinstance(listed, dict):
        raise OpenNERError(f"{path}: no list of files. Train or export the model again.")
    return listed


def _unlisted(path: Path, listed: Mapping[str, str]) -> str:
    """Return why a file is not that of the list; empty for one that is, and for the card, which is for its reader to edit."""
    if path.name not in listed:
        return "no file that was written with the model"
    return (
        ""
        if path.name == saved.CARD or sha256(path) == listed[path.name]
        else "a file that was changed since the model was written"
    )


def _weights(folder: Path, pushed: Mapping[str, int]) -> set[str]:
    """Return the files of a model's weights as Transformers loads them: one, or those that an index names."""
    index = f"{WEIGHTS}.index.json"
    if WEIGHTS in pushed or index not in pushed:
        return {WEIGHTS}
    told = read_json(folder / index)
    parts = told.get("weight_map") if isinstance(told, dict) else None
    if not isinstance(parts, dict) or not parts:
        raise OpenNERError(f"{folder / index}: names no weights. Train the model again.")
    return set(map(str, parts.values()))


def _refuse_no_weights(path: Path) -> None:
    """Refuse a file whose header is not that of weights in safetensors, or tells of more or fewer bytes than there are."""
    try:
        with safe_open(path, "numpy") as weights:
            found = len(weights.keys())
    except (SafetensorError, OSError) as error:
        raise OpenNERError(
            f"{path}: no weights in safetensors ({on_line(str(error))}). Train the model again."
        ) from error
    if not found:
        raise OpenNERError(f"{path}: holds no weights. Train the model again.")


def _refuse_token(path: Path, token: str | None) -> None:
    """Refuse a file of text that holds the token of this machine, whatever it looks like, or what looks like one of the Hub."""
    if path.suffix not in (".json", ".md", ".txt"):
        return
    text = path.read_text(encoding="utf-8", errors="replace")
    if token and token in text:
        raise OpenNERError(f"{path}: holds your token of the Hub. Remove it, and revoke that token.")
    if _TOKEN.search(text):
        raise OpenNERError(
            f"{path}: holds what looks like a token of the Hub. Remove it, and revoke that token."
        )


def refuse_name(repository: str) -> None:
    """Raise `OpenNERError` for a name that the Hub has no repository of: it is ``owner/name``, of letters, digits and ``-_.``."""
    try:
        validate_repo_id(repository)
        named = "/" in repository
    except HFValidationError:
        named = False
    if not named:
        raise OpenNERError(f"{shortened(repository)!r} names no repository of the Hub. Say OWNER/NAME.")


def push(plan: Plan, repository: str, public: bool = False, endpoint: str | None = None) -> Pushed:
    """Push a model to ``repository`` (``owner/name``), in one commit; a new repository is private unless ``public``.

    ``endpoint``: the Hub's address, by default that of the environment. Raises `OpenNERError` for a name that is none, without a
    token, for a repository that is public where ``public`` is not said, and for whatever the Hub refuses; nothing is pushed then.
    """
    refuse_name(repository)
    token = get_token()
    if not token:
        raise OpenNERError("There is no token of the Hub. Set HF_TOKEN, or run: hf auth login")
    api = HfApi(endpoint=endpoint, token=token)
    with _named(repository, token):
        before = _files_of(api, repository, public)
        if before is None:
            api.create_repo(repository, private=not public, repo_type="model")
        operations = [
            CommitOperationAdd(path_in_repo=name, path_or_fileobj=plan.folder / name) for name in plan.pushed
        ]
        commit: Any = api.create_commit(
            repository,
            operations,
            commit_message="Model trained with the OpenNER compendium",
            repo_type="model",
        )
        return Pushed(commit.commit_url, tuple(sorted(set(before or ()) - set(plan.pushed))))


def _files_of(api: HfApi, repository: str, public: bool) -> list[str] | None:
    """Return the files that a repository has; None for one that there is not."""
    try:
        info = api.model_info(repository)
    except RepositoryNotFoundError as error:
        if error.response.status_code == 404:
            return None
        raise
    if not info.private and not public:
        raise OpenNERError(
            f"{repository} is there and public: everybody could load the model. Say --public if that is meant, or name another."
        )
    return [each.rfilename for each in info.siblings or ()]


_MEANING = {
    401: "the Hub does not know the token, or there is no such repository. Check HF_TOKEN, or run: hf auth login",
    403: "the token may not write there. Make one that may, or name a repository of your own",
    404: "the Hub has no such owner or repository. Check the name",
    409: "the repository was changed meanwhile. Push again",
    413: "the Hub takes no files of this size",
    429: "the Hub asks to wait. Push again later",
}


@contextmanager
def _named(repository: str, token: str) -> Iterator[None]:
    """Turn what the Hub refuses, and what keeps it from being reached, into an `OpenNERError` without the token."""
    try:
        yield
    except OpenNERError:
        raise
    except HfHubHTTPError as error:
        status = error.response.status_code
        said = _said(error, token)
        what = _MEANING.get(
            status, "the Hub failed. Push again later" if status >= 500 else "the Hub refused it"
        )
        raise OpenNERError(f"{repository} ({status}): {what}. It said: {said}") from None
    except OfflineModeIsEnabled:
        raise OpenNERError(
            f"The Hub is closed, so nothing was pushed. Set {ONLINE}=1, and leave HF_HUB_OFFLINE unset."
        ) from None
    except Exception as error:  # libraries below the Hub's, of networks and of stores, raise what they like
        kind = type(error).__name__
        raise OpenNERError(
            f"{repository}: the Hub cannot be reached, or broke off ({kind}: {_said(error, token)}). Push again, or check "
            "the network and HF_ENDPOINT."
        ) from None


def _said(error: Exception, token: str) -> str:
    said = " ".join(str(error).split()).replace(token, "…")
    return on_line(shortened(_TOKEN.sub("…", said), 400)) or type(error).__name__
