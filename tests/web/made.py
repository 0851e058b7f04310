"""Shards made for tests, in every format, with the kinds of trouble that real ones have."""

import gzip
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

WORDS = {
    "swa": [
        "rais",
        "wa",
        "nchi",
        "alisema",
        "kwamba",
        "serikali",
        "yake",
        "itajenga",
        "barabara",
        "mpya",
        "kati",
        "ya",
        "miji",
        "mikubwa",
        "ya",
        "pwani",
        "mwaka",
        "huu",
        "na",
        "kwamba",
        "watu",
        "wengi",
        "watapata",
        "kazi",
        "katika",
        "viwanda",
        "vya",
        "chai",
        "karibu",
        "na",
        "ziwa",
        "hilo",
        "kubwa",
        "la",
        "maji",
        "baridi",
    ],
    "deu": [
        "der",
        "präsident",
        "sagte",
        "am",
        "montag",
        "dass",
        "seine",
        "regierung",
        "eine",
        "neue",
        "straße",
        "zwischen",
        "den",
        "großen",
        "städten",
        "an",
        "der",
        "küste",
        "bauen",
        "werde",
        "und",
        "viele",
        "menschen",
        "dort",
        "arbeit",
        "finden",
        "könnten",
        "weil",
        "fabriken",
        "für",
        "tee",
        "entstehen",
    ],
}


def prose(language: str, number: int, sentences: int = 12) -> str:
    """Return text of a language that no other number gives: its words in an order of their own, with numbers among them."""
    words = WORDS[language]
    lines = []
    for sentence in range(sentences):
        start = (number * 7 + sentence * 5) % len(words)
        turned = [*words[start:], *words[:start]][:14]
        lines.append(f"{' '.join(turned).capitalize()} {number} {sentence * number + 1}.")
    return " ".join(lines)


def json_lines(path: Path, records: Iterable[Mapping[str, Any] | str]) -> Path:
    """Write records, or lines as they are."""
    lines = [each if isinstance(each, str) else json.dumps(each, ensure_ascii=False) for each in records]
    content = "".join(line + "\n" for line in lines).encode("utf-8", "surrogatepass")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


def fineweb(path: Path, texts: Sequence[tuple[str, str]]) -> Path:
    """Write (text, language) in the columns of FineWeb-2, as its card describes them."""
    n = len(texts)
    table = pa.table(
        {
            "text": [text for text, _ in texts],
            "id": [f"<urn:uuid:{path.stem}-{number}>" for number in range(n)],
            "dump": ["CC-MAIN-2024-10"] * n,
            "url": [f"https://example.org/{path.stem}/{number}" for number in range(n)],
            "date": ["2024-02-21T01:02:03Z"] * n,
            "file_path": ["s3://example/segment.warc.gz"] * n,
            "language": [language for _, language in texts],
            "language_score": [0.99] * n,
            "language_script": ["Latn"] * n,
            "minhash_cluster_size": [1] * n,
            "top_langs": ["{}"] * n,
        }
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, path, row_group_size=7)
    return path


def warc_record(kind: str, number: int, content_type: str, body: bytes, more: str = "") -> bytes:
    """Return a record of a web archive, packed as a member of its own, as Common Crawl does."""
    head = (
        f"WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Record-ID: <urn:uuid:{number}>\r\nWARC-Date: 2024-02-21T01:02:03Z\r\n"
        f"WARC-Target-URI: https://example.org/{number}\r\nContent-Type: {content_type}\r\n{more}"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return gzip.compress(head.encode() + body + b"\r\n\r\n")
