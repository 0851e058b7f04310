"""Prediction by Transformers' pipeline as it is called first; or with all that it documents for speed.

The usual settings: one sentence at a time, fp32. The best ones: weights in bf16, sentences sorted by length, batches.
Sentences are given as tokens, so that what it finds stands on the same ones.
"""

import torch
from transformers import AutoTokenizer, pipeline

from benchmarks.systems import Clock, Done, Task, main

BATCH = 32


def carry_out(task: Task) -> Done:
    settings = {"dtype": torch.bfloat16, "batch_size": BATCH} if task.best else {"dtype": torch.float32}
    classify = pipeline("token-classification", model=task.model, device=task.device, **settings)
    sentences = [tokens for tokens, _ in task.test]
    order = list(range(len(sentences)))
    with Clock() as clock:
        if task.best:
            order.sort(key=lambda number: sum(map(len, sentences[number])))
        found = classify([sentences[number] for number in order], is_split_into_words=True)
    encoded = AutoTokenizer.from_pretrained(task.model)(sentences, is_split_into_words=True, truncation=True)
    labels = [["O"] * len(tokens) for tokens in sentences]
    for number, entities in zip(order, found, strict=True):
        owners = encoded.word_ids(number)
        for entity in entities:
            at = entity["index"]
            if owners[at] != owners[at - 1]:  # the first sub-token of its token
                labels[number][owners[at]] = entity["entity"]
    return Done(clock.wall, clock.processor, 0, 0, tuple(labels))


if __name__ == "__main__":
    main(carry_out)
