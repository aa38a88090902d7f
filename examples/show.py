"""Print what became of a pile: every document, and the articles it stands for.

python examples/show.py clean.jsonl
"""

import json
import sys
from pathlib import Path


def main(path: str) -> None:
    """Print one line per document, and one per duplicate below it."""
    for line in Path(path).read_text(encoding="utf-8").splitlines():
        document = json.loads(line)
        edits = len(document["edits"])
        changes = f"{edits} edit{'' if edits == 1 else 's'}"
        print(f"{document['id']:>18}  {document['title'] or '(no title)'}  ({changes})")
        for duplicate in document["duplicates"]:
            relation = duplicate["relation"]
            numbers = f"Jaccard {relation['jaccard']:.2f}, containment {relation['containment']:.2f}"
            print(f"{'':>18}    = {duplicate['id']} ({relation['kind']}; {numbers})")


if __name__ == "__main__":
    main(sys.argv[1])
