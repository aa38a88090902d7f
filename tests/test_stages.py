"""What one machine of many does with the rows it was handed: the same as alone, however they are cut."""

from itertools import combinations

import pyarrow as pa
import strategies
from hypothesis import given
from hypothesis import strategies as st

from dedupe_news import CleanOptions
from dedupe_news.intake import text_id
from dedupe_news.match.fingerprint import fingerprint
from dedupe_news.match.relations import merges, relate
from dedupe_news.options import PRESETS, MatchOptions
from dedupe_news.pipeline import stages

NEWS = MatchOptions()


@given(strategies.piles())
def test_articles_are_read_the_same_in_any_batch(pile):
    [batch] = pa.table({"row": range(len(pile) + 1), "text": [*pile, "one more"]}).to_batches()
    [whole] = stages.read_articles(batch, CleanOptions(), NEWS)
    parts = [
        read
        for start in range(0, batch.num_rows, 3)
        for read in stages.read_articles(batch.slice(start, 3), CleanOptions(), NEWS)
    ]
    assert pa.Table.from_batches(parts).to_pylist() == whole.to_pylist()
    for row, text in zip(whole.to_pylist(), batch.column("text").to_pylist(), strict=True):
        assert (row["key"][4:] == bytes(16)) == (row["num_tokens"] == 0)
        assert len(row["samples"]) == row["num_samples"]
        assert row["digest"].hex()[:16] == text_id(text)


@given(strategies.piles(), st.sampled_from([NEWS, PRESETS["noisy"]]))
def test_pairs_are_related_as_two_fingerprints_are(pile, options):
    pile = list({fingerprint("a", text, options).digest: text for text in pile}.values())
    items = [fingerprint(f"n{number}", text, options) for number, text in enumerate(pile)]
    pairs = list(combinations(range(len(pile)), 2))
    left, right = zip(*pairs, strict=True) if pairs else ((), ())
    batch = pa.record_batch(
        {
            "left": pa.array(left, pa.int64()),
            "right": pa.array(right, pa.int64()),
            "left_id": pa.array([items[at].id for at in left], pa.string()),
            "right_id": pa.array([items[at].id for at in right], pa.string()),
            "left_text": pa.array([pile[at] for at in left], pa.string()),
            "right_text": pa.array([pile[at] for at in right], pa.string()),
        }
    )
    found = {
        (row["left"], row["right"]): (row["kind"], row["jaccard"], row["containment"])
        for row in stages.relate_pairs(batch, options).to_pylist()
    }
    related = {pair: relate(items[pair[0]], items[pair[1]], options) for pair in pairs}
    assert found == {
        pair: (relation.kind, relation.jaccard, relation.containment)
        for pair, relation in related.items()
        if relation is not None and merges(relation, options)
    }


def test_samples_are_told_apart_as_on_one_machine_or_better():
    assert [stages.sample_bits_cut(number) for number in (1, 2, 3, 10_735, 1 << 24)] == [0, 0, 1, 13, 23]
    assert stages.sample_bits_cut((1 << 24) + 1) == 0
