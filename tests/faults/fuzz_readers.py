"""Random and damaged bytes through the readers, and what must hold for all of them.

The law: an input is read, as records and rejects, or it is refused by an InputError. No other
exception, no end of the interpreter, no case that takes for ever. Beyond that, the truth of the
matter is worked out a second time, slowly (`oracles.py`), for JSON lines, CSV, TSV and text:
every line that is not blank is a record or a reject with its number, and nothing else is there.

    python tests/faults/fuzz_readers.py --cases 1000000 --seed 1

prints how often each format and compression was tried, in which way, and what came of it; the
exit status is 1 if the law was broken. Case 4711 of seed 1 is always the same bytes:

    python tests/faults/fuzz_readers.py --seed 1 --only 4711

Cases run in a child process whose memory is limited, because Arrow is not Python: what it does
to its process with damaged bytes must be seen, and be laid at the door of one case.
"""

from __future__ import annotations

import argparse
import bz2
import gzip
import json
import lzma
import mmap
import random
import resource
import shutil
import signal
import struct
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent.parent / "src")]

import fault_oracles as oracles  # noqa: E402

from dedupe_news.article import Reject  # noqa: E402
from dedupe_news.errors import InputError  # noqa: E402
from dedupe_news.io.reading import ReadOptions, open_source  # noqa: E402
from dedupe_news.io.writing import json_line, reject_record  # noqa: E402

MEMORY_BYTES = 4 << 30
HANG_SECONDS = 30.0
CASES_OF_A_CHILD = 50_000

# How often: pages of columns take ten times as long as lines.
FORMATS = {"jsonl": 8, "csv": 8, "tsv": 4, "text": 3, "parquet": 2, "arrow": 2, "arrows": 2}
COMPRESSIONS = {"": 12, ".gz": 3, ".zst": 3, ".bz2": 2, ".xz": 1}
INPUT_FORMAT = {"arrows": "arrow"}
SUFFIX = {"text": ".txt"}


def zstandard(data: bytes) -> bytes:
    import pyarrow

    return bytes(pyarrow.compress(data, codec="zstd", asbytes=True))


COMPRESS: dict[str, Callable[[bytes], bytes]] = {
    "": bytes,
    ".gz": lambda data: gzip.compress(data, 1, mtime=0),
    ".zst": zstandard,
    ".bz2": lambda data: bz2.compress(data, 1),
    # A small dictionary: a large one takes milliseconds to lay out.
    ".xz": lambda data: lzma.compress(data, filters=[{"id": lzma.FILTER_LZMA2, "dict_size": 1 << 16}]),
}


# --- good files -----------------------------------------------------------------------------------


def good_files() -> dict[str, list[bytes]]:
    """Return a few small, valid files of each format."""
    rows = [
        {"id": "a", "text": "A storm hit the coast.", "n": 3, "tags": ["x", None]},
        {"id": "b", "text": "Die Bücher kamen zurück, „alle“ — 🙂.", "n": None, "tags": []},
        {"id": "c", "text": 'She said "no",\nand left.\t', "n": -1, "tags": None},
    ]
    lines = b"".join(
        json.dumps(row, ensure_ascii=number == 0).encode() + b"\n" for number, row in enumerate(rows)
    )
    quoted = 'id,text,n\r\n1,"two\r\nlines",\r\n2,"say ""hi""",x\r\n\r\n3,plain ü,\r\n'.encode()
    files = {
        "jsonl": [
            lines,
            b"\xef\xbb\xbf" + lines.replace(b"\n", b"\r\n") + b"\n \n",
            b'{"body": "One.", "guid": 12345678901234567890123, "x": [[1.5e300, {"y": "\\ud83d"}]]}\n[1]\n{}',
        ],
        "csv": [quoted, b"text\none\n\ntwo\n", b"\xef\xbb\xbfguid,body\r7,One.\r8,Two.\r"],
        "text": ["One storm.\n\nZwei Stürme.\n".encode(), b"\xef\xbb\xbfOne."],
    }
    files["tsv"] = [file.replace(b",", b"\t") for file in files["csv"]]
    return files | columnar_files()


def columnar_files() -> dict[str, list[bytes]]:
    from datetime import UTC, date, datetime
    from decimal import Decimal

    import pyarrow as pa
    import pyarrow.parquet as pq

    plain = pa.table({"id": ["a", "b", "c"], "text": ["One storm.", "Two storms.", None]})
    typed = pa.table(
        {
            "text": pa.array(["one", "zwei ü"], pa.large_string()),
            "published": pa.array([datetime(2024, 5, 3, tzinfo=UTC), None], pa.timestamp("ns", "UTC")),
            "small": pa.array([1, None], pa.int8()),
            "score": pa.array([0.5, None], pa.float32()),
            "day": pa.array([date(2024, 5, 3), None]),
            "price": pa.array([Decimal("1.50"), None], pa.decimal128(9, 2)),
            "kind": pa.array(["a", "b"]).dictionary_encode(),
            "tags": pa.array([["x", None], []], pa.list_(pa.string())),
            "meta": pa.array([{"a": 1, "b": [1.5]}, None]),
            "map": pa.array([[("k", 1)], None], pa.map_(pa.string(), pa.int64())),
            "nothing": pa.nulls(2),
        }
    )

    def parquet(table: pa.Table, **options: object) -> bytes:
        sink = pa.BufferOutputStream()
        pq.write_table(table, sink, **options)
        return bytes(sink.getvalue().to_pybytes())

    def arrow(new: Callable[..., object], table: pa.Table, **options: object) -> bytes:
        sink = pa.BufferOutputStream()
        with new(sink, table.schema, options=pa.ipc.IpcWriteOptions(**options)) as writer:
            writer.write_table(table, max_chunksize=2)
        return bytes(sink.getvalue().to_pybytes())

    return {
        "parquet": [
            parquet(plain, compression="none", use_dictionary=False),
            parquet(plain, compression="snappy", row_group_size=2, write_page_index=True),
            parquet(typed, compression="zstd"),
            parquet(typed, compression="none", data_page_version="2.0", store_schema=False),
        ],
        "arrow": [
            arrow(pa.ipc.new_file, plain),
            arrow(pa.ipc.new_file, typed),
            arrow(pa.ipc.new_file, typed, compression="zstd"),
            arrow(pa.ipc.new_file, plain, compression="lz4"),
        ],
        "arrows": [
            arrow(pa.ipc.new_stream, plain),
            arrow(pa.ipc.new_stream, typed),
            arrow(pa.ipc.new_stream, typed, compression="lz4"),
        ],
    }


# --- damage ---------------------------------------------------------------------------------------

# Bytes that mean something to one reader or another.
TELLING = b'\0\n\r\t ,"{}[]:\\\xff\xfe\xef\xbb\xbf\x80\xd8\x7f'
NUMBERS = (0, 1, -1, 2**31 - 1, -(2**31), 2**30, 255, 65536)


def damaged(data: bytes, dice: random.Random) -> tuple[str, bytes]:
    """Return a way of damage, and `data` damaged that way."""
    way = dice.choice(
        ("bytes", "bytes", "bits", "cut", "insert", "delete", "repeat", "swap", "number", "two")
    )
    return way, DAMAGE[way](bytearray(data), dice)


def _bytes(data: bytearray, dice: random.Random) -> bytes:
    for _ in range(dice.choice((1, 1, 2, 8))):
        if data:
            data[dice.randrange(len(data))] = (
                dice.choice(TELLING) if dice.random() < 0.5 else dice.randrange(256)
            )
    return bytes(data)


def _bits(data: bytearray, dice: random.Random) -> bytes:
    for _ in range(dice.choice((1, 1, 4))):
        if data:
            data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
    return bytes(data)


def _cut(data: bytearray, dice: random.Random) -> bytes:
    return bytes(data[: dice.randrange(len(data) + 1)])


def _insert(data: bytearray, dice: random.Random) -> bytes:
    at = dice.randrange(len(data) + 1)
    data[at:at] = bytes(dice.choice(TELLING) for _ in range(dice.choice((1, 1, 3))))
    return bytes(data)


def _delete(data: bytearray, dice: random.Random) -> bytes:
    at = dice.randrange(len(data) + 1)
    del data[at : at + dice.choice((1, 1, 4, 40))]
    return bytes(data)


def _repeat(data: bytearray, dice: random.Random) -> bytes:
    at = dice.randrange(len(data) + 1)
    data[at:at] = data[at : at + dice.choice((1, 8, 64))]
    return bytes(data)


def _swap(data: bytearray, dice: random.Random) -> bytes:
    at = dice.randrange(len(data) + 1)
    return bytes(data[at:] + data[:at])


def _number(data: bytearray, dice: random.Random) -> bytes:
    """Put a number that offsets and lengths should not be where one may stand."""
    if len(data) >= 4:
        at = dice.randrange(len(data) - 3) & ~3
        data[at : at + 4] = struct.pack("<i", dice.choice(NUMBERS))
    return bytes(data)


def _two(data: bytearray, dice: random.Random) -> bytes:
    return bytes(data[: dice.randrange(len(data) + 1)] + data)


DAMAGE = {
    "bytes": _bytes, "bits": _bits, "cut": _cut, "insert": _insert, "delete": _delete,
    "repeat": _repeat, "swap": _swap, "number": _number, "two": _two,
}  # fmt: skip


# --- cases ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Case:
    """Some bytes, and how they are given to the reader."""

    format: str
    compression: str
    way: str
    name: str
    input_format: str
    data: bytes
    inside: bytes
    """What a reader finds when it has decompressed `data`."""
    is_sound: bool
    """Whether `data` is exactly what the compressor made of `inside`."""


class Cases:
    """The cases of a seed: case `index` is the same at every run."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._good = good_files()
        self._forms, self._form_weights = list(FORMATS), list(FORMATS.values())
        self._packings, self._packing_weights = list(COMPRESSIONS), list(COMPRESSIONS.values())

    def case(self, index: int) -> Case:
        dice = random.Random((self._seed << 40) + index)
        form = dice.choices(self._forms, self._form_weights)[0]
        packing = dice.choices(self._packings, self._packing_weights)[0]
        where = dice.random()
        if where < 0.25:
            way, inside = "random", dice.randbytes(dice.choice((1, 8, 40, 300)))
            if dice.random() < 0.3:
                good = dice.choice(self._good[form])
                inside = good[: dice.choice((1, 4, 8, len(good) // 2, len(good)))] + inside
        else:
            way, inside = damaged(dice.choice(self._good[form]), dice)
            if dice.random() < 0.2:
                way, inside = "twice", damaged(inside, dice)[1]
        data = COMPRESS[packing](inside)
        if packing and where > 0.6:
            inside = dice.choice(self._good[form])
            data = damaged(COMPRESS[packing](inside), dice)[1]
            way = "outside"
        asked = dice.random()
        suffix = SUFFIX.get(form, f".{form}")
        name, input_format = f"pile{suffix}{packing}", "auto"
        if asked < 0.2:
            name = "pile"
        elif asked < 0.4:
            name, input_format = "pile", INPUT_FORMAT.get(form, form)
        return Case(form, packing, way, name, input_format, data, inside, way != "outside")


@dataclass
class Tally:
    """What was tried, and what came of it."""

    counts: dict[tuple[str, str, str], Counter[str]] = field(default_factory=dict)
    violations: list[str] = field(default_factory=list)

    def add(self, key: tuple[str, str, str], **numbers: int) -> None:
        self.counts.setdefault(key, Counter()).update(numbers)

    def merge(self, other: Tally) -> None:
        for key, numbers in other.counts.items():
            self.counts.setdefault(key, Counter()).update(numbers)
        self.violations += other.violations

    @property
    def cases(self) -> int:
        return sum(numbers["cases"] for numbers in self.counts.values())


def try_case(case: Case, folder: Path) -> tuple[int, int, int]:
    """Return how many records, rejects and refusals a case gives; raise if it breaks the law."""
    path = folder / case.name
    path.write_bytes(case.data)
    said: list[str] = []
    options = ReadOptions(case.input_format, {}, said.append)  # type: ignore[arg-type]
    records: list[tuple[str, object]] = []
    refusal: InputError | None = None
    held = ""
    try:
        with open_source(str(path), options) as source:
            held = source.format
            for place, record in source.records():
                assert isinstance(record, dict | Reject), f"a {type(record)} at {place}"
                assert json_line(reject_record(record) if isinstance(record, Reject) else record)
                records.append((place, record))
    except InputError as error:
        refusal = error
        words = str(error)
        assert str(path) in words, f"a message that does not name its file: {words}"
        assert "\n" not in words.replace(str(path), ""), f"a message of several lines: {words!r}"
    if case.is_sound and held in oracles.ORACLES:
        oracles.ORACLES[held](str(path), case.inside, records, refusal, bool(said))
    rejects = sum(isinstance(record, Reject) for _, record in records)
    return len(records) - rejects, rejects, refusal is not None


def run_cases(seed: int, indices: Sequence[int], folder: str, progress: mmap.mmap | None) -> Tally:
    """Try cases in this process; `progress` is told of each before it is tried."""
    cases, tally, place = Cases(seed), Tally(), Path(folder)
    for index in indices:
        if progress is not None:
            progress[:8] = struct.pack("<q", index)
        case = cases.case(index)
        key = (case.format, case.compression, case.way)
        try:
            records, rejects, refused = try_case(case, place)
        except Exception:
            words = traceback.format_exc(limit=-4).rstrip()
            tally.violations.append(
                f"case {index} ({' '.join(key)}, {case.name}, {case.input_format}):\n{words}"
            )
            tally.add(key, cases=1, violations=1)
            continue
        tally.add(key, cases=1, records=records, rejects=rejects, refused=refused)
    return tally


# --- children -------------------------------------------------------------------------------------


def _child(seed: int, start: int, end: int, folder: str, progress_path: str, answer: object) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with open(progress_path, "r+b") as file, mmap.mmap(file.fileno(), 8) as progress:  # noqa: PTH123
        # At intervals, so that a crash loses little of the account.
        for first in range(start, end, 500):
            tally = run_cases(seed, range(first, min(first + 500, end)), folder, progress)
            answer.send((min(first + 500, end), tally))  # type: ignore[attr-defined]


def run_in_children(seed: int, start: int, end: int, say: Callable[[str], None] | None = None) -> Tally:
    """Try cases in children, one after the other; what ends one is a violation, and the next goes on."""
    total = Tally()
    folder = tempfile.mkdtemp(dir="/dev/shm" if Path("/dev/shm").is_dir() else None)
    progress_path = str(Path(folder) / "progress")
    Path(progress_path).write_bytes(bytes(8))
    context = get_context("spawn")
    try:
        while start < end:
            until = min(start + CASES_OF_A_CHILD, end)
            receiving, sending = context.Pipe(duplex=False)
            arguments = (seed, start, until, folder, progress_path, sending)
            child = context.Process(target=_child, args=arguments)
            child.start()
            sending.close()
            last_index, since = -1, time.monotonic()
            while True:
                try:
                    if receiving.poll(1.0):
                        start, tally = receiving.recv()
                        total.merge(tally)
                        if say and start % 10_000 == 0:
                            say(f"{start} cases, {len(total.violations)} violations")
                        continue
                except EOFError:
                    break
                [index] = struct.unpack("<q", Path(progress_path).read_bytes())
                if index != last_index:
                    last_index, since = index, time.monotonic()
                elif time.monotonic() - since > HANG_SECONDS:
                    child.kill()
            child.join()
            if start < until:
                [index] = struct.unpack("<q", Path(progress_path).read_bytes())
                code = child.exitcode or 0
                ended = f"signal {signal.Signals(-code).name}" if code < 0 else f"status {code}"
                ended = f"no end within {HANG_SECONDS:.0f} seconds" if code == -signal.SIGKILL else ended
                case = Cases(seed).case(index)
                key = (case.format, case.compression, case.way)
                total.violations.append(f"case {index} ({' '.join(key)}): the process ended: {ended}")
                total.add(key, cases=1, violations=1)
                # What this child had tried of its last block is tried again, without the case.
                if index > start:
                    total.merge(run_in_children(seed, start, index, None))
                start = index + 1
    finally:
        shutil.rmtree(folder)
    return total


# --- the account ----------------------------------------------------------------------------------

COLUMNS = ("cases", "records", "rejects", "refused", "violations")


def account(tally: Tally, by: Callable[[tuple[str, str, str]], tuple[str, ...]], names: Sequence[str]) -> str:
    """Return a table of what was tried, grouped as `by` says."""
    groups: dict[tuple[str, ...], Counter[str]] = {}
    for key, numbers in tally.counts.items():
        groups.setdefault(by(key), Counter()).update(numbers)
    total: Counter[str] = Counter()
    lines = [" ".join(f"{name:<9}" for name in names) + "".join(f"{name:>12}" for name in COLUMNS)]
    for group in sorted(groups):
        total.update(groups[group])
        shown = " ".join(f"{part or 'plain':<9}" for part in group)
        lines.append(shown + "".join(f"{groups[group][name]:>12}" for name in COLUMNS))
    blank = " ".join(f"{part:<9}" for part in ("all", *[""] * (len(names) - 1)))
    lines.append(blank + "".join(f"{total[name]:>12}" for name in COLUMNS))
    return "\n".join(lines)


def main() -> int:
    """Try cases and print what was checked, and how often."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--cases", type=int, default=10_000, metavar="N")
    parser.add_argument("--seed", type=int, default=1, metavar="S")
    parser.add_argument("--start", type=int, default=0, metavar="N", help="the first case")
    parser.add_argument("--only", type=int, metavar="CASE", help="try one case in this process, and show it")
    arguments = parser.parse_args()
    if arguments.only is not None:
        case = Cases(arguments.seed).case(arguments.only)
        print(case)
        with tempfile.TemporaryDirectory() as folder:
            print("records, rejects, refused:", try_case(case, Path(folder)))
        return 0
    started = time.monotonic()
    end = arguments.start + arguments.cases
    tally = run_in_children(
        arguments.seed, arguments.start, end, lambda words: print(words, file=sys.stderr, flush=True)
    )
    seconds = time.monotonic() - started
    print(account(tally, lambda key: key[:2], ("format", "packed")), end="\n\n")
    print(account(tally, lambda key: key[2:], ("damage",)), end="\n\n")
    for violation in tally.violations[:40]:
        print(violation, end="\n\n")
    print(
        f"{tally.cases} cases of seed {arguments.seed} in {seconds:.0f} seconds: "
        f"{len(tally.violations)} against the law"
    )
    return 1 if tally.violations else 0


if __name__ == "__main__":
    sys.exit(main())
