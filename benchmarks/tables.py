"""Write the README's table of matching speed from the newest records.

    python benchmarks/tables.py

tests/test_benchmarks.py compares the README with the records that it links.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from recording import RECORDS, ROOT

README = ROOT / "README.md"
BEGIN, END = "<!-- matching: written by benchmarks/tables.py -->\n", "<!-- end of matching -->\n"


def newest_record(name: str) -> Path:
    """Return the last of the records that end in `name`."""

    def order(path: Path) -> tuple[str, int]:
        date, _, number = path.stem.partition(f"-{name}")
        return date, int(number.lstrip("-") or 1)

    found = [path for path in RECORDS.glob("*.json") if re.search(rf"\d-{name}(-\d+)?$", path.stem)]
    if not found:
        raise SystemExit(f"there is no record {name}; run benchmarks/match_speed.py")
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


def main() -> None:
    paths = newest_record("match-speed"), newest_record("match-speed-made")
    before, _, rest = README.read_text(encoding="utf-8").partition(BEGIN)
    _, mark, after = rest.partition(END)
    if not mark:
        raise SystemExit(f"README.md has no place for the table; put these two lines there:\n{BEGIN}{END}")
    README.write_text(before + BEGIN + matching_table(*paths) + END + after, encoding="utf-8")
    print(f"README.md tells {paths[0].name} and {paths[1].name}")


if __name__ == "__main__":
    main()
