"""What hypothesis draws from: bodies, and what transmission does to them."""

from __future__ import annotations

from hypothesis import strategies as st

# Enough words that two bodies drawn apart share few shingles, few enough that examples stay readable.
_WORDS = [
    head + tail
    for head in ("mar", "lo", "ste", "ken", "wi", "du", "fra", "pol", "ri", "ba")
    for tail in ("ton", "vel", "shire", "ing", "ford", "der", "mond", "wick")
]

words = st.sampled_from(_WORDS)


def bodies(min_words: int = 0, max_words: int = 120) -> st.SearchStrategy[str]:
    """Draw lower-case text without names or numbers: only its words can differ."""
    return st.lists(words, min_size=min_words, max_size=max_words).map(" ".join)


@st.composite
def damaged(draw: st.DrawFn, body: str) -> str:
    """Draw `body` with a few words dropped, doubled or replaced."""
    tokens = body.split()
    for _ in range(draw(st.integers(0, 4))):
        if tokens:
            at = draw(st.integers(0, len(tokens) - 1))
            tokens[at : at + 1] = draw(st.sampled_from([[], [tokens[at]] * 2, [draw(words)]]))
    return " ".join(tokens)


@st.composite
def piles(draw: st.DrawFn, max_stories: int = 5) -> list[str]:
    """Draw a pile of texts in which stories come again: equal, damaged, cut, or one inside another."""
    stories = draw(st.lists(bodies(min_words=0, max_words=90), min_size=1, max_size=max_stories))
    pile = list(stories)
    for _ in range(draw(st.integers(0, 8))):
        story = draw(st.sampled_from(stories))
        other = draw(st.sampled_from(stories))
        pile.append(
            draw(
                st.one_of(
                    st.just(story),
                    st.just(story.upper()),
                    damaged(story),
                    st.just(story[: len(story) // 2]),
                    st.just(f"{story} {other}"),
                )
            )
        )
    return pile


texts = st.one_of(st.text(max_size=300), bodies())
"""Any text at all: every script, marks, lone surrogates."""
