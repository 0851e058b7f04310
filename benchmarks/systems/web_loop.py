"""The plain loop beside `benchmarks.web`: what one writes with the usual packages, a passage at a time. Arguments: a folder, and a file to write."""

import hashlib
import json
import re
import sys
from pathlib import Path

from datasketch import MinHash, MinHashLSH
from py3langid.langid import MODEL_FILE, LanguageIdentifier

WORDS, HASHES, RUN, SIMILAR = 256, 112, 5, 0.75


def words_of(text: str) -> list[str]:
    """Return words, or characters where there are hardly any blanks."""
    words = text.split()
    return words if len(words) > len(text) / 20 else [each for each in text if not each.isspace()]


def passage_of(text: str, name: str) -> str:
    """Return one chunk of about `WORDS` words, which a hash chooses."""
    chunks, length = [""], 0
    for sentence in re.split(r"(?<=[.!?।。؟။།])\s*|\n", text):
        chunks[-1] += sentence + " "
        length += len(words_of(sentence))
        if length >= WORDS:
            chunks.append("")
            length = 0
    chunks = [each.strip() for each in chunks if each.strip()]
    return chunks[int(hashlib.sha256(name.encode()).hexdigest(), 16) % len(chunks)]


def main(folder: Path, out: Path) -> None:
    """Write the passages that are in the language that they state and no near duplicate of one before them."""
    langid = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    index = MinHashLSH(threshold=SIMILAR, num_perm=HASHES)
    with open(out, "w", encoding="utf-8") as file:
        for shard in sorted(folder.iterdir()):
            for line in shard.open(encoding="utf-8"):
                record = json.loads(line)
                text = passage_of(record["text"], record["url"])
                language, _ = langid.classify(text)
                if language != record["language"][:2] and language not in record["language"]:
                    record["language"] += "?"
                words = words_of(text.lower())
                sketch = MinHash(num_perm=HASHES)
                sketch.update_batch(
                    {" ".join(words[at : at + RUN]).encode() for at in range(max(1, len(words) - RUN + 1))}
                )
                if index.query(sketch):
                    continue
                index.insert(record["url"], sketch)
                file.write(json.dumps({**record, "text": text}, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
