"""Sentence vectors that are kept: each different text is encoded once, and a broken file costs no more than time."""

import numpy as np

from openner_utils.unify.vectors import Kept


class Encoder:
    """Counts what it is asked for; a text's vector is its length."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, texts):
        self.asked += texts
        return np.array([[len(text), 1] for text in texts], np.float32)


def test_each_text_is_encoded_once_and_found_again(tmp_path):
    encoder = Encoder()
    first = Kept(lambda: encoder, tmp_path / "e")(["a", "bb", "a"])
    again = Kept(lambda: encoder, tmp_path / "e")(["bb", "ccc"])
    assert encoder.asked == ["a", "bb", "ccc"]
    assert first.tolist() == [[1, 1], [2, 1], [1, 1]]
    assert again.tolist() == [[2, 1], [3, 1]]


def test_no_encoder_is_made_for_what_is_known(tmp_path):
    Kept(Encoder, tmp_path / "e")(["a"])

    def never():
        raise AssertionError("an encoder was made")

    assert Kept(never, tmp_path / "e")(["a"]).tolist() == [[1, 1]]
    assert len(Kept(never, tmp_path / "e")([])) == 0


def test_a_broken_file_is_passed_over(tmp_path):
    Kept(Encoder, tmp_path / "e")(["a"])
    (file,) = (tmp_path / "e").glob("*.npz")
    for content in (b"", b"PK\x03\x04", file.read_bytes()[:60]):
        file.write_bytes(content)
        encoder = Encoder()
        assert Kept(lambda made=encoder: made, tmp_path / "e")(["a"]).tolist() == [[1, 1]]
        assert encoder.asked == ["a"]
