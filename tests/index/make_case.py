"""Make the index file of a version that stays in the tests: ``python tests/index/make_case.py``.

It is run once for each version that is released, with the library of that day, and its outcome never again
changed: `test_versions` opens every file of ``tests/cases/index/``. The texts are invented.
"""

import json
import shutil
import sys
from pathlib import Path

from truths import pool

from dedupe_news import Index
from dedupe_news.index.store import MIGRATIONS

CASES = Path(__file__).parent.parent / "cases" / "index"


def articles() -> list[dict[str, object]]:
    """Return stories with their copies, excerpts, updates and templates; damaged ones; two without an id."""
    texts = pool()
    dates = (None, "2024-01-02", "2024-03-01")
    sources = (None, "Westmoor Post", "Coast Herald")
    made: list[dict[str, object]] = [
        {"id": f"a{number}", "text": text, "published": dates[number % 3], "source": sources[number % 3]}
        for number, text in enumerate(texts[:26])
    ]
    made += [
        {"id": "thrice", "text": texts[5] * 3, "title": "Harbour reopens", "tags": ["sea", 1, None]},
        {"id": "dashes", "text": f"Last month－the fastest in years－while {texts[15].lower()}"},
        {"text": texts[16]},
        {"text": texts[16]},
        {"id": "日本 é\u0301", "text": "".join(chr(0x4E00 + (7 * at) % 400) for at in range(60))},
    ]
    return [{name: value for name, value in article.items() if value is not None} for article in made]


def main() -> None:
    """Write ``vN.db`` and ``vN.json``: the articles, and which document each belongs to."""
    path = CASES / f"v{len(MIGRATIONS)}.db"
    if path.exists():
        sys.exit(f"{path} is there, and stays what it is")
    CASES.mkdir(exist_ok=True)
    given = articles()
    with Index(path) as index:
        for number, article in enumerate(given):
            index.add(article, seen=1_700_000_000.0 + number)
        index.add({"id": "gone", "text": pool()[6]}, seen=0.0)
        index.remove("gone")
        documents = {document.id: [one.id for one in document.duplicates] for document in index.documents()}
        index._store.execute("VACUUM")
    shutil.rmtree(path.with_name(f"{path.name}-keys"), ignore_errors=True)  # made again where it is missed
    said = {"articles": given, "documents": documents}
    path.with_suffix(".json").write_text(
        json.dumps(said, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
    )


if __name__ == "__main__":
    main()
