"""What is written when articles come and go, within one transaction."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Mapping, Sequence

from dedupe_news.article import Change, CleanArticle, Match, Reject, Relation
from dedupe_news.errors import ArticleError
from dedupe_news.index.packing import pack_relation, unpack_relation
from dedupe_news.index.placing import Placement, place_equal, place_left, place_newcomer
from dedupe_news.index.postings import Postings
from dedupe_news.index.reading import Read, Reader
from dedupe_news.index.searching import relations_of, relations_of_new
from dedupe_news.index.store import Store
from dedupe_news.index.view import Newcomer, Row, View, split_digest
from dedupe_news.intake import text_id
from dedupe_news.pipeline.stories import SAME_AGAIN


class Editor:
    """Decides and writes; made for one transaction.

    Parameters
    ----------
    store : Store
    postings : Postings
    reader : Reader
    """

    def __init__(self, store: Store, postings: Postings, reader: Reader) -> None:
        self._store = store
        self._postings = postings
        self._reader = reader
        self.view = View(store, reader.match, compiled=reader.compiled)

    def ask(self, read: Read) -> Match:
        """Return what taking an article in would say; nothing is written."""
        id, known = self._identity(read, self.view.by_ids([read.received.id or ""]), {})
        if known is not None:
            return self.again(read, known)
        row = _new_row(self._store.last_row() + 1, id, read)
        relations = relations_of_new(self.view, self._postings, [row], [read]).get(row.row, {})
        placement, row = self._place(row, relations)
        return self._match_of(row, read, placement)

    def take_in(
        self,
        reads: Sequence[Read],
        packed: Sequence[bytes],
        seconds: float,
        *,
        rejects: list[Reject] | None,
    ) -> list[Match]:
        """Write articles, as if one after the other, and say what each is to those before.

        Parameters
        ----------
        reads : sequence of Read
        packed : sequence of bytes
            See `packing.pack`.
        seconds : float
            When they were seen.
        rejects : list or None
            Gets what cannot be taken; without a list, `ArticleError` is raised.
        """
        next_row = self._store.last_row() + 1
        there = self.view.by_ids([read.received.id for read in reads if read.received.id])
        taken: dict[str, bytes] = {}
        new: list[tuple[int, Row]] = []  # its number among `reads`, and its row
        again: list[tuple[int, str]] = []
        for number, read in enumerate(reads):
            try:
                id, known = self._identity(read, there, taken)
            except ArticleError as error:
                if rejects is None:
                    raise
                rejects.append(Reject(read.place, str(error), read.received))
                continue
            if known is not None or id in taken:
                again.append((number, id))
                continue
            row = _new_row(next_row + len(new), id, read)
            taken[id] = read.text_digest
            new.append((number, row))
        outcome: dict[int, Match] = {}
        if new:
            rows = [row for _, row in new]
            new_reads = [reads[number] for number, _ in new]
            found = relations_of_new(self.view, self._postings, rows, new_reads)
            alone = self._alone(rows, found)
            self._store.executemany(
                _INSERT_ARTICLE,
                [
                    _columns(row, read, seconds)
                    for row, read in zip(rows, new_reads, strict=True)
                    if row.row in alone
                ],
            )
            for (number, row), read in zip(new, new_reads, strict=True):
                if row.row in alone:
                    article = _named(read.cleaned, row.id)
                    outcome[number] = Match(
                        id=row.id, outcome="new", canonical_id=row.id, relation=None, article=article
                    )
                else:
                    outcome[number] = self._insert(row, read, found.get(row.row, {}), seconds)
            self._store.executemany(
                "INSERT INTO document VALUES (?, ?)", [(row.row, packed[number]) for number, row in new]
            )
            self._postings.add(
                [row.row for row in rows],
                [read.keys for read in new_reads],
                compiled=self._reader.compiled,
            )
        for number, id in again:
            known = self.view.by_id(id)
            if known is None:
                raise AssertionError(f"{id} was there, and is no more")
            outcome[number] = self.again(reads[number], known)
        if again:
            self._store.executemany(
                "UPDATE article SET seen = max(seen, ?) WHERE id = ?", [(seconds, id) for _, id in again]
            )
        return [outcome[number] for number in sorted(outcome)]

    def _alone(self, rows: Sequence[Row], found: Mapping[int, Mapping[int, Relation]]) -> set[int]:
        """Return which of some new rows are related to nothing before them, as most are."""
        bodies = Counter(row.digest for row in rows)
        unrelated = [row for row in rows if not found.get(row.row) and bodies[row.digest] == 1]
        there = self.view.bodies_there([row.digest for row in unrelated if row.digest])
        empty = [row.row for row in rows if not row.digest]
        return {row.row for row in unrelated if row.digest not in there}.union(empty)

    def _insert(self, row: Row, read: Read, relations: dict[int, Relation], seconds: float) -> Match:
        """Write an article, its relations, and what changes by it."""
        placement, row = self._place(row, relations)
        newcomer = self.view.newcomer
        if newcomer and newcomer.instead_of:
            self._store.execute(
                'DELETE FROM relation WHERE "left" = ? OR "right" = ?',
                (newcomer.instead_of, newcomer.instead_of),
            )
            self._store.execute(
                "UPDATE article SET first = ? WHERE first = ?", (row.row, newcomer.instead_of)
            )
        canonical, relation = placement.belongs[row.row]
        row = row._replace(
            canonical=canonical,
            is_frame=placement.frames.get(row.row, False),
            relation=pack_relation(relation) if relation else None,
        )
        self._store.execute(_INSERT_ARTICLE, _columns(row, read, seconds))
        if newcomer and newcomer.relations:
            self._keep_relations(row.row, newcomer.relations)
        match = self._match_of(row, read, placement)
        self._write_placement(placement, but=row.row)
        self.view.forget()
        return match

    def _place(self, row: Row, relations: dict[int, Relation]) -> tuple[Placement, Row]:
        """Return where a new article belongs, and its row, which may be compared by another's."""
        first = self.view.first_of_body(row.digest) if row.digest else None
        if first is not None and first.rank < row.rank:
            row = row._replace(first=first.row)
            self.view.bring(Newcomer(row))
            return Placement({row.row: place_equal(self.view, row, first)}), row
        # Of what came with it, some may be compared by another by now.
        relations = {
            other: found for other, found in relations.items() if self.view.row(other).first == other
        }
        self.view.bring(Newcomer(row, relations, first.row if first else None))
        return place_newcomer(self.view), row

    def _match_of(self, row: Row, read: Read, placement: Placement) -> Match:
        canonical, relation = placement.belongs[row.row]
        changes = self._changes(placement, but=row.row)
        canonical_id = self.view.row(canonical).id
        related = list(self.view.newcomer.relations.values()) if self.view.newcomer else []
        if canonical != row.row:
            outcome = "duplicate"
        else:
            # The document before stands for itself no more, but belongs to this one now.
            mine = [
                other for other, (its, _) in placement.belongs.items() if its == row.row and other != row.row
            ]
            outcome = "new"
            if mine:
                stood = [other for other in mine if self.view.row(other).canonical == other]
                before = min(map(self.view.row, stood or mine), key=lambda other: other.rank)
                relation = placement.belongs[before.row][1]
                # By its date or its id alone it stands for the story, but it is none the better for it.
                outcome = "better" if row.num_tokens > before.num_tokens else "duplicate"
        if relation is not None and all(
            (relation.left, relation.right) != (one.left, one.right) for one in related
        ):
            related.append(relation)
        return Match(
            id=row.id,
            outcome=outcome,  # type: ignore[arg-type]
            canonical_id=canonical_id,
            relation=relation,
            article=_named(read.cleaned, row.id),
            related=tuple(sorted(related, key=lambda one: (one.left, one.right))),
            changes=changes,
        )

    def _changes(self, placement: Placement, *, but: int) -> tuple[Change, ...]:
        changes = []
        for other, (canonical, _) in placement.belongs.items():
            before = self.view.row(other).canonical
            if other != but and canonical != before:
                before_id = self.view.id_of(before)
                changes.append(Change(self.view.row(other).id, before_id, self.view.row(canonical).id))
        return tuple(sorted(changes, key=lambda change: change.id))

    def again(self, read: Read, known: Row) -> Match:
        """Return what is said of an article that is there already."""
        if known.canonical == known.row:
            canonical_id, relation = known.id, Relation(known.id, known.id, "exact", 1.0, 1.0, SAME_AGAIN)
        else:
            canonical_id, relation = self.view.row(known.canonical).id, unpack_relation(str(known.relation))
        return Match(
            id=known.id,
            outcome="again",
            canonical_id=canonical_id,
            relation=relation,
            article=_named(read.cleaned, known.id),
        )

    def take_out(self, row: Row) -> tuple[Change, ...]:
        """Remove an article within a transaction, and settle what it leaves."""
        neighbours = self.view.stored_relations(row.row)
        members = [
            number
            for (number,) in self._store.execute(
                "SELECT row FROM article WHERE canonical = ? AND canonical <> row AND first = row", (row.row,)
            )
        ]
        equals = [one for one in self.view.equals(row) if one.row != row.row]
        left_behind = {one: self.view.row(one) for one in (*neighbours, *members)}
        self._store.remove_article(row.row)
        if row.first != row.row:
            self._store.execute("DELETE FROM document WHERE row = ?", (row.row,))
            self.view.forget()
            return ()
        self._store.execute('DELETE FROM relation WHERE "left" = ? OR "right" = ?', (row.row, row.row))
        if not (equals or neighbours or members):
            self._store.execute("DELETE FROM document WHERE row = ?", (row.row,))
            self.view.forget()
            return ()
        self.view.forget()
        if equals:
            heir = equals[0]._replace(first=equals[0].row)
            self._store.execute("UPDATE article SET first = ? WHERE first = ?", (heir.row, row.row))
            body = self.view.body(heir.row)
            [keys] = self._reader.keys([body])
            relations = relations_of(self.view, self._postings, heir, keys)
            self._keep_relations(heir.row, relations)
            self.view.forget()
            self.view.bring(Newcomer(heir, relations))
        placement = place_left(self.view, neighbours, [one for one in left_behind if one not in neighbours])
        changes = self._changes(placement, but=0)
        self._write_placement(placement)
        self._store.execute("DELETE FROM document WHERE row = ?", (row.row,))
        self.view.forget()
        return tuple(
            dataclasses.replace(change, before=row.id) if change.before == "" else change
            for change in changes
        )

    def _keep_relations(self, row: int, relations: Mapping[int, Relation]) -> None:
        self._store.executemany(
            "INSERT OR REPLACE INTO relation VALUES (?, ?, ?)",
            [
                (min(row, other), max(row, other), pack_relation(relation))
                for other, relation in relations.items()
            ],
        )

    def _write_placement(self, placement: Placement, *, but: int = 0) -> None:
        changed = [
            (canonical, relation and pack_relation(relation), row)
            for row, (canonical, relation) in placement.belongs.items()
            if row != but and _is_other(self.view.row(row), canonical, relation)
        ]
        if changed:
            self._store.executemany("UPDATE article SET canonical = ?, relation = ? WHERE row = ?", changed)
        frames = [(is_frame, row) for row, is_frame in placement.frames.items() if row != but]
        if frames:
            self._store.executemany("UPDATE article SET frame = ? WHERE row = ?", frames)

    def _identity(
        self, read: Read, there: Mapping[str, Row], taken: Mapping[str, bytes]
    ) -> tuple[str, Row | None]:
        """Return the id of an article, and the row that has it already with the same text.

        Raises
        ------
        ArticleError
            If the id is that of another text.
        """
        id = read.received.id
        if not id:
            return self._name(text_id(read.received.text), taken), None
        if id in taken:
            known, same = None, taken[id] == read.text_digest
        else:
            known = there.get(id)
            same = known is not None and self.is_same(known, read)
        if (known is not None or id in taken) and not same:
            raise ArticleError(
                f"id {id!r} is another article's already, in the index {self._store.path}; "
                "replace it, if this is its new text"
            )
        return id, known

    def is_same(self, row: Row, read: Read) -> bool:
        """Return whether an article that is there has the text of one that came."""
        found = self._store.execute("SELECT text_digest FROM article WHERE row = ?", (row.row,)).fetchone()
        return bool(found[0] == read.text_digest)

    def _name(self, base: str, taken: Mapping[str, object]) -> str:
        """Return the first free name for an article without an id: `base`, or numbered from 2 on."""

        def is_taken(number: int) -> bool:
            name = base if number == 1 else f"{base}-{number}"
            return name in taken or self.view.by_id(name) is not None

        low, high = 0, 1
        while is_taken(high):
            low, high = high, 2 * high
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if is_taken(middle) else (low, middle)
        return base if high == 1 else f"{base}-{high}"


def _named(article: CleanArticle, id: str) -> CleanArticle:
    return article if article.id == id else dataclasses.replace(article, id=id)


_INSERT_ARTICLE = (
    "INSERT INTO article (row, id, text_digest, body, body_rest, num_tokens, num_shingles, num_keys, "
    "published, seen, first, canonical, frame, relation) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)"
)


def _columns(row: Row, read: Read, seconds: float) -> tuple[object, ...]:
    """Return what `_INSERT_ARTICLE` writes."""
    return (
        row.row,
        row.id,
        read.text_digest,
        *split_digest(row.digest),
        row.num_tokens,
        row.num_shingles,
        row.num_keys,
        row.published,
        seconds,
        row.first,
        row.canonical,
        row.is_frame,
        row.relation,
    )


def _new_row(number: int, id: str, read: Read) -> Row:
    return Row(
        row=number,
        id=id,
        digest=read.digest,
        num_tokens=read.num_tokens,
        num_shingles=read.num_shingles,
        num_keys=len(read.keys),
        published=read.cleaned.published,
        first=number,
        canonical=number,
        is_frame=False,
        relation=None,
    )


def _is_other(row: Row, canonical: int, relation: Relation | None) -> bool:
    said = pack_relation(relation) if relation is not None else None
    return (row.canonical, row.relation) != (canonical, said)
