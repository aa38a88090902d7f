"""Write the tables of the documents from the newest records.

    python benchmarks/tables.py

tests/test_benchmarks.py compares the documents with the records that they link.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import spark
from recording import RECORDS, ROOT

README = ROOT / "README.md"
ARCHIVES, FRAMES, SPARK = (ROOT / "docs" / f"{name}.md" for name in ("archives", "frames", "spark"))


def marks(name: str) -> tuple[str, str]:
    """Return the lines between which a table stands."""
    return f"<!-- {name}: written by benchmarks/tables.py -->\n", f"<!-- end of {name} -->\n"


def newest_record(name: str) -> Path:
    """Return the last of the records that end in `name`."""

    def order(path: Path) -> tuple[str, int]:
        date, _, number = path.stem.partition(f"-{name}")
        return date, int(number.lstrip("-") or 1)

    found = [path for path in RECORDS.glob("*.json") if re.search(rf"\d-{name}(-\d+)?$", path.stem)]
    if not found:
        raise SystemExit(f"there is no record {name}; make bench writes one")
    return max(found, key=order)


def matching_table(path: Path, path_of_made: Path) -> str:
    """Return what the README says of two records of match_speed.py, of articles received and of made ones."""
    record, made = (json.loads(of_record.read_text(encoding="utf-8")) for of_record in (path, path_of_made))
    data, seconds = record["data"], record["seconds"]
    lines = [
        f"Groups of duplicates among {data['articles']:,} articles ({data['megabytes']:.0f} MB, "
        f"{data['similar_pairs']} pairs at Jaccard {record['options']['min_jaccard']} or more),",
        f"everyone in turns on {record['machine']['cores']} cores ({_link(path)}):",
        "",
        "| | MB/s | times as fast as finding words | similar pairs found | articles in a wrong group |",
        "|---|---:|---:|---:|---:|",
        *(_row(name, figures) for name, figures in record["peers"].items()),
        "",
        "Every proposed pair is compared word by word, so it takes longer where much is related: with "
        f"{made['data']['articles']:,} articles",
        f"of which an eighth are copies and excerpts, {_speeds(made)} MB/s",
        f"({_link(path_of_made)}).",
        f"The first call of a process takes {seconds['loading']:.1f} s more; the very first after an "
        "installation compiles loops,",
        f"{seconds['compiling']:.1f} s. Beside the texts, matching holds {_memory(record)} times their size.",
        "",
    ]
    return "\n".join(lines)


def whole_way_table(path: Path) -> str:
    """Return what the README says of a record of whole_way.py."""
    record = json.loads(path.read_text(encoding="utf-8"))
    data = record["data"]
    lines = [
        f"From file to file, cleaning included: {data['articles']:,} articles ({data['megabytes']:.0f} MB), "
        f"{data['of these made of others']:,} of them made of the others: copies, excerpts, new ones; "
        f"everyone in turns on {record['machine']['cores']} cores ({_link(path)}):",
        "",
        "| | MB/s | times as fast as finding words |",
        "|---|---:|---:|",
        *(
            f"| {f'`{name}`' if '(r' in name or name.startswith('ftfy') else name} "
            f"| {figures['megabytes_per_second']:.1f} | {figures['times_words']:.2f} |"
            for name, figures in record["steps"].items()
        ),
        "",
    ]
    return "\n".join(lines)


def archive_table(path: Path) -> str:
    """Return what docs/archives.md says of a record of archive.py."""
    record = json.loads(path.read_text(encoding="utf-8"))
    lines = [
        f"`dedupe pile.jsonl -o clean.jsonl --memory {record['options']['memory']}` on "
        f"{record['machine']['cores']} cores, an eighth of the articles reprints and excerpts; the time "
        f"grows with exponent {record['exponent']:.2f} ([record](../{path.relative_to(ROOT)})):",
        "",
        "| articles | text | time | largest process | all processes | work | output | duplicates |",
        "|---:|---:|---:|---:|---:|---:|---:|---:|",
        *(
            f"| {row['articles']:,} | {row['megabytes']:,.0f} MB | {row['seconds']:,.0f} s "
            f"| {row['megabytes_of_the_largest_process']:,.0f} MB "
            f"| {row['megabytes_of_all_processes']:,.0f} MB "
            f"| {row['megabytes_of_work_on_disk']:,.0f} MB | {row['megabytes_of_output']:,.0f} MB "
            f"| {_duplicates(row['said'])} of {row['copies'] + row['excerpts']:,} made |"
            for row in record["sizes"]
        ),
        "",
    ]
    return "\n".join(lines)


def adapters_table(path: Path, of_spark: Path) -> str:
    """Return what docs/frames.md says of a record of adapters.py, with Spark beside."""
    record, beside = (json.loads(one.read_text(encoding="utf-8")) for one in (path, of_spark))
    spark_run = beside["sizes"][-1]
    data = record["data"]
    lines = [
        f"{data['articles']:,} articles ({data['megabytes']:.0f} MB, {record['duplicates']:,} duplicates), "
        f"{record['options']['processes']} processes on {record['machine']['cores']} cores, median of "
        f"{record['rounds']} rounds ([record](../{path.relative_to(ROOT)})):",
        "",
        "| | time | times the library: on the clock | in work of processors | cleaning alone | memory |",
        "|---|---:|---:|---:|---:|---:|",
        *(
            f"| {f'`{name}`' if '.' in name or (name.islower() and name != 'pandas') else name} "
            f"| {row['seconds_median']:.0f} s | {row['times_core']:.2f} | {row['times_core_of_cpu']:.2f} "
            f"| {row['cleaning_alone_times_core_of_cpu']:.2f} | {row['megabytes_held_at_most']:,} MB |"
            for name, row in record["steps"].items()
        ),
        "",
        f"Beside them Spark, `local[{beside['options']['cores']}]`, from file to file: "
        f"{spark_run['seconds']:.0f} s for {spark_run['articles']:,} articles "
        f"({spark_run['megabytes']:.0f} MB, in another hour; [record](../{of_spark.relative_to(ROOT)})).",
        "It pays from the size on that one machine does not hold.",
        "",
    ]
    return "\n".join(lines)


def shuffles_table(path: Path) -> str:
    """Return what docs/spark.md says of a record of spark.py: what is shuffled, step by step."""
    record = json.loads(path.read_text(encoding="utf-8"))
    largest, equal = record["sizes"][-1], record["equal"]
    of = spark.an_article(record)
    steps = sorted(largest["shuffled_megabytes"].items(), key=lambda step: -step[1])
    shown = [
        (name, size) for name, size in steps if size >= 0.01 * sum(largest["shuffled_megabytes"].values())
    ]
    shown.append(("all steps", sum(largest["shuffled_megabytes"].values())))
    return "\n".join(
        [
            f"{largest['articles']:,} articles, {largest['megabytes']:,.0f} MB of text, an eighth of them "
            f"reprints and excerpts, of which {largest['duplicates']:,} were found",
            f"([record](../{path.relative_to(ROOT)})):",
            "",
            "| step | shuffled | for a million articles |",
            "|---|---:|---:|",
            *(
                f"| {name} | {size:,.0f} MB | {size / largest['articles'] * 1e3:,.1f} GB |"
                for name, size in shown
            ),
            "",
            f"Tables put aside take {of['kept_bytes'] / 1e3:,.1f} kB an article of "
            f"{of['text_bytes'] / 1e3:,.1f} kB. One more takes {1e3 * of['seconds']:,.1f} ms of a core.",
            "",
            f"One article that came {equal['articles']:,} times ({equal['megabytes']:,.0f} MB) is "
            f"{equal['articles'] - equal['duplicates']} story after {equal['seconds']:,.0f} s on "
            f"{record['options']['cores']} cores.",
            "",
        ]
    )


def spark_costs_table(path: Path) -> str:
    """Return what docs/spark.md says of large runs, computed from a record of spark.py."""
    record = json.loads(path.read_text(encoding="utf-8"))
    machine = spark.MACHINE
    rows = [spark.on_paper(record, number, machines) for number, machines in spark.LARGE.items()]
    return "\n".join(
        [
            f"On machines of {machine['cores']} cores, {machine['memory_gigabytes']} GB of memory and "
            f"{machine['disk_terabytes']} TB of disks of their own, at {machine['dollars_an_hour']:.2f} "
            f"dollars an hour (put in your price), of whose",
            f"cores {spark.BUSY:.0%} of the time are busy:",
            "",
            "| articles | text | machines | shuffled | kept | disk needed | disk there | time | price |",
            "|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
            *(
                f"| {row['articles']:,} | {row['text_terabytes']:.1f} TB | {row['machines']} "
                f"| {row['shuffled_terabytes']:.1f} TB | {row['kept_terabytes']:.1f} TB "
                f"| {row['disk_terabytes_needed']:.1f} TB | {row['disk_terabytes']:.1f} TB "
                f"| {row['hours']:.1f} h | {row['dollars']:,.0f} dollars |"
                for row in rows
            ),
            "",
        ]
    )


def index_table(path: Path) -> str:
    """Return what the README says of a record of index.py."""
    record = json.loads(path.read_text(encoding="utf-8"))
    data, others = record["data"], record["others"]
    datasketch = others["datasketch MinHashLSH, in memory"]
    return "\n".join(
        [
            f"An index on disk, texts of {data['mean_bytes_of_an_article']:,} bytes taken as they are, "
            f"an eighth of them copies and excerpts ({_link(path)}):",
            "",
            "| articles | added a second, each on the disk before the next (SQLite alone) | "
            "half / 99 of 100 within, the longest | in batches | "
            "asked: half / 99 of 100 within | opened in | a fingerprint | with its text |",
            "|---:|---:|---:|---:|---:|---:|---:|---:|",
            *(
                f"| {row['articles']:,} "
                f"| {row['adds_a_second']:,.0f} ({row['sqlite_commits_a_second']:,.0f}) "
                f"| {row['add_ms']['50']:.1f} / {row['add_ms']['99']:.1f}, {row['longest_add_ms']:,.0f} ms "
                f"| {row['batch_adds_a_second']:,.0f} "
                f"| {row['query_ms']['50']:.1f} / {row['query_ms']['99']:.1f} ms | {row['open_ms']:.0f} ms "
                f"| {row['fingerprint_bytes_an_article']:,.0f} B | {row['bytes_an_article']:,.0f} B |"
                for row in record["sizes"]
            ),
            "",
            "SQLite alone commits texts, and finds nothing. datasketch's MinHashLSH, in memory, adds",
            f"{datasketch['adds_a_second']:,.0f} a second and answers {datasketch['queries_a_second']:,.0f}.",
            "",
        ]
    )


def _duplicates(said: str) -> str:
    """Return how many duplicates a summary tells.

    >>> _duplicates("2 411 articles, 1 873 stories, 1 538 duplicates (412 exact), 0 rejected")
    '1,538'
    """
    return (
        next(part.strip() for part in said.split(",") if " duplicate" in part)
        .partition(" dup")[0]
        .replace(" ", ",")
    )


def _link(path: Path) -> str:
    return f"[record]({path.relative_to(ROOT)})"


def _speeds(record: dict[str, Any]) -> str:
    """Return the speeds of all that make groups, ours first; not ours once more."""
    told = [
        f"{name.partition(',')[0]} {figures['megabytes_per_second']:.0f}"
        for name, figures in record["peers"].items()
        if "groups" in figures and "Arrow" not in name
    ]
    return ", ".join(told)


def _row(name: str, figures: dict[str, Any]) -> str:
    found, strangers = "", ""
    if "groups" in figures:
        found = "–" if figures["recall"] is None else f"{figures['recall']:.1%}"
        strangers = str(figures["strangers"])
    cells = [
        (f"`{name}`" if "(" in name else name) + (f", {figures['note']}" if figures["note"] else ""),
        f"{figures['megabytes_per_second']:.0f}",
        f"{figures['times_words']:.1f}",
        found,
        strangers,
    ]
    return "| " + " | ".join(cells) + " |"


def _memory(record: dict[str, Any]) -> str:
    return f"{record['memory']['list, libraries loaded before']['times_texts']:.1f}"


def tables() -> list[tuple[Path, str, str, list[str]]]:
    """Return all tables: the document, their name, what they say, and of which records."""
    matching = [newest_record("match-speed"), newest_record("match-speed-made")]
    whole_way, archive = map(newest_record, ("whole-way", "archive"))
    adapters, of_spark, index = map(newest_record, ("adapters", "spark", "index"))
    return [
        (README, "matching", matching_table(*matching), [path.name for path in matching]),
        (README, "the whole way", whole_way_table(whole_way), [whole_way.name]),
        (README, "the index", index_table(index), [index.name]),
        (ARCHIVES, "archives", archive_table(archive), [archive.name]),
        (FRAMES, "adapters", adapters_table(adapters, of_spark), [adapters.name, of_spark.name]),
        (SPARK, "shuffles", shuffles_table(of_spark), [of_spark.name]),
        (SPARK, "large runs", spark_costs_table(of_spark), [of_spark.name]),
    ]


def main() -> None:
    for document, name, table, records in tables():
        begin, end = marks(name)
        before, _, rest = document.read_text(encoding="utf-8").partition(begin)
        _, mark, after = rest.partition(end)
        if not mark:
            raise SystemExit(f"{document} has no place for {name}; put these two lines there:\n{begin}{end}")
        document.write_text(before + begin + table + end + after, encoding="utf-8")
        print(f"{document.relative_to(ROOT)} tells {' and '.join(records)}")


if __name__ == "__main__":
    main()
