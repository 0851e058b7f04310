"""Every format gives its documents; what is none is a fault with its place, and the rest goes on."""

import gzip
from pathlib import Path

import pytest

from openner_utils.support.errors import OpenNERError
from openner_utils.web import documents as kinds
from openner_utils.web import shards as module
from openner_utils.web.documents import Document, Fault, Stated
from openner_utils.web.shards import documents, led_out, shards
from tests.web.made import fineweb, json_lines, prose, warc_record


def read(path: Path, stated: Stated | None = None) -> tuple[list[Document], list[Fault]]:
    faults: list[Fault] = []
    (shard,) = shards([path])
    return list(documents(shard, stated or Stated(), faults.append)), faults


def test_columns_of_fineweb_are_read(tmp_path: Path) -> None:
    texts = [(prose("swa", number), "swh") for number in range(20)]
    found, faults = read(fineweb(tmp_path / "000_00000.parquet", texts), Stated("deu", "ODC-By-1.0"))
    assert faults == [] and [each.text for each in found] == [text for text, _ in texts]
    assert found[3] == Document(
        "https://example.org/000_00000/3", texts[3][0], "000_00000.parquet", 4, "swh", "Latn", "ODC-By-1.0"
    )


def test_faulty_records_of_json_lines_are_named_and_the_rest_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kinds, "LONGEST", 1000)
    monkeypatch.setattr(module, "LARGEST", 5000)
    lines = [
        {
            "text": "Habari\x07 ya asubuhi\r\n",
            "url": "https://example.org/a",
            "lang": "sw",
            "license": "CC0-1.0",
        },
        '{"text": "a\\u0000b"}',
        '{"text": "a\\ud800b"}',
        '{"text": 17}',
        '{"no": "text"}',
        '{"text": "   "}',
        "[1, 2]",
        '{"text": "cut sho',
        '{"text": "' + "a" * 1001 + '"}',
        '{"text": "' + "b" * 20_000 + '"}',
        "[" * 100_000,
        "",
        {"content": "Same page", "url": "https://example.org/a"},
        {"text": "No name"},
    ]
    path = json_lines(tmp_path / "a.jsonl.gz", lines)
    found, faults = read(path)
    assert [(each.record, each.id, each.text) for each in found] == [
        (1, "https://example.org/a", "Habari\x07 ya asubuhi\r\n"),
        (13, "https://example.org/a [record 13]", "Same page"),
        (14, "a.jsonl.gz:14", "No name"),
    ]
    assert (found[0].language, found[0].licence) == ("swa", "CC0-1.0")
    assert [(each.record, each.kind) for each in faults] == [
        (2, kinds.NUL), (3, kinds.HALF), (4, kinds.NO_TEXT), (5, kinds.NO_TEXT), (6, kinds.EMPTY), (7, kinds.BROKEN),
        (8, kinds.BROKEN), (9, kinds.TOO_LARGE), (10, kinds.TOO_LARGE), (11, kinds.TOO_LARGE),
    ]  # fmt: skip
    assert str(faults[0]) == "a.jsonl.gz:2: NUL character"


def test_deep_json_and_bad_utf8_are_faults_of_their_lines(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"[" * 100_000 + b"\n" + b'{"text": "\xff\xfe"}\n{"text": "good"}\n')
    found, faults = read(path)
    assert [each.text for each in found] == ["good"]
    assert [(each.record, each.kind) for each in faults] == [(1, kinds.BROKEN), (2, kinds.NOT_UTF8)]


@pytest.mark.parametrize("name", ["a.jsonl.gz", "a.parquet", "a.txt.gz"])
def test_a_shard_that_breaks_off_is_a_fault_of_the_shard(tmp_path: Path, name: str) -> None:
    if name.endswith("parquet"):
        whole = fineweb(tmp_path / name, [(prose("swa", 1), "swh")] * 30)
    else:
        whole = json_lines(tmp_path / name, [{"text": prose("swa", number)} for number in range(2000)])
    whole.write_bytes(whole.read_bytes()[: len(whole.read_bytes()) // 2])
    found, faults = read(whole)
    assert [each.kind for each in faults] == [kinds.SHARD] and faults[0].record == 0
    if name == "a.jsonl.gz":
        assert 0 < len(found) < 2000


def test_a_parquet_file_without_text_is_a_fault(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table({"x": [1]}), tmp_path / "a.parquet")
    found, faults = read(tmp_path / "a.parquet")
    assert found == [] and "no column of text among x" in str(faults[0])


def test_a_text_is_one_document(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"\xef\xbb\xbfHabari.\nNjema.\n")
    (tmp_path / "b.txt").write_bytes(b"\xff\xff")
    (found,), _ = read(tmp_path / "a.txt", Stated("swa", "CC0-1.0"))
    assert (found.id, found.text, found.language, found.licence) == (
        "a.txt",
        "Habari.\nNjema.\n",
        "swa",
        "CC0-1.0",
    )
    assert [each.kind for each in read(tmp_path / "b.txt")[1]] == [kinds.NOT_UTF8]


class TestArchives:
    """WET and WARC."""

    @pytest.fixture(autouse=True)
    def _library(self) -> None:
        pytest.importorskip("fastwarc", reason="requirements-web.txt is not installed")

    def test_texts_of_wet_are_read(self, tmp_path: Path) -> None:
        language = "WARC-Identified-Content-Language: swh,eng\r\n"
        records = [
            warc_record("warcinfo", 0, "application/warc-fields", b"software: none"),
            warc_record("conversion", 1, "text/plain", "Habari za Zürich".encode(), language),
            warc_record("conversion", 2, "text/plain", b"\xff\xfe", language),
            warc_record("conversion", 3, "text/plain", b"Njema"),
        ]
        path = tmp_path / "a.warc.wet.gz"
        path.write_bytes(b"".join(records))
        found, faults = read(path)
        assert [(each.id, each.text, each.language) for each in found] == [
            ("https://example.org/1", "Habari za Zürich", "swh"),
            ("https://example.org/3", "Njema", "und"),
        ]
        assert [(each.record, each.kind) for each in faults] == [(2, kinds.NOT_UTF8)]

    def test_one_that_is_cut_short_or_damaged_is_a_fault(self, tmp_path: Path) -> None:
        records = [
            warc_record("conversion", number, "text/plain", prose("swa", number).encode())
            for number in range(3)
        ]
        plain = gzip.decompress(b"".join(records))
        (tmp_path / "a.wet").write_bytes(plain[:-400])
        found, faults = read(tmp_path / "a.wet")
        assert len(found) == 2 and [each.kind for each in faults] == [kinds.BROKEN]
        damaged = bytearray(b"".join(records))
        middle = len(records[0]) + 100
        damaged[middle : middle + 40] = b"x" * 40
        (tmp_path / "b.wet.gz").write_bytes(bytes(damaged))
        found, faults = read(tmp_path / "b.wet.gz")
        assert len(found) == 1 and faults[-1].kind == kinds.SHARD

    def test_what_unpacks_to_far_more_is_refused(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from openner_utils.web import archives

        monkeypatch.setattr(archives, "LARGEST", 10_000)
        records = [
            warc_record("conversion", 1, "text/plain", b"a" * 1_000_000),
            warc_record("conversion", 2, "text/plain", b"ok"),
        ]
        (tmp_path / "a.wet.gz").write_bytes(b"".join(records))
        found, faults = read(tmp_path / "a.wet.gz")
        assert [each.text for each in found] == ["ok"] and [each.kind for each in faults] == [kinds.TOO_LARGE]

    def test_text_is_drawn_out_of_pages(self, tmp_path: Path) -> None:
        pytest.importorskip("resiliparse", reason="requirements-web.txt is not installed")
        html = f"<html><head><script>steal()</script></head><body><nav>Home</nav><p>{prose('deu', 1)}</p><p>Füße &amp; Hände</p></body></html>"
        http = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
        picture = b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n\r\n\x89PNG"
        records = [
            warc_record("response", 1, "application/http; msgtype=response", http + html.encode()),
            warc_record("response", 2, "application/http; msgtype=response", picture),
        ]
        (tmp_path / "a.warc.gz").write_bytes(b"".join(records))
        (found,), faults = read(tmp_path / "a.warc.gz")
        assert faults == [] and prose("deu", 1) in found.text and "Füße & Hände" in found.text
        assert "steal" not in found.text and "<" not in found.text

    def test_a_page_that_is_damaged_costs_itself_alone(self, tmp_path: Path) -> None:
        pytest.importorskip("resiliparse", reason="requirements-web.txt is not installed")
        body = f"<html><body><p>{prose('deu', 1)} Füße</p></body></html>".encode("latin-1")

        def page(number: int, head: bytes, body: bytes = body, status: bytes = b"200 OK") -> bytes:
            http = b"HTTP/1.1 " + status + b"\r\n" + head + b"\r\n\r\n"
            return gzip.decompress(
                warc_record("response", number, "application/http; msgtype=response", http + body)
            )

        records = [
            page(1, b"Content-Type: text/html\r\nContent-Encoding: br"),  # which it is not
            page(2, b"Content-Type: TEXT/HTML; charset=nonsense-8"),
            page(3, b"Content-Type: text/html", status=b"404 Not Found"),
            page(
                4,
                b"Content-Type: text/html\r\nTransfer-Encoding: chunked",
                b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body),
            ),
            page(5, b"Content-Type: text/html").replace(b"https://example.org/5", b"<https://example.org/5>"),
            page(6, b"Content-Type: text/html")[:-100],
        ]
        (tmp_path / "a.warc").write_bytes(b"".join(records))
        found, faults = read(tmp_path / "a.warc")
        assert [each.id for each in found] == [f"https://example.org/{number}" for number in (2, 4, 5)]
        assert all(each.text.endswith("Füße") for each in found)
        assert [(each.record, each.kind) for each in faults] == [
            (1, kinds.BROKEN), (3, kinds.NOT_FOUND), (6, kinds.BROKEN),
        ]  # fmt: skip

    @pytest.mark.parametrize("each_alone", [True, False])
    def test_a_packed_archive_that_breaks_off_says_so(self, tmp_path: Path, each_alone: bool) -> None:
        records = [
            warc_record("conversion", number, "text/plain", prose("swa", number).encode())
            for number in range(3)
        ]
        whole = b"".join(records) if each_alone else gzip.compress(gzip.decompress(b"".join(records)))
        (tmp_path / "a.wet.gz").write_bytes(whole[:-150])
        found, faults = read(tmp_path / "a.wet.gz")
        assert len(found) < 3 and {each.kind for each in faults} == {kinds.BROKEN}

    @pytest.mark.parametrize("length", ["many", "-5", "9" * 30, ""])
    def test_a_record_without_its_length_is_a_fault(self, tmp_path: Path, length: str) -> None:
        records = [
            gzip.decompress(warc_record("conversion", number, "text/plain", b"Habari za asubuhi"))
            for number in range(2)
        ]
        wrong = records[1].replace(b"Content-Length: 17", b"Content-Length: " + length.encode())
        (tmp_path / "a.wet").write_bytes(records[0] + wrong)
        found, faults = read(tmp_path / "a.wet")
        assert [each.text for each in found] == ["Habari za asubuhi"]
        assert faults and (faults[0].record, faults[0].kind) == (2, kinds.BROKEN)


def test_folders_and_lists_name_shards_by_their_paths(tmp_path: Path) -> None:
    for name in ("b/x.jsonl", "a/x.jsonl", "a/y.txt", "a/readme.md"):
        json_lines(tmp_path / "data" / name, [{"text": "x"}])
    assert [each.name for each in shards([tmp_path / "data"])] == ["a/x.jsonl", "a/y.txt", "b/x.jsonl"]
    (tmp_path / "data" / "wet.paths").write_text("b/x.jsonl\n\na/y.txt\n", "utf-8")
    assert [each.name for each in shards([tmp_path / "data" / "wet.paths"])] == ["a/y.txt", "b/x.jsonl"]


def test_what_is_no_shard_is_refused_with_what_to_do(tmp_path: Path) -> None:
    for name in ("a/x.jsonl", "b/x.jsonl", "z.md"):
        json_lines(tmp_path / name, [{"text": "x"}])
    (tmp_path / "lost.paths").write_text("a/x.jsonl\nb/lost.jsonl\n", "utf-8")
    (tmp_path / "out.paths").write_text("../../secret.txt\n", "utf-8")
    (tmp_path / "empty").mkdir()
    refused = {
        r"lost\.jsonl: no such file": [tmp_path / "lost.jsonl"],
        r"z\.md: no format that is known": [tmp_path / "z.md"],
        r"lost\.paths:2: b/lost\.jsonl: no shard on this machine": [tmp_path / "lost.paths"],
        r"out\.paths:1: the path '\.\./\.\./secret\.txt'": [tmp_path / "out.paths"],
        r"empty: no file in it ends in": [tmp_path / "empty"],
        r"has the name 'x\.jsonl'": [tmp_path / "a/x.jsonl", tmp_path / "b/x.jsonl"],
        r"nothing is downloaded": [Path("https://example.org/x.parquet")],
    }
    for message, paths in refused.items():
        with pytest.raises(OpenNERError, match=message):
            shards(paths)
    assert len(shards([tmp_path / "a/x.jsonl", tmp_path / "a/x.jsonl"])) == 1


def test_a_field_that_is_empty_is_taken_from_where_it_is_filled(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    texts, urls, ids = (
        ["x", "y", "z", None],
        ["", None, "https://example.org/z", "u"],
        ["i1", "i2", "i3", "i4"],
    )
    pq.write_table(pa.table({"text": texts, "id": ids, "url": urls}), tmp_path / "a.parquet")
    lines = [
        {"text": text, "id": id, "url": url, "content": "w" if text is None else "no"}
        for text, id, url in zip(texts, ids, urls, strict=True)
    ]
    json_lines(tmp_path / "a.jsonl", lines)
    found, faults = read(tmp_path / "a.parquet")
    assert [each.id for each in found] == ["i1", "i2", "https://example.org/z"]
    assert [(each.record, each.kind) for each in faults] == [(4, kinds.NO_TEXT)]
    found, faults = read(tmp_path / "a.jsonl")
    assert [(each.id, each.text) for each in found] == [
        ("i1", "x"), ("i2", "y"), ("https://example.org/z", "z"), ("u", "w"),
    ]  # fmt: skip
    assert faults == []


def test_no_two_documents_of_a_shard_have_one_name(tmp_path: Path) -> None:
    ids = ["a", "a [record 4]", "b", "a", "a", "a.jsonl:7", None, "a [record 8]", "a"]
    found, _ = read(json_lines(tmp_path / "a.jsonl", [{"text": "x", "id": each} for each in ids]))
    assert len({each.id for each in found}) == len(found) == len(ids)


def test_a_column_that_python_cannot_hold_is_a_fault_of_the_shard(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.table({"text": ["x"], "id": pa.array([2**62], pa.duration("s"))})
    pq.write_table(table, tmp_path / "a.parquet")
    found, faults = read(tmp_path / "a.parquet")
    assert found == [] and [each.kind for each in faults] == [kinds.SHARD]


def test_links_that_lead_out_of_a_folder_are_told_and_those_to_nothing_refused(tmp_path: Path) -> None:
    json_lines(tmp_path / "data" / "own.jsonl", [{"text": "x"}])
    json_lines(tmp_path / "elsewhere" / "a.jsonl", [{"text": "x"}])
    (tmp_path / "data" / "out.jsonl").symlink_to("../elsewhere/a.jsonl")
    (tmp_path / "data" / "in.jsonl").symlink_to("own.jsonl")
    (tmp_path / "data" / "loop").symlink_to(".")
    found = shards([tmp_path / "data"])
    assert [each.name for each in found] == ["in.jsonl", "out.jsonl", "own.jsonl"]
    assert [each.name for each in led_out(found)] == ["out.jsonl"]
    (tmp_path / "data" / "lost.jsonl").symlink_to("nothing.jsonl")
    with pytest.raises(OpenNERError, match=r"lost\.jsonl: a link to what is not there"):
        shards([tmp_path / "data"])


def test_a_list_may_begin_with_a_byte_order_mark(tmp_path: Path) -> None:
    json_lines(tmp_path / "x.jsonl", [{"text": "x"}])
    (tmp_path / "wet.paths").write_bytes(b"\xef\xbb\xbfx.jsonl\r\n")
    assert [each.name for each in shards([tmp_path / "wet.paths"])] == ["x.jsonl"]
