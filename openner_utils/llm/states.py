"""States of automata (`automata`, `line_automata`): tuples, which every format fills in its own way."""

State = tuple[object, ...]
END: State = ("end",)
"""The state in which the reply is complete."""
CLOSED: State = ("closed",)
"""The state in which nothing but the end follows."""
ALONE = -2
"""In place of a mention's first token: its text begins at no other token, so it needs no occurrence, however it goes on."""
