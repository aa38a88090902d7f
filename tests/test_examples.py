"""The pile that the project ships, and what the main job makes of it; the scripts that scrape."""

import importlib.util
import json
import os
import re
import subprocess
import sys

import news_site
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


@pytest.fixture(scope="module")
def site():
    with news_site.serving() as site:
        yield site


def run(folder, *arguments):
    """Run Python in `folder`; return the lines that it printed, and what it said beside."""
    completed = subprocess.run(
        [sys.executable, *map(str, arguments)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert completed.returncode == 0, completed.stderr
    return completed.stdout.splitlines(), completed.stderr


def stories_of(site, lines):
    return {story["url"].removeprefix(site.root): story for story in map(json.loads, lines)}


def test_the_spider_brings_each_story_once_and_the_next_day_only_what_is_new(site, tmp_path):
    spider = [
        "-m",
        "scrapy",
        "runspider",
        ROOT / "examples" / "scrapy_spider.py",
        "-a",
        f"start={site.root}/",
    ]
    came = []
    for edition in (1, 2):
        site.edition = edition
        path = tmp_path / f"{edition}.jsonl"
        run(tmp_path, *spider, "-o", path)
        came.append(stories_of(site, path.read_text(encoding="utf-8").splitlines()))
    first, second = came
    assert len([url for url in first if url.endswith("/ferry")]) == 1
    assert {url for url in first if not url.endswith(("/ferry", "/lighthouse"))} == {
        "/kemwick/bridge", "/overby/phone", "/kemwick/market-monday", "/kemwick/market-tuesday",
    }  # fmt: skip
    assert first["/overby/phone"]["byline"] == "HILDE STAAL/OVERBY ECHO"
    assert first["/overby/phone"]["text"].count("was asleep") == 1
    assert "/kemwick/bridge" in second
    assert not [url for url in second if url.endswith(("/ferry", "/phone"))]


def test_the_loop_with_requests_prints_the_best_version_of_each_story(site, tmp_path):
    urls = [site.url(path) for path in news_site.blocks(1)]
    for edition, figure in ((1, "340,000"), (2, "415,000")):
        site.edition = edition
        lines, said = run(tmp_path, ROOT / "examples" / "requests_loop.py", *urls, site.url("/gone"))
        stories = stories_of(site, lines)
        assert len(stories) == 6
        assert figure in stories["/kemwick/bridge"]["body"]
        assert stories["/kemwick/lighthouse"]["copies"] == [site.url("/norrhaven/lighthouse")]
        assert f"{site.url('/gone')}: no article" in said
    assert f"{site.url('/overby/phone')}: again, as {site.url('/overby/phone')}" in said


def test_the_loop_over_feeds_prints_what_is_new(site, tmp_path):
    site.edition = 1
    script = ROOT / "examples" / "rss_loop.py"
    lines, said = run(tmp_path, script, site.url("/feed.xml"))
    stories = stories_of(site, lines)
    assert next(iter(stories)) == "/kemwick/ferry"
    assert len(stories) == 6
    assert stories["/overby/phone"]["body"].count("was asleep") == 1
    assert f"{site.url('/overby/ferry')}: duplicate, as {site.url('/kemwick/ferry')}" in said
    site.edition = 2
    assert list(stories_of(site, run(tmp_path, script, site.url("/feed.xml"))[0])) == ["/kemwick/bridge"]


def snippets():
    """Return the blocks of Python that the README shows for scrapers: settings, and a loop."""
    section = (ROOT / "README.md").read_text(encoding="utf-8").partition("## In a scraper")[2]
    return re.findall(r"^```python\n(.*?)^```$", section.partition("\n## ")[0], re.MULTILINE | re.DOTALL)


def test_the_loop_of_the_readme_runs_as_it_stands(site, tmp_path):
    _, loop = snippets()
    site.edition = 1
    lines, _ = run(tmp_path, "-c", loop.replace("https://news.example", site.root))
    assert lines[0] == "Night ferry to sail again in March"
    assert lines[-1] == f"{site.url('/overby/ferry')} belongs to {site.url('/kemwick/ferry')}"


def test_the_settings_of_the_readme_run_as_they_stand(site, tmp_path):
    settings, _ = snippets()
    site.edition = 1
    copies = [site.url(path) for path in ("/kemwick/ferry", "/overby/ferry", "/norrhaven/ferry")]
    project = {
        "scrapy.cfg": "[settings]\ndefault = settings\n",
        "settings.py": f"SPIDER_MODULES = ['spiders']\nTELNETCONSOLE_ENABLED = False\n{settings}",
        "spiders.py": (
            "import scrapy\n\n\n"
            "class Spider(scrapy.Spider):\n"
            f"    name, start_urls = 'news', {copies}\n\n"
            "    def parse(self, response):\n"
            "        yield {'url': response.url, 'text': response.xpath('string(//article)').get()}\n"
        ),
    }
    for name, content in project.items():
        (tmp_path / name).write_text(content, encoding="utf-8")
    run(tmp_path, "-m", "scrapy", "crawl", "news", "-O", "stories.jsonl")
    assert len((tmp_path / "stories.jsonl").read_text(encoding="utf-8").splitlines()) == 1
    assert (tmp_path / ".scrapy" / "dedupe_news.db").exists()


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
