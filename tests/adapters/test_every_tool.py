"""What holds for every tool: the same rows give the same verdicts, and nothing else changes."""

import json
import sys
from contextlib import redirect_stderr

import pytest
import strategies
from hypothesis import given, settings
from hypothesis import strategies as st
from tools import COLUMNS, TOOLS

import dedupe_news
from dedupe_news import CleanOptions, InputError, MissingExtraError, OptionError, cli
from dedupe_news.intake import text_id
from dedupe_news.pipeline.frames import USUAL_COLUMNS, VERDICT_COLUMNS

STORY = " ".join(f"word{letter}{tail}" for letter in "abcdefghij" for tail in "klmnopqrst")
OTHER = " ".join(f"other{letter}{tail}" for letter in "abcdefghij" for tail in "klmnopqrst")

every_tool = pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
every_package = pytest.mark.parametrize(
    "tool", [tool for tool in TOOLS if " " not in tool.name], ids=lambda tool: tool.name
)


@pytest.fixture(autouse=True, scope="module")
def quiet_datasets():
    if "datasets" in sys.modules:
        sys.modules["datasets"].disable_progress_bars()


@st.composite
def piles(draw, missing=(None,)):
    """Draw rows: texts that come again, some missing; ids of their own, of their text, or none."""
    texts = [*draw(strategies.piles()), *draw(st.lists(st.sampled_from(missing), max_size=2))]
    order = draw(st.permutations(range(len(texts))))
    ids = st.sampled_from(["own", "of the text", None, ""])
    rows = []
    for number, text in enumerate(texts[place] for place in order):
        kind = draw(ids)
        rows.append(
            {
                "row": number,
                "id": {"own": f"n{number}", "of the text": f"t{texts.index(text)}"}.get(kind, kind),
                "text": text,
                "title": draw(st.sampled_from(["Storm", None])),
                "published": draw(st.sampled_from(["2020-11-09", "2020-11-10", None])),
                "section": draw(st.sampled_from(["sport", None])),
            }
        )
    return rows


def in_memory(rows, **options):
    """Return what `dedupe_news.dedupe` makes of the rows that have a text: by row of the canonical article."""
    result = dedupe_news.dedupe([row for row in rows if row["text"] is not None], **options)
    assert not result.rejects
    return {
        document.extra["row"]: (
            document.id,
            sorted(
                (duplicate.relation.kind, duplicate.relation.jaccard, duplicate.relation.containment)
                for duplicate in document.duplicates
            ),
        )
        for document in result.documents
    }


def annotated_stories(annotated):
    """Return the same of rows with verdicts."""
    canonical = {row["canonical_id"]: row for row in annotated if row["relation"] is None and row["canonical_id"]}
    members = {row["row"]: [] for row in canonical.values()}
    for row in annotated:
        if row["relation"] is not None:
            verdict = row["relation"], row["jaccard"], row["containment"]
            members[canonical[row["canonical_id"]]["row"]].append(verdict)
    return {row["row"]: (id, sorted(members[row["row"]])) for id, row in canonical.items()}


def quick(tool):
    """Return how many examples are drawn for a tool: one that plans or caches takes longer for each."""
    return settings(max_examples=12 if tool.extra == "datasets" or tool.lazy else 40)


@every_tool
def test_rows_are_the_canonical_ones_of_the_library(tool):
    adapter = tool.adapter

    @quick(tool)
    @given(piles(), st.booleans())
    def holds(rows, is_cleaned):
        clean = CleanOptions() if is_cleaned else None
        expected = in_memory(rows, clean=clean)
        kept = tool.rows(adapter.dedupe(tool.frame(rows), clean=clean))
        missing = {row["row"] for row in rows if row["text"] is None}
        assert [row["row"] for row in kept] == sorted(expected.keys() | missing)
        assert kept == [rows[row["row"]] for row in kept]
        annotated = tool.rows(adapter.dedupe(tool.frame(rows), clean=clean, annotate=True))
        assert annotated_stories(annotated) == expected
        assert [{name: row[name] for name in COLUMNS} for row in annotated] == rows

    holds()


@every_package
def test_annotated_rows_joined_back_are_those_of_the_command(tool, tmp_path):
    adapter = tool.adapter

    @settings(max_examples=8)
    @given(piles())
    def holds(rows):
        pile, output = tmp_path / "pile.jsonl", tmp_path / "all.jsonl"
        pile.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        with (
            (tmp_path / "words").open("w", encoding="utf-8") as words,
            redirect_stderr(words),
            pytest.raises(SystemExit),
        ):
            cli.main([str(pile), "-o", str(output), "--annotate", "--jobs", "1", "--quiet"])
        of_command = {row["row"]: row for row in map(json.loads, output.read_text("utf-8").splitlines())}
        for row in tool.rows(adapter.dedupe(tool.frame(rows), annotate=True)):
            if row["text"] is None:
                assert row["row"] not in of_command
                assert [row[name] for name in VERDICT_COLUMNS] == [None] * 4
                continue
            document = of_command.pop(row["row"])
            relation = document["relation"] or dict.fromkeys(["kind", "jaccard", "containment"])
            assert row["canonical_id"] == (document["duplicate_of"] or document["id"])
            told = [row["relation"], row["jaccard"], row["containment"]]
            assert told == [relation["kind"], relation["jaccard"], relation["containment"]]
        assert not of_command

    holds()


@every_tool
def test_cleaning_gives_what_the_library_gives(tool):
    adapter = tool.adapter

    @quick(tool)
    @given(piles())
    def holds(rows):
        cleaned = tool.rows(adapter.clean(tool.frame(rows), prefix="clean_"))
        assert [{name: row[name] for name in COLUMNS} for row in cleaned] == rows
        for row, received in zip(cleaned, rows, strict=True):
            told = [row[f"clean_{name}"] for name in USUAL_COLUMNS]
            if received["text"] is None:
                assert told == [None] * len(USUAL_COLUMNS)
            else:
                document = dedupe_news.clean(received["text"], title=received["title"])
                assert told == [getattr(document, name) for name in USUAL_COLUMNS]

    holds()


GLUED = "Council votes to keep its last phone boxHILDE STAAL/OVERBY ECHO \n  \n \nThe council voted on Monday."


@every_tool
def test_new_columns_are_put_at_the_end_and_old_ones_of_their_names_replaced(tool):
    rows = [{"text": GLUED * 2, "title": None, "section": "x"}]
    frame = tool.frame(rows, ["title", "text", "section"])
    [row] = tool.rows(tool.adapter.clean(frame))
    assert list(row) == ["title", "text", "section", "byline", "dateline", "standfirst", "body"]
    assert (row["title"], row["byline"]) == (
        "Council votes to keep its last phone box",
        "HILDE STAAL/OVERBY ECHO",
    )
    assert (row["body"], row["section"]) == ("The council voted on Monday.", "x")
    assert row["text"].count("voted on Monday") == 1


@every_tool
def test_the_evidence_is_told_if_it_is_asked_for(tool):
    story = f"{STORY}. " * 2
    frame = tool.frame([{"text": story}, {"text": None}], ["text"])
    told = tool.rows(tool.adapter.clean(frame, columns=["paragraphs", "edits", "repeats"], prefix="of "))
    document = dedupe_news.clean(story)
    assert list(told[0]["of paragraphs"]) == list(document.paragraphs)
    assert [edit["rule"] for edit in told[0]["of edits"]] == [edit.rule for edit in document.edits]
    [repeat] = told[0]["of repeats"]
    assert list(repeat["removed"]) == list(document.repeats[0].removed)
    assert told[1] == {"text": None, "of paragraphs": None, "of edits": None, "of repeats": None}


@every_tool
def test_deduplicating_can_add_clean_columns_in_the_same_pass(tool):
    frame = tool.frame([{"text": GLUED}, {"text": GLUED * 2}], ["text"])
    [row] = tool.rows(tool.adapter.dedupe(frame, columns=["title"], prefix="clean_"))
    assert row["clean_title"] == "Council votes to keep its last phone box"
    assert set(row) == {"text", "clean_title"}


@every_package
def test_names_are_those_the_caller_gives(tool):
    columns = ["n", "content", "headline", "text", "day"]
    rows = [
        {"n": "a", "content": STORY, "headline": "H", "text": "one", "day": "2020-11-10"},
        {"n": "b", "content": STORY, "headline": "H", "text": "two", "day": "2020-11-09"},
    ]
    frame = tool.frame(rows, columns)
    told = tool.rows(tool.adapter.dedupe(frame, text="content", id="n", title="headline", date="day", annotate=True))
    assert [row["canonical_id"] for row in told] == ["b", "b"]
    assert [row["text"] for row in told] == ["one", "two"]


@every_package
def test_a_column_that_only_happens_to_have_our_name_is_left_alone(tool):
    rows = [{"id": "a", "text": STORY}, {"id": "a", "text": OTHER}]
    frame = tool.frame(rows, ["id", "text"])
    told = tool.rows(tool.adapter.dedupe(frame, id=False, annotate=True))
    assert [row["canonical_id"] for row in told] == [text_id(STORY), text_id(OTHER)]
    frame = tool.frame([{"row": 1, "text": STORY}], ["row", "text"])
    assert tool.rows(tool.adapter.dedupe(frame, id="row", annotate=True))[0]["canonical_id"] == 1


@every_package
def test_whole_numbers_are_ids_and_come_back_as_such(tool):
    rows = [{"row": 7, "text": STORY}, {"row": 9, "text": STORY}, {"row": 8, "text": OTHER}]
    told = tool.rows(tool.adapter.dedupe(tool.frame(rows, ["row", "text"]), id="row", annotate=True))
    assert [row["canonical_id"] for row in told] == [7, 7, 8]


@every_tool
def test_empty_frames_come_back_empty_with_their_new_columns(tool):
    if tool.name == "datasets stream":
        pytest.skip("an empty stream has no columns")
    frame = tool.adapter.dedupe(tool.frame([]), annotate=True)
    assert tool.rows(frame) == []
    if tool.name in ("arrow", "pandas", "polars", "datasets"):
        columns = frame.columns if tool.name in ("pandas", "polars") else frame.column_names
        assert list(columns) == [*COLUMNS, *VERDICT_COLUMNS]
    assert tool.rows(tool.adapter.clean(tool.frame([]))) == []


CONFLICT = [{"row": 0, "id": "a", "text": STORY}, {"row": 1, "id": "b"}, {"row": 2, "id": "a", "text": OTHER}]


@every_tool
@pytest.mark.parametrize(
    ("work", "options", "said"),
    [
        ("clean", {"text": "body"}, r"no column 'body' \(text=\); its columns are: row, id, text"),
        ("dedupe", {"text": "body"}, r"no column 'body' \(text=\); its columns are: row, id, text"),
        ("dedupe", {"date": "day"}, r"no column 'day' \(date=\); its columns are: row, id, text"),
        ("clean", {"text": "row"}, r"column 'row' \(text=\) must hold text: .*int64; the columns are: row, id"),
        ("dedupe", {"title": "row"}, r"column 'row' \(title=\) must hold text: .*int64"),
        ("dedupe", {}, r"id 'a' at row 2 is another article's already, at row 0 .*id=False"),
        ("clean", {"columns": ["titel"]}, "columns names unknown ones: titel; known are title, byline"),
        ("dedupe", {"match": "loose"}, "match must be one of strict, news, noisy"),
        ("dedupe", {"jobs": 0}, "jobs must be between 1 and 1024"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_clear_error(tool, work, options, said):
    errors = [InputError, OptionError]
    if tool.name == "polars lazy":  # Polars before 1.3 wraps what is raised while it collects
        errors.append(tool.needed().exceptions.ComputeError)
    with pytest.raises(tuple(errors), match=said):
        tool.rows(getattr(tool.adapter, work)(tool.frame(CONFLICT), **options))


@every_package
def test_another_kind_of_frame_is_refused(tool):
    for work in (tool.adapter.clean, tool.adapter.dedupe):
        with pytest.raises(InputError, match=r"expected a .*, got list"):
            work([{"text": "A storm."}])


@pytest.mark.parametrize("tool", [tool for tool in TOOLS if tool.extra == tool.name], ids=lambda tool: tool.name)
def test_a_missing_package_is_asked_for_by_the_extra_that_brings_it(tool, monkeypatch):
    adapter = tool.adapter
    monkeypatch.setitem(sys.modules, tool.package, None)
    with pytest.raises(MissingExtraError, match=rf"{tool.package} .*pip install 'dedupe-news\[{tool.extra}\]'"):
        adapter.clean([])
