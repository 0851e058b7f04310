"""A fingerprint of code changes with what the code does, and with nothing else."""

import pytest

from openner_utils.support.code import fingerprint

CODE = 'LIMIT = 3\n\n\ndef f(x):\n    """Add."""\n    return x + LIMIT\n'


@pytest.mark.parametrize(
    ("changed", "same"),
    [
        (CODE.replace("Add.", "Add the limit."), True),
        (CODE.replace("    return", "    # why\n    return"), True),
        (CODE.replace("x + LIMIT", "(x  +  LIMIT)"), True),
        ('"""A module."""\n' + CODE, True),
        (CODE.replace("LIMIT = 3\n", 'LIMIT = 3\n"""The limit."""\n'), True),
        (CODE.replace("3", "4"), False),
        (CODE.replace("x + LIMIT", "x - LIMIT"), False),
        (CODE.replace("f(x)", "g(x)"), False),
        (CODE + 'WORD = "a"\n', False),
    ],
)
def test_only_what_the_code_does_counts(tmp_path, changed, same):
    before, after = tmp_path / "before.py", tmp_path / "after.py"
    before.write_text(CODE)
    after.write_text(changed)
    assert (fingerprint([before]) == fingerprint([after])) == same


def test_the_order_of_files_counts(tmp_path):
    paths = [tmp_path / name for name in "ab"]
    for path in paths:
        path.write_text(f"x = '{path.name}'\n")
    assert fingerprint(paths) != fingerprint(paths[::-1])
