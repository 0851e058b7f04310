"""Where in a YAML file something stands, for errors that are found after it has been read."""

from pathlib import Path

import yaml


def line_of(path: Path, *place: str | int) -> int:
    """Return the 1-based line of a key or an item: ``line_of(path, "files", 2, "language")``.

    Where the file lacks a step of the place, it is the line of the last one that is there.
    """
    node = yaml.compose(path.read_text(encoding="utf-8"), yaml.CSafeLoader)
    line = 1
    for step in place:
        if isinstance(node, yaml.MappingNode):
            found = next(((key, value) for key, value in node.value if key.value == step), None)
            if found is None:
                break
            line, node = found[0].start_mark.line + 1, found[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            node = node.value[step]
            line = node.start_mark.line + 1
        else:
            break
    return line
