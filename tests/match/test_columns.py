"""The compiled loops against the Python that says what they should do."""

import numpy as np
import pytest
import strategies
from hypothesis import example, given
from hypothesis import strategies as st

from dedupe_news.match import columns as module
from dedupe_news.match.columns import TextBuffers, TextList, fingerprint_columns
from dedupe_news.match.fingerprint import Permutations, fingerprint, signature
from dedupe_news.match.scratch import MemoryScratch
from dedupe_news.match.sets import count_common, shingle_sets
from dedupe_news.options import MatchOptions

NEWS = MatchOptions()
OPTIONS = [
    NEWS,
    MatchOptions(shingle_chars=6),
    MatchOptions(shingle_tokens=1, num_perm=16, seed=7),
    MatchOptions(shingle_tokens=9, num_perm=33),
]
SCRIPTS = (
    "Straße CAFÉ cafe\u0301 ﬁn ẞ İ №5 ½ m² Ｔｏｋｙｏ ㌔ Ⅻ",
    "北京时间2008年８月 東京タワー ガ カ\u3099 ｶﾞｷﾞ 𠀋𪚥",
    "서울 시장은 " + "\u1109\u1165",
    "ไทย ๒๕๖๓ ลาว ພາສາລາວ ភាសាខ្មែរ မြန်မာ",
    "हिन्दी में عَرَبِيّ עִבְרִית தமிழ் Việt Nam",
    "\ud800 \udfff a\ud800b \u0301x a\u0301\u0316 \ufe0f ­ a_b 🙂 👩\u200d🚀 \U0001b000 \U000e0100",
)


def together(*columns):
    """Assert that some columns are equal."""
    first = columns[0]
    for other in columns[1:]:
        assert first.row_bits == other.row_bits
        for name in ("num_tokens", "num_shingles", "digests", "num_samples", "band_keys", "samples"):
            one, another = numbers(getattr(first, name)), numbers(getattr(other, name))
            assert one.dtype == another.dtype
            assert np.array_equal(one, another), name


def numbers(columns):
    """Return an array for itself, or what stands in some columns: samples in any order of their slices."""
    if isinstance(columns, np.ndarray):
        return columns
    found = np.concatenate([column.read() for column in columns])
    return found if found.dtype == np.uint32 else np.sort(found)


def compiled(texts, options, num_threads=2):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "COMPILED_FROM", 0)
        return columns_of(texts, options, num_threads=num_threads)


def columns_of(texts, options, num_threads=1):
    return fingerprint_columns(texts, options, num_threads=num_threads, scratch=MemoryScratch())


def buffers_of(texts, cuts=()):
    """Lay texts out as an Arrow column in several pieces does."""
    pieces = []
    for first, last in zip([0, *cuts], [*cuts, len(texts)], strict=True):
        parts = [text.encode("utf-8", "surrogatepass") for text in texts[first:last]]
        bounds = np.cumsum([3, *map(len, parts)]).astype(np.int32)  # a slice of a larger buffer
        pieces.append((np.frombuffer(b"xyz" + b"".join(parts), dtype=np.uint8), bounds))
    return TextBuffers(pieces)


many_texts = st.lists(st.one_of(strategies.texts, st.sampled_from(SCRIPTS)), max_size=8)


@given(many_texts, st.sampled_from(OPTIONS))
@example(list(SCRIPTS), NEWS)
@example(list(SCRIPTS), OPTIONS[1])
@example(["word " * 400, "a b " * 300, " ".join(f"w{number}" for number in range(1000))], NEWS)
def test_compiled_fingerprints_are_the_same(texts, options):
    in_python = columns_of(TextList(texts), options)
    together(in_python, compiled(TextList(texts), options), compiled(buffers_of(texts), options))


@given(st.lists(st.integers(0, 2**64 - 1), max_size=30), st.sampled_from([1, 16, 128]))
def test_compiled_signatures_are_the_same(hashes, num_perm):
    from dedupe_news.match.kernels.reading import sign

    hashes = np.array(hashes, dtype=np.uint64)
    permutations = Permutations.from_seed(3, num_perm)
    signed, room = np.empty(num_perm, dtype=np.uint32), np.empty(len(hashes), dtype=np.uint32)
    sign(hashes, len(hashes), permutations.multipliers, permutations.offsets, room, signed)
    lower = (hashes & np.uint64(0xFFFFFFFF)).astype(np.uint32)
    assert np.array_equal(signed, signature(lower, permutations))


@given(many_texts, st.sampled_from(OPTIONS))
@example(["word " * 400, "a b " * 300, "北京" * 50, " ".join(f"w{number}" for number in range(1000))], NEWS)
def test_compiled_shingle_sets_are_the_same(texts, options):
    positions = np.arange(len(texts))
    columns = compiled(TextList(texts), options)
    sets = shingle_sets(TextList(texts), positions, columns, options, num_threads=2)
    for position, text in enumerate(texts):
        expected = fingerprint("a", text, options).shingle_hashes
        assert np.array_equal(sets.of(position), expected)


@given(st.lists(strategies.bodies(max_words=30), min_size=1, max_size=6), st.data())
def test_common_shingles_are_those_of_python_sets(texts, data):
    place = st.integers(0, len(texts) - 1)
    pairs = np.array(data.draw(st.lists(st.tuples(place, place), max_size=8)), dtype=np.int64).reshape(-1, 2)
    positions = np.unique(pairs)
    expected = [
        len(
            set(fingerprint("a", texts[left], NEWS).shingle_hashes.tolist())
            & set(fingerprint("b", texts[right], NEWS).shingle_hashes.tolist())
        )
        for left, right in pairs.tolist()
    ]
    for columns in (
        columns_of(TextList(texts), NEWS),
        compiled(TextList(texts), NEWS),
    ):
        sets = shingle_sets(TextList(texts), positions, columns, NEWS, num_threads=1)
        assert count_common(sets, pairs, compiled=columns.compiled).tolist() == expected


@pytest.mark.parametrize("options", OPTIONS[:2])
def test_chunks_and_threads_change_nothing(monkeypatch, options):
    texts = [f"{scripted} story number {number} " * 3 for number in range(40) for scripted in SCRIPTS]
    at_once = compiled(TextList(texts), options, num_threads=1)
    monkeypatch.setattr(module, "_CHUNK", 500)
    together(
        at_once,
        compiled(TextList(texts), options, num_threads=4),
        compiled(buffers_of(texts, cuts=(1, 1, 100)), options, num_threads=3),
    )


def test_everybody_hears_how_far_it_is(monkeypatch):
    monkeypatch.setattr(module, "_CHUNK", 100)
    monkeypatch.setattr(module, "COMPILED_FROM", 0)
    heard = []
    texts = TextList(["some words " * 5] * 10)
    fingerprint_columns(texts, NEWS, num_threads=2, scratch=MemoryScratch(), tell=heard.append)
    assert heard == sorted(heard)
    assert heard[-1] == 10


@given(st.lists(strategies.texts, max_size=6), st.data())
def test_buffers_hold_the_texts(texts, data):
    cuts = sorted(data.draw(st.lists(st.integers(0, len(texts)), max_size=3)))
    held = buffers_of(texts, cuts)
    assert len(held) == len(texts)
    assert [held[position] for position in range(len(texts))] == texts
    positions = data.draw(st.lists(st.integers(0, len(texts) - 1), max_size=6)) if texts else []
    for chosen in (range(len(texts)), positions):
        values, bounds = held.encoded(chosen)
        other_values, other_bounds = TextList(texts).encoded(chosen)
        assert values[bounds[0] : bounds[-1]].tobytes() == other_values.tobytes()
        assert (np.diff(bounds) == np.diff(other_bounds)).all()


def test_a_page_of_one_shingle_takes_linear_time():
    # Repeats are put in order among the few that differ, or a hundred thousand equal ones would take ages.
    texts = ["word " * 100_000, "one two " * 100_000, "\u0301" * 100_000, "北" * 100_000]
    columns = compiled(TextList(texts), NEWS)
    sets = shingle_sets(TextList(texts), np.arange(4), columns, NEWS, num_threads=1)
    assert [len(sets.of(position)) for position in range(4)] == [1, 2, 0, 1]
