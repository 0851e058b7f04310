"""A job elsewhere runs only on what its key was computed from, and its errors come back."""

import os
from dataclasses import replace

import pytest

from openner_utils.runs.elsewhere import Footing, Raised, Told, carry_out_elsewhere
from openner_utils.support.errors import OpenNERError


def double(job, advance) -> object:
    advance(2)
    if job == "lambda":
        raise ZeroDivisionError(lambda: None)  # which no pickle holds
    if job is None:
        raise OpenNERError("nothing to double")
    return job * 2, os.environ["CUDA_VISIBLE_DEVICES"]


@pytest.fixture(autouse=True)
def visible(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1")


def test_a_job_on_the_cpu_sees_no_gpu_and_its_progress_is_told():
    told: list[float] = []
    assert carry_out_elsewhere(Footing.here("cpu"), double, 4, told.append) == (8, "")
    assert told == [2]


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (lambda here: replace(here, libraries={**here.libraries, "torch": "1.0"}), r"torch \S+ in place of 1\.0"),
        (lambda here: replace(here, code="0" * 64), "other code of openner_utils"),
        (lambda here: replace(here, device="cuda"), "no GPU, which `run.gpus` asks for"),
    ],
    ids=["library", "code", "device"],
)  # fmt: skip
def test_a_worker_that_differs_computes_nothing(other, message, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    found = carry_out_elsewhere(other(Footing.here("cpu")), double, 4, pytest.fail)
    assert isinstance(found, Raised)
    with pytest.raises(OpenNERError, match=rf"^job four: The worker .* has {message}"):
        found.again("job four")


def test_an_error_that_cannot_travel_is_told_in_words():
    found = carry_out_elsewhere(Footing.here("cpu"), double, "lambda", lambda _: None)
    assert isinstance(found, Raised)
    with pytest.raises(RuntimeError, match=r"^ZeroDivisionError: ") as error:
        found.again("job L")
    assert "in double" in error.value.__notes__[0] and error.value.__notes__[1] == "in: job L"


def test_progress_is_told_to_the_last_bit_also_when_the_job_breaks_off():
    told: list[float] = []
    found = carry_out_elsewhere(Footing.here("cpu"), double, None, told.append)
    assert isinstance(found, Raised) and sum(told) == 2
    with Told(told.append) as advance:
        for _ in range(1000):
            advance(1)
    assert sum(told) == 1002 and len(told) < 10
