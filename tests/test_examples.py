"""The pile that the project ships: what the main job makes of it."""

import importlib.util
import json
import os
import subprocess
import sys

import pyarrow.parquet as pq
import pytest
from conftest import ROOT

import dedupe_news

PILE = ROOT / "examples" / "pile.jsonl"
HARBOUR_PARAGRAPHS = 12


def articles():
    for line in PILE.read_text(encoding="utf-8").splitlines():
        try:
            yield json.loads(line)
        except ValueError:
            continue


RECEIVED = {article.get("id"): article for article in articles()}


@pytest.fixture(scope="module")
def result():
    return dedupe_news.dedupe(articles())


@pytest.fixture(scope="module")
def stories(result):
    return {
        frozenset([document.id, *(copy.id for copy in document.duplicates)]) for document in result.documents
    }


def test_the_pile_is_as_its_page_says():
    assert len(RECEIVED) == 25
    page = (ROOT / "examples" / "README.md").read_text(encoding="utf-8")
    assert all(f"`{name}`" in page for name in RECEIVED if name)
    assert (ROOT / "examples" / "harbour.txt").read_text(encoding="utf-8") == RECEIVED["np-20481"]["text"]


def test_every_article_is_accounted_for(result):
    summary = result.summary
    assert (summary.received, summary.rejected) == (25, 0)
    assert summary.received == summary.canonical + summary.duplicates + summary.rejected


@pytest.mark.parametrize(
    "story",
    [
        {"np-20481", "sv-533"},
        {"tg-7710", "pe-9102", "np-19977"},
        {"cb-118", "tg-7745", "oe-3340"},
        {"yq-1107-3", "dh-88213"},
        {"wire-0117-01", "wire-0118-03"},
    ],
    ids=min,
)
def test_reprints_excerpts_and_revisions_are_one_story(stories, story):
    assert frozenset(story) in stories


@pytest.mark.parametrize("name", ["tp-2281", "tp-2307", "ex-0602", "ex-0604"])
def test_siblings_from_one_template_stay_apart(stories, name):
    assert frozenset([name]) in stories


def test_siblings_are_told_as_relations(result):
    templates = {frozenset((r.left, r.right)) for r in result.relations if r.kind == "template"}
    assert templates == {frozenset(["tp-2281", "tp-2307"]), frozenset(["ex-0602", "ex-0604"])}


def test_the_tripled_article_is_one_copy_with_its_parts():
    document = dedupe_news.clean(RECEIVED["np-20481"])
    assert document.title == "Harbour towns bet on cold storage to win back fish trade"
    assert document.byline == "MARA LINDQVIST/NORRHAVEN POST"
    assert document.standfirst.startswith("Freezing plants and online auctions")
    assert len(document.paragraphs) == HARBOUR_PARAGRAPHS
    assert document.paragraphs[0].startswith("The coastal council of Norrhaven")
    assert document.paragraphs[-1].endswith('in the years ahead," Oduya said.')
    assert "last month—the fastest pace in 14 months—while landings" in document.body


@pytest.mark.parametrize("name", ["np-20481", "cb-118", "mh-552", "vb-2020"])
def test_no_sentence_stands_twice_after_cleaning(name):
    body = dedupe_news.clean(RECEIVED[name]).text
    sentences = [sentence for sentence in body.replace("\n", " ").split(". ") if len(sentence.split()) > 8]
    assert len(sentences) == len(set(sentences))


def test_run_ons_are_parted():
    paragraphs = dedupe_news.clean(RECEIVED["pe-8840"]).paragraphs
    assert any(paragraph.startswith("Ewan Strake, 58, who") for paragraph in paragraphs)
    assert any(paragraph.endswith("within the next fortnight.") for paragraph in paragraphs)


def test_odd_characters_are_mended():
    text = dedupe_news.clean(RECEIVED["ht-77"]).text
    assert "“It’s the first thing we’ve ever asked of them,”" in text
    assert "the observatory pays" in text
    assert not set(text) & set("\u200b\u00ad\ufeff\u00a0â€")


@pytest.mark.parametrize("name", ["tg-7710", "tp-2281", "ex-0602", "cb-131", "as-90"])
def test_articles_without_damage_are_left_as_they_are(name):
    document = dedupe_news.clean(RECEIVED[name])
    assert document.text == RECEIVED[name]["text"]
    assert document.edits == ()


def test_a_refrain_that_stands_twice_is_left_alone():
    assert dedupe_news.clean(RECEIVED["sv-415"]).text == RECEIVED["sv-415"]["text"]


@pytest.mark.parametrize("name", list(RECEIVED))
def test_the_received_text_comes_back(name):
    assert dedupe_news.clean(RECEIVED[name]).restore() == RECEIVED[name]["text"]


def example(name):
    """Import an example, as an orchestrator does."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "examples" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_tasks_on_files_find_the_stories_of_the_pile(result, tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "src"))
    tasks = example("airflow_tasks")
    pile = tasks.collect(str(PILE.parent), str(tmp_path / "day"))
    stories = tasks.deduplicate(pile)
    assert tasks.deduplicate(pile) == stories  # tried again
    assert tasks.report(stories) == {
        "stories": len(result.documents),
        "contained": 1,
        "exact": 2,
        "near": 3,
        "revision": 1,
    }


def test_a_flow_on_columns_finds_the_stories_of_the_pile(result, tmp_path):
    stories = pq.read_table(example("prefect_flow").news(str(PILE), str(tmp_path)))
    assert stories["clean_canonical_id"].to_pylist() == [document.id for document in result.documents]
    assert stories["clean_body"].to_pylist() == [document.body for document in result.documents]
    assert pq.read_table(tmp_path / "annotated.parquet").num_rows == len(RECEIVED)


def test_a_pipe_counts_what_was_printed_again(stories, tmp_path):
    script = tmp_path / "dedupe"
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m dedupe_news.cli "$@"\n', encoding="utf-8")
    script.chmod(0o755)
    environment = {
        **os.environ,
        "PATH": f"{tmp_path}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT / "src"),
        "LC_ALL": "C.UTF-8",
    }
    command = ["sh", str(ROOT / "examples" / "most_reprinted.sh"), str(PILE)]
    counted = subprocess.run(command, env=environment, check=True, capture_output=True, encoding="utf-8")
    counts = [(int(line.split()[0]), line.split()[1]) for line in counted.stdout.splitlines()]
    assert counts == sorted(counts, key=lambda found: (-found[0], found[1]))
    assert {count for count, _ in counts} == {len(story) - 1 for story in stories if len(story) > 1}
    assert "12: not JSON" in counted.stderr
