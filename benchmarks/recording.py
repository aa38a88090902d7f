"""What every record has: what was measured, where, and with which versions."""

from __future__ import annotations

import importlib.metadata
import itertools
import json
import os
import platform
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
RECORDS = Path(__file__).parent / "records"


def header(what: str, packages: Sequence[str]) -> dict[str, Any]:
    """Return the first fields of a record."""
    return {
        "what": what,
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "commit": commit(),
        "machine": machine(),
        "versions": {name: version(name) for name in packages},
    }


def write_record(name: str, record: dict[str, Any]) -> None:
    """Write a record beside the others, and say where."""
    path = free_path(f"{record['date']}-{name}")
    path.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    print(f"written to {path.relative_to(ROOT)}")


def commit() -> str | None:
    """Return the commit measured, or None outside a repository."""
    git = ["git", "-C", str(ROOT), "describe", "--always", "--dirty"]
    try:
        return subprocess.run(git, check=True, capture_output=True, text=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return None


def machine() -> dict[str, Any]:
    """Return what the figures depend on."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return {
        "cpu": models[0] if models else platform.processor(),
        "cores": os.cpu_count(),
        "system": platform.system(),
        "python": platform.python_version(),
    }


def version(name: str) -> str | None:
    """Return the version of an installed package, or None."""
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def free_path(stem: str) -> Path:
    """Return where a new record goes: a record is never overwritten."""
    names = (f"{stem}{f'-{number}' if number > 1 else ''}.json" for number in itertools.count(1))
    return next(path for name in names if not (path := RECORDS / name).exists())
