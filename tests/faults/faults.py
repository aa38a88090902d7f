"""What the fault tests share: articles that do not compress, and a child to run commands in."""

import json
import os
import random
import string
import subprocess
import sys
from pathlib import Path

from conftest import ROOT

OUTPUTS = (
    "out.jsonl", "out.jsonl.gz", "out.jsonl.zst", "out.jsonl.bz2", "out.jsonl.xz", "out.csv", "out.csv.gz",
    "out.csv.zst", "out.tsv", "out.tsv.xz", "out.parquet", "out.arrow", "out.txt", "out.txt.bz2",
)  # fmt: skip
BEFORE = b"what stood here before"


def write_pile(path: Path, num_articles: int = 16, num_chars: int = 3000) -> Path:
    """Write articles of random words: about three quarters of their bytes are left when compressed."""
    dice = random.Random(1)
    with path.open("w") as file:
        for number in range(num_articles):
            letters = "".join(dice.choices(string.ascii_lowercase, k=num_chars))
            words = " ".join(letters[at : at + 8] for at in range(0, num_chars, 8))
            file.write(json.dumps({"id": str(number), "text": f"Storm {number} came. {words}."}) + "\n")
    return path


def run_commands(commands, warm_up=(), file_bytes=0, memory_bytes=0, user=0, **environment):
    """Return the status and the words of each command, run one after the other in one child."""
    plan = {
        "commands": commands,
        "warm_up": warm_up,
        "file_bytes": file_bytes,
        "memory_bytes": memory_bytes,
        "user": user,
    }
    child = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("commands_in_child.py"))],
        input=json.dumps(plan, default=str),
        env={**os.environ, "PYTHONPATH": str(ROOT / "src"), **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert child.returncode == 0, child.stderr
    return json.loads(child.stdout)


def listing(folder: Path) -> dict[str, bytes]:
    """Return the files of a folder, hidden ones too, with what they hold."""
    return {file.name: file.read_bytes() for file in folder.iterdir() if file.is_file()}
