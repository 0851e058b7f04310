"""Every passage ends where it should, once; order, processes and kills change nothing."""

import csv
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from openner_utils.support import paths
from openner_utils.support.errors import OpenNERError
from openner_utils.web import filtering, looking, passages, personal, quality
from openner_utils.web.filtering import (
    DUPLICATE,
    KEPT,
    LOW,
    NO_SCORE,
    OTHER_TEXT,
    QUOTA,
    Choice,
    Filtered,
    filter_passages,
)
from openner_utils.web.looking import LANGUAGE, NO_LANGUAGE, SCRIPT, SHORT, TAKEN_OUT, Rules
from openner_utils.web.passages import Passage, passage_id
from openner_utils.web.working import Here, executor
from tests.web.made import prose
from tests.web.test_collecting import INJECTION


def passage(
    text: str, document: str, language: str = "swh", script: str = "Latn", source: str = "s"
) -> Passage:
    end = len(text)
    return Passage(
        passage_id(source, document, 0, end), text, language, script, document, source, 0, end, "unknown"
    )


PLANTED = {
    SHORT: passage("Habari ya asubuhi.", "short"),
    quality.MENU: passage("\n".join(f"Sehemu ya {number}" for number in range(40)), "menu"),
    quality.FILLER: passage("Lorem ipsum dolor sit amet. " * 10, "filler"),
    personal.EMAIL: passage(prose("swa", 900) + " Andika kwa mtu@shirika.co.ke", "email"),
    SCRIPT: passage("Президент заявил, что правительство построит дорогу. " * 8, "script", script="Cyrl"),
    NO_LANGUAGE: passage(prose("swa", 901), "language", "und"),
    TAKEN_OUT: passage(prose("swa", 902), "https://example.org/gone"),
}
RULES = Rules(without=frozenset({"https://example.org/gone"}))


def filtered(
    given: list[Passage], tmp: Path, choice: Choice | None = None, rules: Rules = RULES
) -> tuple[Filtered, dict[str, str]]:
    """Filter passages, and return the account and the outcome of each document."""
    tmp.mkdir(exist_ok=True)
    passages.write(given, tmp / "in.parquet")
    found = filter_passages([tmp / "in.parquet"], rules, choice or Choice(), tmp / "out", Here())
    by_id = dict(
        zip(
            *(
                pq.read_table(tmp / "out" / filtering.OUTCOMES)[name].to_pylist()
                for name in ("id", "outcome")
            ),
            strict=True,
        )
    )
    return found, {each.document: by_id[each.id] for each in given}


def test_what_is_planted_ends_where_it_should(tmp_path: Path) -> None:
    good = [passage(prose("swa", number), f"good{number}") for number in range(20)]
    hostile = passage(f"{INJECTION} {prose('swa', 77)}", "hostile")
    copies = [
        passage(each.text.replace("rais", "Rais") + " Mwisho", f"copy{number}")
        for number, each in enumerate(good[:5])
    ]
    found, outcomes = filtered([*PLANTED.values(), *copies, *good, hostile], tmp_path)
    for reason, each in PLANTED.items():
        assert outcomes[each.document] == reason
    for number in range(5):
        assert sorted((outcomes[f"good{number}"], outcomes[f"copy{number}"])) == [KEPT, DUPLICATE]
    assert all(outcomes[f"good{number}"] == KEPT for number in range(5, 20))
    kept = {each.document: each for each in passages.read(tmp_path / "out" / filtering.PASSAGES)}
    assert kept["hostile"] == hostile
    assert found.total == len(PLANTED) + 26 and len(kept) == found.of(KEPT) == 21
    rows = list(csv.DictReader((tmp_path / "out" / filtering.ACCOUNT).open(encoding="utf-8")))
    assert sum(int(row["passages"]) for row in rows) == found.total
    like = pq.read_table(tmp_path / "out" / filtering.OUTCOMES).to_pylist()
    assert {row["like"] for row in like if row["outcome"] == DUPLICATE} <= {each.id for each in kept.values()}
    assert all(row["like"] is None for row in like if row["outcome"] != DUPLICATE)


def test_a_model_refutes_what_is_stated_and_tells_what_is_not(tmp_path: Path) -> None:
    pytest.importorskip("py3langid", reason="requirements-web.txt is not installed")
    given = [
        passage(prose("deu", 1), "wrong"),
        passage(prose("swa", 2), "right"),
        passage(prose("deu", 3), "silent", "und"),
        passage(prose("swa", 4), "unknown to the model", "bam"),
    ]
    found, outcomes = filtered(given, tmp_path, rules=Rules(identifier="py3langid"))
    assert outcomes == {"wrong": LANGUAGE, "right": KEPT, "silent": KEPT, "unknown to the model": KEPT}
    assert found.unknown == ("bam",)
    kept = {each.document: each.language for each in passages.read(tmp_path / "out" / filtering.PASSAGES)}
    assert kept["silent"] == "deu"


def test_a_quota_takes_by_hash_and_counts_no_duplicates(tmp_path: Path) -> None:
    given = [
        passage(prose(language, number), f"{language}{number}", language)
        for language in ("swa", "deu")
        for number in range(60)
    ]
    everything, _ = filtered(given, tmp_path / "all")
    found, outcomes = filtered(given, tmp_path / "quota", Choice(per_language=10))
    assert everything.of(KEPT) > 100
    assert found.counts["swa", KEPT] == found.counts["deu", KEPT] == 10
    kept = [number for number in range(60) if outcomes[f"swa{number}"] == KEPT]
    assert kept != list(range(10)) and found.of(QUOTA) > 90
    whole = {each.id for each in passages.read(tmp_path / "all" / "out" / filtering.PASSAGES)}
    assert {each.id for each in passages.read(tmp_path / "quota" / "out" / filtering.PASSAGES)} < whole


def test_scores_decide_and_what_has_none_is_said(tmp_path: Path) -> None:
    given = [passage(prose("swa", number), f"d{number}") for number in range(4)]
    scores = tmp_path / "scores.parquet"
    pq.write_table(
        pa.table({"id": [each.id for each in given[:3]], "score": [0.4, 0.5, float("nan")]}), scores
    )
    _, outcomes = filtered(given, tmp_path, Choice(scores=scores, least=0.5))
    assert outcomes == {"d0": LOW, "d1": KEPT, "d2": NO_SCORE, "d3": NO_SCORE}
    pq.write_table(pa.table({"x": [1]}), scores)
    with pytest.raises(OpenNERError, match=r"scores\.parquet: no scores"):
        filtered(given, tmp_path, Choice(scores=scores))


def many(draw: random.Random) -> list[Passage]:
    texts = [prose("swa", draw.randrange(150)) + draw.choice(["", " Mwisho", " na"]) for _ in range(200)]
    return [passage(text, f"d{number}", source=f"s{number % 3}") for number, text in enumerate(texts)]


@pytest.mark.parametrize("seed", range(3))
def test_neither_order_nor_processes_nor_a_file_named_twice_change_what_is_kept(
    tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passages, "GROUP", 30 + seed)
    draw = random.Random(seed)
    given = many(draw)
    results = set()
    for number in range(3):
        draw.shuffle(given)
        files = []
        for part in range(number + 1):
            files.append(tmp_path / f"{number}.{part}.parquet")
            passages.write(given[part :: number + 1], files[-1])
        out = tmp_path / f"out{number}"
        filter_passages(
            [*files, files[0]], Rules(), Choice(per_language=60), out, executor(1 + (number == 2))
        )
        kept = sorted(each.id for each in passages.read(out / filtering.PASSAGES))
        outcomes = (out / filtering.OUTCOMES).read_bytes(), (out / filtering.ACCOUNT).read_bytes()
        results.add((*kept, outcomes))
    assert len(results) == 1


def test_a_passage_that_stands_in_two_files_is_kept_once(tmp_path: Path) -> None:
    one = passage(prose("swa", 1), "d")
    passages.write([one], tmp_path / "a.parquet")
    passages.write([one, passage(prose("swa", 50), "e")], tmp_path / "b.parquet")
    found = filter_passages(
        [tmp_path / "a.parquet", tmp_path / "b.parquet"], Rules(), Choice(), tmp_path / "out", Here()
    )
    assert found.total == 3 and found.of(KEPT) == 2 and found.of(DUPLICATE) == 1
    assert len(list(passages.read(tmp_path / "out" / filtering.PASSAGES))) == 2


def test_two_texts_under_one_id_are_no_duplicates_and_the_loss_is_named(tmp_path: Path) -> None:
    one = passage(prose("swa", 1), "d")
    passages.write([one], tmp_path / "a.parquet")
    passages.write([replace(one, text=prose("swa", 60))], tmp_path / "b.parquet")
    results = set()
    for names in ("ab", "ba"):
        found = filter_passages(
            [tmp_path / f"{name}.parquet" for name in names], Rules(), Choice(), tmp_path / names, Here()
        )
        assert (found.of(KEPT), found.of(OTHER_TEXT), found.total) == (1, 1, 2)
        results.add((tmp_path / names / filtering.PASSAGES).read_bytes())
    assert len(results) == 1


def test_two_scores_of_one_passage_are_refused(tmp_path: Path) -> None:
    one = passage(prose("swa", 1), "d")
    for second, refused in ((0.7, False), (0.1, True)):
        pq.write_table(
            pa.table({"id": [one.id, one.id, "x", "x"], "score": [0.7, second, float("nan"), float("nan")]}),
            tmp_path / "scores.parquet",
        )
        choice = Choice(scores=tmp_path / "scores.parquet")
        if refused:
            with pytest.raises(OpenNERError, match="two scores of the passage"):
                filtered([one], tmp_path / "two", choice)
        else:
            assert filtered([one], tmp_path / "one", choice)[0].of(KEPT) == 1


def test_a_page_with_personal_data_in_its_address_is_left_out(tmp_path: Path) -> None:
    found, _ = filtered([passage(prose("swa", 1), "https://example.org/?who=mtu%40shirika.co.ke")], tmp_path)
    assert found.of(personal.EMAIL) == found.total == 1


def test_no_passage_at_all_gives_empty_files(tmp_path: Path) -> None:
    found, _ = filtered([], tmp_path)
    assert found.total == 0 and list(passages.read(tmp_path / "out" / filtering.PASSAGES)) == []


COMMAND = """
import sys
from pathlib import Path
from openner_utils.web import filtering, looking
from openner_utils.web.working import Here
looking.TOGETHER = 8
print("begun", flush=True)
files = [Path(each) for each in sys.argv[2:]]
filtering.filter_passages(files, looking.Rules(), filtering.Choice(per_language=60), Path(sys.argv[1]), Here())
"""


def test_killed_anywhere_nothing_is_lost_or_doubled(tmp_path: Path) -> None:
    draw = random.Random(5)
    given = many(draw)
    files = []
    for part in range(4):
        files.append(tmp_path / f"{part}.parquet")
        passages.write(given[part::4], files[-1])
    filter_passages(files, Rules(), Choice(per_language=60), tmp_path / "whole", Here())
    out, kills = tmp_path / "killed", 0
    environment = os.environ | {"PYTHONPATH": str(paths.ROOT), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-c", COMMAND, str(out), *map(str, files)]
    for attempt in range(7):
        process = subprocess.Popen(command, env=environment, cwd=paths.ROOT, stdout=subprocess.PIPE)
        assert process.stdout is not None and process.stdout.readline() == b"begun\n"
        if attempt < 6:  # the last one is left alone
            time.sleep(draw.uniform(0, 0.1 * (attempt + 1)))
            process.send_signal(signal.SIGKILL)
        process.communicate()
        kills += process.returncode == -signal.SIGKILL
        for file in (out / filtering.PASSAGES, out / filtering.OUTCOMES):
            assert not file.exists() or file.read_bytes() == (tmp_path / "whole" / file.name).read_bytes()
    assert process.returncode == 0 and kills > 0
    names = (filtering.PASSAGES, filtering.OUTCOMES, filtering.ACCOUNT)
    assert {path.name for path in out.iterdir()} == set(names)
    for name in names:
        assert (out / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()
    outcomes = Counter(pq.read_table(out / filtering.OUTCOMES)["id"].to_pylist())
    assert set(outcomes) == {each.id for each in given} and set(outcomes.values()) == {1}


def test_keys_hang_on_rules_content_and_row_group(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passages, "GROUP", 2)
    for name in "ab":
        passages.write([passage(name * number, name) for number in range(3)], tmp_path / name)
    jobs = [
        job
        for name in "ab"
        for rules in (Rules(), Rules(words=1), RULES)
        for job in looking.jobs(tmp_path / name, rules)
    ]
    assert len({job.key for job in jobs}) == len(jobs) == 12
