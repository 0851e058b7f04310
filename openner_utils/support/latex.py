"""Text for LaTeX: what would be a command is shown as what it is."""

from openner_utils.support.words import visible

_SIGNS = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": r"\textless{}", ">": r"\textgreater{}",
    "[": "{[}",
}  # fmt: skip


def escaped(text: str) -> str:
    r"""Return text in one line, with every sign that means something to LaTeX as it is read.

    >>> escaped("50 % of $x_1$")
    '50 \\% of \\$x\\_1\\$'
    """
    one_line = " ".join(visible(text).splitlines())
    return "".join(_SIGNS.get(character, character) for character in one_line)


def floating(tabular: str, label: str, caption: str) -> str:
    """Return a ``tabular`` as a table with caption and label."""
    head = ("\\begin{table}", "\\centering", f"\\caption{{{escaped(caption)}}}", f"\\label{{tab:{label}}}")
    return "\n".join((*head, tabular + "\\end{table}\n"))


def number(text: str) -> str:
    """Return a number with a minus sign in place of its hyphen.

    >>> number("-9.3")
    '$-$9.3'
    """
    return f"${text[0]}${text[1:]}" if text[:1] in ("-", "<") else text
