"""Real files, changed at random, given to everything that takes foreign text: ``make fuzz``, ``python -m tests.fuzz``.

`material` are the files, `mutate` changes them, `targets` says who takes them and what must hold of the answer, `run` gives
out cases and watches over time and memory. A case is named ``TARGET:POOL:NUMBER``; its name alone makes the same input
again (`run.input_of`) on any machine that has the same files.
"""
