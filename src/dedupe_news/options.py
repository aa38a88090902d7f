"""Every number a user may turn, with its unit, range and reason."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from dedupe_news.errors import OptionError


def _require_range(name: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        hint = f"; for {value:g} % write {value / 100:g}" if high == 1 and 1 < value <= 100 else ""
        raise OptionError(f"{name} must be between {low:g} and {high:g}, got {value!r}{hint}")


def _require_one_of(name: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise OptionError(f"{name} must be one of {', '.join(known)}, got {value!r}")


def require_jobs(jobs: int) -> None:
    """Refuse a number of processes that is none."""
    _require_range("jobs", jobs, 1, 1024)


# Every rule that may change a text, by the name that its edits bear.
CLEAN_RULES = (
    "entity",
    "mojibake",
    "control",
    "line_break",
    "hyphenation",
    "invisible",
    "joiner",
    "bidi",
    "space",
    "kana",
    "full_width",
    "ragged_space",
    "dash",
    "quote",
    "wrapped_line",
    "paragraph",
    "run_on",
    "title",
    "byline",
    "dateline",
    "repeat",
)


@dataclass(frozen=True, slots=True)
class CleanOptions:
    """How one article is cleaned.

    Parameters
    ----------
    skip : collection of str
        Names of rules that are not applied; the README lists them all.
    min_repeat_words : int
        A passage that stands again is removed only from this many words on (a Han, Kana or
        Thai character counts as 0.6 of a word); three quarters of them suffice when the two
        stand side by side. Shorter ones are how people write: refrains, quoted lines, "He
        declined to comment." They go only as parts of a longer copy. Range 8 to 10 000, default 20.
    dash : str
        What a mended dash between words becomes: ``"em"``, an em dash, spaced as the mark was;
        or ``"spaced_en"``, an en dash between spaces.
    quotes : str
        ``"keep"`` leaves curly quotes and apostrophes as they are, ``"straight"`` makes them straight.
    """

    skip: Collection[str] = frozenset()
    min_repeat_words: int = 20
    dash: str = "em"
    quotes: str = "keep"

    def __post_init__(self) -> None:
        names = {self.skip} if isinstance(self.skip, str) else frozenset(self.skip)
        if unknown := names.difference(CLEAN_RULES):
            raise OptionError(
                f"skip names unknown rules: {', '.join(sorted(unknown))}; known are {', '.join(CLEAN_RULES)}"
            )
        object.__setattr__(self, "skip", frozenset(names))
        _require_range("min_repeat_words", self.min_repeat_words, 8, 10_000)
        _require_one_of("dash", self.dash, ("em", "spaced_en"))
        _require_one_of("quotes", self.quotes, ("keep", "straight"))


@dataclass(frozen=True, slots=True)
class MatchOptions:
    """How two articles are compared.

    Parameters
    ----------
    shingle_tokens : int
        Consecutive tokens in one shingle (Broder 1997). Range 1 to 32, default 5.
    shingle_chars : int
        If not 0, shingles are this many consecutive characters instead, of the tokens written
        without gaps: words that a scanner damaged, split or joined still share most of them.
        Range 0 to 32, default 0.
    min_jaccard : float
        Two articles are `near` duplicates from this exact Jaccard similarity on; 0 to 1.
    min_containment : float
        The shorter is `contained` in the longer from this share of its shingles on; 0 to 1.
    min_related : float
        Below this Jaccard similarity two articles of which neither contains the other are
        unrelated, whatever else they share. Candidates are looked for from here on; 0.05 to 1.
    min_contained_shingles : int
        Shorter articles than this are never called contained: a stock phrase is no excerpt.
    min_revision_containment : float
        A `revision` becomes one document with the other version when this share of the shorter
        one's shingles stands in the longer, and no passage of it would be lost and no other
        story be meant; otherwise it is reported and both are kept; 0 to 1.
    min_swapped_facts : float
        Two texts are of one `template`, and never merged, when this share of their numbers,
        dates or names differs, and there are two such differences in a hundred words. From one
        and a half on they are left apart, as a `revision`; 0 to 1.
    num_perm : int
        Hash functions in a signature. The standard error of the estimated Jaccard is at
        most ``0.5 / sqrt(num_perm)``. Range 16 to 1024, default 128.
    seed : int
        Seed of the hash functions, as datasketch takes it.
    """

    shingle_tokens: int = 5
    shingle_chars: int = 0
    min_jaccard: float = 0.7
    min_containment: float = 0.9
    min_related: float = 0.4
    min_contained_shingles: int = 40
    min_revision_containment: float = 0.8
    min_swapped_facts: float = 0.2
    num_perm: int = 128
    seed: int = 1

    def __post_init__(self) -> None:
        _require_range("shingle_tokens", self.shingle_tokens, 1, 32)
        _require_range("shingle_chars", self.shingle_chars, 0, 32)
        _require_range("min_jaccard", self.min_jaccard, 0, 1)
        _require_range("min_containment", self.min_containment, 0, 1)
        _require_range("min_related", self.min_related, 0.05, 1)
        _require_range("min_contained_shingles", self.min_contained_shingles, 1, 1_000_000)
        _require_range("min_revision_containment", self.min_revision_containment, 0, 1)
        _require_range("min_swapped_facts", self.min_swapped_facts, 0, 1)
        _require_range("num_perm", self.num_perm, 16, 1024)
        _require_range("seed", self.seed, 0, 2**32 - 1)


PRESETS: dict[str, MatchOptions] = {
    "strict": MatchOptions(min_jaccard=0.9, min_containment=0.97, min_revision_containment=0.97),
    "news": MatchOptions(),
    "noisy": MatchOptions(
        shingle_chars=6,
        min_jaccard=0.35,
        min_containment=0.4,
        min_related=0.2,
        min_contained_shingles=200,
        min_revision_containment=0.4,
        min_swapped_facts=0.3,
    ),
}


def match_options(match: str | MatchOptions) -> MatchOptions:
    """Return the options meant by a preset's name, or the options themselves."""
    if isinstance(match, MatchOptions):
        return match
    if match not in PRESETS:
        raise OptionError(f"match must be one of {', '.join(PRESETS)} or MatchOptions(...), got {match!r}")
    return PRESETS[match]
