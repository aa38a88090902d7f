"""Many articles taken as if one after the other, and what became of each record."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence

from dedupe_news.article import Change, Match, Reject
from dedupe_news.index.editing import Editor
from dedupe_news.index.reading import Cleaned, Read, Taken
from dedupe_news.intake import text_id


def numbered(batch: Sequence[Taken]) -> list[Cleaned]:
    """Return the articles of a batch, their places in it for their names."""
    return [
        one.found._replace(place=str(number))
        for number, one in enumerate(batch)
        if isinstance(one.found, Cleaned)
    ]


def outcomes(
    batch: Sequence[Taken], matches: Sequence[Match], rejects: Sequence[Reject]
) -> Iterator[Match | Reject]:
    """Yield what became of each record of a batch; `rejects` are of articles with numbers for places."""
    refused = {int(reject.place): reject.reason for reject in rejects}
    found = iter(matches)
    for number, (place, record, what) in enumerate(batch):
        if isinstance(what, Reject):
            yield what
        elif number in refused:
            yield Reject(place, refused[number], record)
        else:
            yield next(found)


def take_in_or_replace(
    editor: Editor,
    reads: Sequence[Read],
    packed: Sequence[bytes],
    seconds: float,
    rejects: list[Reject] | None,
) -> list[Match]:
    """Write articles, as if one after the other; who bears the id of another text takes its place."""
    matches: list[Match] = []
    start = 0  # of those that wait to be written together
    waiting: dict[str, bytes] = {}

    def take_in(end: int) -> list[Match]:
        return editor.take_in(reads[start:end], packed[start:end], seconds, rejects=rejects)

    for number, read in enumerate(reads):
        id = read.received.id
        if not id:
            waiting[text_id(read.received.text)] = read.text_digest
            continue
        row = editor.view.by_id(id)
        is_other = row is not None and not editor.is_same(row, read)
        if is_other or waiting.get(id, read.text_digest) != read.text_digest:
            matches += take_in(number)
            start, waiting = number, {}
            row = editor.view.by_id(id)
            if row is not None:
                changes = editor.take_out(row)
                [match] = take_in(number + 1)
                matches.append(dataclasses.replace(match, changes=joined(changes, match.changes)))
                start = number + 1
                continue
        waiting[id] = read.text_digest
    return matches + take_in(len(reads))


def joined(first: Sequence[Change], then: Sequence[Change]) -> tuple[Change, ...]:
    """Return what two steps change together."""
    changes = {change.id: change for change in first}
    for change in then:
        before = changes[change.id].before if change.id in changes else change.before
        changes[change.id] = Change(change.id, before, change.after)
    return tuple(changes[id] for id in sorted(changes) if changes[id].before != changes[id].after)
