"""Token classification with Transformers' Trainer, as its documentation shows it; or with what it documents for speed.

The usual settings: fp32, shuffled batches that are filled up to their longest sentence. The best ones: bf16, sentences
of similar length in one batch, or one of both (`Task.fast`); on a GPU also two processes that load data, which are kept. Data are taken apart
beforehand, so that loading needs no process of its own. Neither side scores or saves between epochs.
"""

import tempfile
from typing import Any

import torch
from transformers import (
    AutoModelForTokenClassification,
    AutoTokenizer,
    DataCollatorForTokenClassification,
    Trainer,
    TrainingArguments,
)

from benchmarks.systems import BF16, BY_LENGTH, Clock, Done, Task, main, memory

IGNORED = -100
"""The label of what does not count in the loss."""


class Sentences(torch.utils.data.Dataset[dict[str, Any]]):
    """Sentences as Trainer takes them."""

    def __init__(self, rows: list[dict[str, Any]]) -> None:
        self._rows = rows

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, number: int) -> dict[str, Any]:
        return self._rows[number]


class Counting(DataCollatorForTokenClassification):
    """The usual collator, which also counts."""

    read = filled = 0

    def torch_call(self, features: list[dict[str, Any]]) -> dict[str, torch.Tensor]:
        """Return a batch of sentences, and count its sub-tokens and its filling."""
        batch = super().torch_call(features)
        self.read += int(batch["attention_mask"].sum())
        self.filled += batch["attention_mask"].numel()
        return batch


def carry_out(task: Task) -> Done:
    tokenizer = AutoTokenizer.from_pretrained(task.model)
    torch.manual_seed(task.seed)
    model = AutoModelForTokenClassification.from_pretrained(
        task.model,
        id2label=dict(enumerate(task.labels)),
        label2id={label: number for number, label in enumerate(task.labels)},
        dtype=torch.float32,
    )
    best: dict[str, Any] = {}
    if task.best and BF16 in task.fast:
        best["bf16"] = True
    if task.best and BY_LENGTH in task.fast:
        best["train_sampling_strategy"] = "group_by_length"
    if task.best and task.device == "cuda":
        best |= {"dataloader_num_workers": 2, "dataloader_persistent_workers": True}
    with tempfile.TemporaryDirectory() as folder:
        settings = TrainingArguments(
            output_dir=folder,
            learning_rate=task.learning_rate,
            per_device_train_batch_size=task.batch_size,
            per_device_eval_batch_size=task.batch_size,
            num_train_epochs=task.epochs,
            weight_decay=task.weight_decay,
            seed=task.seed,
            save_strategy="no",
            report_to="none",
            disable_tqdm=True,
            use_cpu=task.device == "cpu",
            **best,
        )
        with Clock() as clock:
            collator = Counting(tokenizer)
            train = Sentences(_tokenized(tokenizer, task.train, task.labels))
            trainer = Trainer(model, settings, collator, train, processing_class=tokenizer)
            trainer.train()
        read, filled, taken = collator.read, collator.filled, memory()
        test = _tokenized(tokenizer, task.test, task.labels)
        # By length, Trainer would predict in another order, too, and say nothing of it.
        trainer.args.train_sampling_strategy = "random"
        found = trainer.predict(Sentences(test)).predictions.argmax(-1)
    labels = tuple(
        [task.labels[found[row, column]] for column, label in enumerate(one["labels"]) if label != IGNORED]
        for row, one in enumerate(test)
    )
    return Done(clock.wall, clock.processor, read, filled, labels, taken)


def _tokenized(
    tokenizer: Any, sentences: tuple[tuple[list[str], list[str]], ...], labels: tuple[str, ...]
) -> list[dict[str, Any]]:
    """Return sub-tokens, and labels on the first one of each token."""
    encoded = tokenizer([tokens for tokens, _ in sentences], truncation=True, is_split_into_words=True)
    rows = []
    for number, (_, names) in enumerate(sentences):
        meant, last = [], None
        for token in encoded.word_ids(number):
            first = token is not None and token != last
            meant.append(labels.index(names[token]) if first else IGNORED)
            last = token
        rows.append({name: encoded[name][number] for name in encoded} | {"labels": meant})
    return rows


if __name__ == "__main__":
    main(carry_out)
