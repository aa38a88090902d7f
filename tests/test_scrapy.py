"""The Scrapy pipeline: real crawls of a small news site, and its parts by themselves."""

import asyncio
import csv
import dataclasses
import json
import os
import subprocess
import sys
import threading
import time
from concurrent.futures import Future
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import attrs
import news_site
import pydantic
import pytest
import scrapy
import twisted.internet
from conftest import ROOT
from itemadapter import ItemAdapter
from scrapy.exceptions import DropItem, NotConfigured
from scrapy.settings import Settings

import dedupe_news
from dedupe_news import (
    ArticleError,
    CleanOptions,
    IndexFileError,
    IndexMismatchError,
    MatchOptions,
    OptionError,
)
from dedupe_news.adapters.scrapy import Addon, DedupePipeline, DuplicateItem
from dedupe_news.adapters.scrapy.items import read_item, write_clean
from dedupe_news.adapters.scrapy.settings import crawl_options, duration, fields_named, is_asked
from dedupe_news.adapters.scrapy.worker import awaitable, judge

OUTCOMES = ("new", "updated", "better", "duplicates", "without_text", "failed")
FERRY = "\n".join(news_site.FERRY)
BRIDGE = "\n".join(news_site.BRIDGE)
PHONE = news_site.PHONE
LIGHTHOUSE = "\n".join(news_site.LIGHTHOUSE)


# --- whole crawls ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def site():
    with news_site.serving() as site:
        yield site


def crawl(site, folder, edition=1, **asked):
    """Crawl the site in `folder`; return what came, with addresses as paths, and the log."""
    site.edition = edition
    completed = subprocess.run(
        [sys.executable, ROOT / "tests" / "one_crawl.py", json.dumps({"root": site.root, **asked})],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(Path(dedupe_news.__file__).parent.parent)},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert completed.stdout, completed.stderr
    came = json.loads(completed.stdout.replace(site.root, ""))
    items = {item["url"]: item for item in came.pop("items")}
    dropped = {item.pop("url"): item for item in came.pop("dropped")}
    return SimpleNamespace(**came, items=items, dropped=dropped, log=completed.stderr.replace(site.root, ""))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("crawls")


@pytest.fixture(scope="module")
def first(site, folder):
    return crawl(site, folder)


@pytest.fixture(scope="module")
def second(site, folder, first):
    """The same crawl the next day, in a new process, with one page updated."""
    return crawl(site, folder, edition=2)


@pytest.fixture(scope="module")
def reset(site, folder, second):
    """The same once more with the index reset, with items of Scrapy's own and a reactor without asyncio."""
    settings = {"TWISTED_REACTOR": "twisted.internet.selectreactor.SelectReactor"}
    arguments = {"dedupe_reset": "1"}
    return crawl(site, folder, edition=2, arguments=arguments, settings=settings, items="scrapy")


STORIES = [
    "/kemwick/ferry",
    "/kemwick/bridge",
    "/overby/phone",
    "/norrhaven/lighthouse",
    "/kemwick/lighthouse",
    "/kemwick/market-monday",
    "/kemwick/market-tuesday",
]


def test_each_story_comes_through_once(first):
    assert first.reasons == ["finished"]
    assert list(first.items) == ["/", *STORIES]


def test_what_is_dropped_names_what_came_through_and_why(first):
    assert set(first.dropped) == {"/overby/ferry", "/norrhaven/ferry"}
    assert {drop["duplicate_of"] for drop in first.dropped.values()} == {"/kemwick/ferry"}
    reason = first.dropped["/norrhaven/ferry"]["reason"]
    assert reason.startswith("duplicate of /kemwick/ferry (near; Jaccard 0.9")
    assert f"Dropped: {reason}" in first.log


def test_a_body_that_stands_three_times_comes_through_once_and_clean(first):
    item = first.items["/overby/phone"]
    assert item["body"].count("was asleep") == 1
    assert "last year—three more than the year before—and" in item["body"]
    # It had no headline of its own; the text held one, run into its credit.
    assert item["headline"] == news_site.PHONE_TITLE
    assert item["body"].startswith(f"{item['headline']}\n\nHILDE STAAL/OVERBY ECHO\n\nOverby town council")
    assert set(item) == {"url", "headline", "body"}  # nothing is added that was not there


def test_an_excerpt_does_not_keep_the_whole_away(first):
    assert len(first.items["/kemwick/lighthouse"]["body"]) > len(first.items["/norrhaven/lighthouse"]["body"])
    assert first.stats["better"] == 1


def test_a_page_without_an_article_passes_untouched(first):
    assert first.items["/"] == {"url": "/", "links": 9}


def test_every_item_is_counted_once(first, second):
    assert first.stats == {
        "new": 6, "better": 1, "duplicates": 2, "duplicates/exact": 1, "duplicates/near": 1,
        "without_text": 1, "index": 8, "expired": 0,
    }  # fmt: skip
    for run in (first, second):
        assert sum(run.stats.get(outcome, 0) for outcome in OUTCOMES) == len(run.items) + len(run.dropped)


def test_after_a_restart_only_the_updated_page_comes_through(second):
    assert list(second.items) == ["/", "/kemwick/bridge"]
    assert "415,000 crowns" in second.items["/kemwick/bridge"]["body"]
    assert second.stats["updated"] == 1
    assert second.stats["duplicates/same"] == 7
    assert second.dropped["/overby/phone"]["reason"] == "had before, with the same text: /overby/phone"


def test_the_update_is_what_is_known_of_the_page(folder, second, site):
    with dedupe_news.Index(folder / ".scrapy" / "dedupe_news.db", read_only=True) as index:
        assert len(index) == 8
        document = index.document_of(site.url("/kemwick/bridge"))
    assert "415,000 crowns" in document.text


def test_a_reset_begins_anew_also_without_asyncio(first, reset):
    assert list(reset.items) == list(first.items)
    assert reset.stats == first.stats


def test_the_index_is_closed_after_a_crawl(folder, reset):
    assert [path.name for path in (folder / ".scrapy").iterdir()] == ["dedupe_news.db"]


def test_the_guess_of_fields_is_told_once(first):
    assert first.log.count("text from 'body'") == 1


def test_tagging_hands_everything_on_and_says_what_dropping_would_drop(site, tmp_path, first):
    settings = {
        "DEDUPE_NEWS_ACTION": "tag",
        "DEDUPE_NEWS_FIELDS": "byline=author",
        "JOBDIR": str(tmp_path / "job"),
        "FEEDS": {str(tmp_path / "all.csv"): {"format": "csv"}},
    }
    run = crawl(site, tmp_path, settings=settings)
    tags = {url: item.get("duplicate_of") for url, item in run.items.items()}
    assert {url: tag for url, tag in tags.items() if tag} == {
        url: drop["duplicate_of"] for url, drop in first.dropped.items()
    }
    assert run.items["/norrhaven/ferry"]["relation"]["kind"] == "near"
    assert run.items["/kemwick/lighthouse"]["supersedes"] == ["/norrhaven/lighthouse"]
    assert run.items["/overby/phone"]["author"] == "HILDE STAAL/OVERBY ECHO"
    assert (tmp_path / "job" / "dedupe_news.db").exists()  # the state of a job is in one place
    assert not (tmp_path / ".scrapy").exists()
    with (tmp_path / "all.csv").open(encoding="utf-8", newline="") as file:
        assert len(list(csv.reader(file))) == 1 + len(run.items)


def test_a_job_that_is_resumed_brings_the_rest_and_nothing_twice(site, tmp_path, first):
    job = {"JOBDIR": "job"}
    began = crawl(site, tmp_path, settings={**job, "CLOSESPIDER_ITEMCOUNT": 3})
    assert began.reasons == ["closespider_itemcount"]
    resumed = crawl(site, tmp_path, settings=job)
    articles = [*began.items, *resumed.items]
    assert sorted(url for url in articles if url != "/") == sorted(STORIES)


def test_without_a_reactor_it_is_the_same(site, tmp_path, first):
    run = crawl(site, tmp_path, without_reactor=True, items="attrs")
    assert list(run.items) == list(first.items)
    assert run.stats == first.stats


def test_spiders_of_one_process_share_an_index(site, tmp_path, first):
    run = crawl(site, tmp_path, spiders=["news", "other", "forgetful"])
    assert run.stats["new"] == first.stats["new"]
    assert run.stats["without_text"] == 2  # the third is switched off by its custom_settings
    assert run.reasons == ["finished"] * 3


def test_another_pipeline_that_fails_leaves_the_index_closed(site, tmp_path):
    settings = {"ITEM_PIPELINES": {"__main__.BrokenPipeline": 900}}
    run = crawl(site, tmp_path, settings=settings)
    assert run.items == {}
    assert "no database" in run.log
    assert [path.name for path in (tmp_path / ".scrapy").iterdir()] == ["dedupe_news.db"]


# --- the pipeline by itself ------------------------------------------------------------------------


class Stats(dict):
    """What a stats collector does, as far as it matters here."""

    def inc_value(self, key, count=1):
        self[key.removeprefix("dedupe_news/")] = self.get(key.removeprefix("dedupe_news/"), 0) + count

    def set_value(self, key, value):
        self[key.removeprefix("dedupe_news/")] = value


@pytest.fixture
def pipeline(tmp_path):
    """Return what opens a pipeline with settings, over one index; all are closed in the end."""
    opened = []

    def open_pipeline(spider=None, **settings):
        settings = {f"DEDUPE_NEWS_{name.upper()}": value for name, value in settings.items()}
        crawler = SimpleNamespace(
            settings=Settings({"DEDUPE_NEWS_INDEX": str(tmp_path / "seen.db"), **settings}),
            stats=Stats(),
            spider=spider,
        )
        pipeline = DedupePipeline.from_crawler(crawler)
        pipeline.open_spider()
        pipeline.stats = crawler.stats
        opened.append(pipeline)
        return pipeline

    yield open_pipeline
    for pipeline in opened:
        pipeline.close_spider()


def process(pipeline, *items, **spider):
    """Return what becomes of items that are scraped at once: the item, or the `DropItem`."""

    async def all_at_once():
        return await asyncio.gather(
            *(pipeline.process_item(item, **spider) for item in items), return_exceptions=True
        )

    return asyncio.run(all_at_once())


def page(url, text, **more):
    return {"url": url, "text": text, **more}


def test_scrapy_may_hand_the_spider_or_not(pipeline):
    one = pipeline()
    [item] = process(one, page("/a", PHONE))
    [dropped] = process(one, page("/b", PHONE), spider=object())
    assert item["url"] == "/a"
    assert isinstance(dropped, DuplicateItem)
    assert isinstance(dropped, DropItem)
    assert (dropped.duplicate_of, dropped.match.relation.kind) == ("/a", "exact")
    one.close_spider(object())


def test_items_are_looked_up_one_at_a_time_in_the_order_in_which_they_came(pipeline, monkeypatch):
    asked, at_work, threads = [], [], set()

    def slow_judge(index, article):
        at_work.append(article["id"])
        time.sleep(0.002)
        assert at_work == [article["id"]]
        at_work.clear()
        asked.append(article["id"])
        threads.add(threading.current_thread())
        return judge(index, article)

    monkeypatch.setattr("dedupe_news.adapters.scrapy.worker.judge", slow_judge)
    urls = [f"/{number}" for number in range(12)]
    came = process(pipeline(), *(page(url, PHONE) for url in urls))
    assert asked == urls
    assert [item["url"] for item in came if isinstance(item, dict)] == ["/0"]
    assert len(threads) == 1
    assert threading.main_thread() not in threads


def test_what_came_through_stands_for_what_is_dropped_though_that_is_a_line_longer(pipeline, tmp_path):
    one = pipeline()
    texts = [
        PHONE,
        PHONE + "\nRead also: Trees of the town",
        PHONE + "\nRead also: Trees of the town, by street",
    ]
    came = process(one, *(page(f"/{number}", text) for number, text in enumerate(texts)))
    assert [getattr(drop, "duplicate_of", None) for drop in came] == [None, "/0", "/0"]
    one.close_spider()
    with dedupe_news.Index(tmp_path / "seen.db", read_only=True) as index:
        assert [document.id for document in index.documents()] == ["/0"]


def test_a_story_that_grows_comes_through_when_it_has_grown(pipeline):
    lines = news_site.LIGHTHOUSE
    came = process(pipeline(), *(page(f"/{n}", "\n".join(lines[:n])) for n in range(3, 7)))
    assert [item["url"] for item in came if isinstance(item, dict)] == ["/3", "/5"]


def test_an_updated_page_comes_through_only_if_the_page_did(pipeline):
    one = pipeline()
    process(one, page("/a", BRIDGE), page("/b", BRIDGE))
    other_line = "\nThe next council meeting is on Friday."
    [copy, original] = process(one, page("/b", BRIDGE + other_line), page("/a", BRIDGE + other_line))
    assert copy.duplicate_of == "/a"
    assert original["url"] == "/a"
    assert one.stats["updated"] == 1


def test_siblings_of_one_template_come_through(pipeline):
    days = [news_site.market("Monday", 412, 655, "Nineteen"), news_site.market("Friday", 390, 702, "Six")]
    came = process(pipeline(), *(page(f"/{n}", "\n".join(text)) for n, text in enumerate(days)))
    assert [item["url"] for item in came] == ["/0", "/1"]


def test_an_item_that_fails_comes_through_as_it_came(pipeline, caplog):
    one = pipeline()
    unclear = {"url": "/a", "body": PHONE, "content": FERRY}
    number = {"url": "/b", "text": 17}
    parts = {"url": "/c", "body": ["One storm.", "Two storms."]}
    came = process(one, dict(unclear), dict(unclear), number, parts)
    assert came == [unclear, unclear, number, parts]
    assert one.stats == {"failed": 3, "failed/ArticleError": 3, "without_text": 1}
    assert (
        caplog.text.count("'body' and 'content' may each be the text; name the one: DEDUPE_NEWS_FIELDS") == 1
    )
    assert "'body' is a list of 2 strings" in caplog.text


def test_an_index_that_fails_stops_no_crawl(pipeline, caplog, monkeypatch):
    def full(*_):
        raise OSError("no space left on device")

    one = pipeline()
    monkeypatch.setattr("dedupe_news.adapters.scrapy.worker.judge", full)
    [item] = process(one, page("/a", PHONE * 2))
    assert item == page("/a", PHONE * 2)
    assert one.stats == {"failed": 1, "failed/OSError": 1}
    assert "no space left on device" in caplog.text


def test_an_error_reaches_a_crawl_without_asyncio(monkeypatch):
    at_once = SimpleNamespace(callFromThread=lambda call: call())
    monkeypatch.setattr(twisted.internet, "reactor", at_once, raising=False)
    future, caught = Future(), []
    awaitable(future).addErrback(lambda failure: caught.append(failure.value))
    future.set_exception(OSError("no space left on device"))
    assert [str(error) for error in caught] == ["no space left on device"]


def test_what_is_no_item_passes(pipeline):
    one, thing = pipeline(), object()
    assert process(one, thing) == [thing]
    assert one.stats == {"without_text": 1}


def test_articles_not_seen_for_long_are_forgotten(pipeline, tmp_path):
    with dedupe_news.Index(tmp_path / "seen.db") as index:
        index.add(page("/old", PHONE, id="/old"), seen=datetime.now(UTC) - timedelta(days=31))
        index.add(page("/a-week-ago", FERRY, id="/a-week-ago"), seen=datetime.now(UTC) - timedelta(days=7))
    one = pipeline(ttl="30d")
    came = process(one, page("/a", PHONE), page("/b", FERRY))
    assert [item["url"] for item in came if isinstance(item, dict)] == ["/a"]
    one.close_spider()
    assert (one.stats["expired"], one.stats["index"]) == (1, 3)


def test_a_long_crawl_forgets_on_its_way(pipeline, monkeypatch):
    one = pipeline(ttl="1s")
    process(one, page("/a", PHONE))
    now = time.time()
    monkeypatch.setattr("time.time", lambda: now + 2)
    [again] = process(one, page("/a", PHONE))
    assert isinstance(again, DropItem)  # the hour is not over
    monkeypatch.setattr("dedupe_news.adapters.scrapy.worker.EXPIRY_SECONDS", 0.0)
    two = pipeline(ttl="1s")
    monkeypatch.setattr("time.time", lambda: now + 9)
    [item] = process(two, page("/a", PHONE))
    assert item["url"] == "/a"


@pytest.mark.parametrize(("argument", "begins_anew"), [("1", True), ("0", False), (None, False)])
def test_the_argument_of_the_spider_resets(pipeline, argument, begins_anew):
    process(pipeline(), page("/a", PHONE))
    [came] = process(pipeline(spider=SimpleNamespace(dedupe_reset=argument)), page("/a", PHONE))
    assert isinstance(came, dict) is begins_anew


def test_an_index_of_other_options_is_an_error_and_a_reset_makes_another(pipeline, tmp_path):
    one = pipeline(match="strict")
    process(one, page("/a", PHONE))
    one.close_spider()
    (tmp_path / "seen.db-keys").mkdir(exist_ok=True)
    (tmp_path / "seen.db-keys" / "old").touch()
    with pytest.raises(IndexMismatchError):
        pipeline(match="noisy")
    [item] = process(pipeline(match="noisy", reset=True), page("/a", PHONE))
    assert item["url"] == "/a"
    assert not (tmp_path / "seen.db-keys" / "old").exists()


def test_a_reset_removes_no_file_that_is_not_an_index(pipeline, tmp_path):
    (tmp_path / "seen.db").write_text("My memoirs. " * 500, encoding="utf-8")
    with pytest.raises(IndexFileError):
        pipeline(reset=True)
    assert (tmp_path / "seen.db").read_text(encoding="utf-8").startswith("My memoirs.")


def test_a_pipeline_that_is_switched_off_is_not_configured(tmp_path):
    with pytest.raises(NotConfigured):
        DedupePipeline.from_crawler(SimpleNamespace(settings=Settings({"DEDUPE_NEWS_ENABLED": False})))


# --- items -----------------------------------------------------------------------------------------


class Item(scrapy.Item):
    url = scrapy.Field()
    headline = scrapy.Field()
    byline = scrapy.Field()
    body = scrapy.Field()
    duplicate_of = scrapy.Field()


@dataclasses.dataclass
class DataclassItem:
    url: str
    body: str
    headline: str | None = None
    byline: str | None = None
    duplicate_of: str | None = None


@attrs.define
class AttrsItem:
    url: str
    body: str
    headline: str | None = None
    byline: str | None = None
    duplicate_of: str | None = None


class PydanticItem(pydantic.BaseModel):
    url: str
    body: str
    headline: str | None = None
    byline: str | None = None
    duplicate_of: str | None = None


ITEM_TYPES = [Item, DataclassItem, AttrsItem, PydanticItem]


@pytest.mark.parametrize("item_type", ITEM_TYPES)
def test_every_type_of_item_is_cleaned_and_tagged_in_its_own_fields(pipeline, item_type):
    text = (news_site.PHONE_HEADLINE + PHONE) * 3
    first, second = process(
        pipeline(action="tag"), item_type(url="/a", body=text), item_type(url="/b", body=text)
    )
    assert type(first) is item_type
    first, second = ItemAdapter(first), ItemAdapter(second)
    assert first["body"].count("was asleep") == 1
    assert first["headline"] == news_site.PHONE_TITLE
    assert first["byline"] == "HILDE STAAL/OVERBY ECHO"
    assert (first["duplicate_of"], second["duplicate_of"]) == (None, "/a")


def test_a_tag_that_an_item_has_no_field_for_is_said_once_with_the_field_to_declare(pipeline, caplog):
    @dataclasses.dataclass
    class Small:
        url: str
        text: str

    one = pipeline(action="tag")
    came = process(one, Small("/a", PHONE), Small("/b", FERRY))
    assert [item.url for item in came] == ["/a", "/b"]
    assert one.stats["failed"] == 2
    assert caplog.text.count("Small has no field 'duplicate_of' for duplicate_of: declare it") == 1


def test_an_item_that_cannot_be_changed_is_dropped_or_comes_through(pipeline, caplog):
    @dataclasses.dataclass(frozen=True)
    class Frozen:
        url: str
        text: str

    one = pipeline()
    first, second = process(one, Frozen("/a", PHONE), Frozen("/b", PHONE))
    assert first == Frozen("/a", PHONE)
    assert second.duplicate_of == "/a"
    assert "FrozenInstanceError" in caplog.text


def reading(item, **asked):
    return read_item(ItemAdapter(item), asked)


def test_fields_are_guessed_from_usual_names():
    item = {"link": "/a", "headline": "H", "pub_date": datetime(2026, 3, 2), "body": "B", "section": "x"}
    assert reading(item).names == {
        "text": "body", "title": "headline", "url": "link", "published": "pub_date", "id": "link",
    }  # fmt: skip


def test_fields_that_are_named_are_not_guessed():
    item = {"url": "/a", "guid": 7, "body": "B", "content": "C", "author": "N"}
    names = {"text": "content", "id": "guid", "byline": "author"}
    read = reading(item, **names)
    assert read.article == {"text": "C", "id": "7", "byline": "N", "url": "/a"}


def test_only_an_item_without_an_address_is_known_by_its_own_id():
    assert reading({"id": 7, "url": "/a", "text": "B"}).article["id"] == "/a"
    assert reading({"id": 7, "text": "B"}).article["id"] == "7"
    assert reading({"id": 7, "url": "/a", "text": "B"}, id="id").article["id"] == "7"
    assert reading({"id": None, "url": "/a", "text": "B"}, id="id").article["id"] == "/a"


@pytest.mark.parametrize("text", [None, "", " \n", [], [""]])
def test_an_item_without_text_holds_no_article(text):
    assert reading({"url": "/a", "text": text}) is None
    assert reading({"url": "/a", "text": text}, text="text") is None
    assert reading({"url": "/a", "body": "B"}, text="main") is None


def test_lists_of_one_as_item_loaders_make_them_are_read_and_written_as_such():
    item = ItemAdapter({"url": ["/a"], "title": ["H"], "text": ["One storm\u200b."]})
    read = read_item(item, {})
    assert read.article == {"url": "/a", "id": "/a", "title": "H", "text": "One storm\u200b."}
    write_clean(item, read, dedupe_news.clean(read.article), {})
    assert item.asdict() == {"url": ["/a"], "title": ["H"], "text": ["One storm."]}


def test_values_of_the_wrong_kind_are_not_guessed():
    item = {"url": "/a", "text": "B", "source": {"name": "x"}, "title": 5, "date": 20260302}
    assert reading(item).names == {"text": "text", "url": "url", "id": "url"}
    with pytest.raises(ArticleError, match="'source' must be a string"):
        dedupe_news.clean(reading(item, source="source").article)


def test_what_an_item_says_already_is_not_written_over():
    item = ItemAdapter({"title": "", "byline": "By our staff", "text": news_site.PHONE_HEADLINE + PHONE})
    read = read_item(item, {"body": "story"})
    write_clean(item, read, dedupe_news.clean(read.article), {"body": "story"})
    assert item["title"] == news_site.PHONE_TITLE
    assert item["byline"] == "By our staff"
    assert item["story"].startswith("Overby town council")


# --- settings and the add-on -----------------------------------------------------------------------


def options(**settings):
    return crawl_options(Settings({f"DEDUPE_NEWS_{name}": value for name, value in settings.items()}))


def test_without_settings_duplicates_are_dropped_and_nothing_is_forgotten(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    chosen = options()
    assert (chosen.action, chosen.fields, chosen.ttl, chosen.reset, chosen.opening) == (
        "drop",
        {},
        None,
        False,
        {},
    )
    assert chosen.index == Path(".scrapy", "dedupe_news.db")


def test_a_project_keeps_its_index_in_its_data_folder(tmp_path, monkeypatch):
    (tmp_path / "scrapy.cfg").write_text("[settings]\n", encoding="utf-8")
    (tmp_path / "spiders").mkdir()
    monkeypatch.chdir(tmp_path / "spiders")
    assert options().index == tmp_path / ".scrapy" / "dedupe_news.db"
    assert options(INDEX="seen.db").index == Path("seen.db")
    job = Settings({"JOBDIR": "jobs/1"})
    assert crawl_options(job).index == Path("jobs/1/dedupe_news.db")


def test_what_the_index_is_opened_with():
    assert options(THRESHOLD="0.8").opening == {"match": MatchOptions(min_jaccard=0.8)}
    assert options(THRESHOLD=0.3).opening == {"match": MatchOptions(min_jaccard=0.3, min_related=0.3)}
    clean = CleanOptions(skip={"dash"})
    assert options(MATCH="noisy", CLEAN=clean).opening == {"match": "noisy", "clean": clean}


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"ACTION": "delete"}, "DEDUPE_NEWS_ACTION must be one of drop, tag, got 'delete'"),
        ({"THRESHOLD": "high"}, "DEDUPE_NEWS_THRESHOLD must be a number from 0 to 1, got 'high'"),
        ({"THRESHOLD": 80}, "for 80 % write 0.8"),
        ({"THRESHOLD": 0.8, "MATCH": "news"}, "set DEDUPE_NEWS_MATCH or DEDUPE_NEWS_THRESHOLD"),
        ({"TTL": "a month"}, "DEDUPE_NEWS_TTL must be a number of seconds above 0"),
        ({"TTL": 0}, "DEDUPE_NEWS_TTL must be a number of seconds above 0"),
        ({"FIELDS": {"txt": "body"}}, "DEDUPE_NEWS_FIELDS names unknown fields: txt; known are text, id"),
        ({"FIELDS": "body"}, "DEDUPE_NEWS_FIELDS must be a dict or"),
        ({"FIELDS": ["body"]}, "DEDUPE_NEWS_FIELDS must be a dict or"),
        ({"FIELDS": '{"text": '}, "DEDUPE_NEWS_FIELDS must be a dict or"),
    ],
)
def test_a_setting_that_cannot_be_is_named(settings, said):
    with pytest.raises(OptionError) as raised:
        options(**settings)
    assert said in str(raised.value)


def test_fields_can_be_named_on_the_command_line():
    assert fields_named('{"text": "body"}') == fields_named(" text = body ,") == {"text": "body"}


def test_a_time_is_a_number_of_seconds_or_has_a_unit():
    assert duration(90) == duration("1.5m") == duration(timedelta(seconds=90)) == timedelta(seconds=90)


def test_an_argument_that_says_neither_yes_nor_no_is_an_error():
    with pytest.raises(OptionError, match="dedupe_reset must be 1 or 0, got 'perhaps'"):
        is_asked("perhaps")


PATH = "dedupe_news.adapters.scrapy.DedupePipeline"


@pytest.mark.parametrize(
    ("pipelines", "expected"),
    [
        ({}, {DedupePipeline: 500}),
        ({PATH: 800}, {PATH: 800}),
        ({DedupePipeline: 800}, {DedupePipeline: 800}),
        ({PATH: None}, {PATH: None}),
        ({"one_crawl.BrokenPipeline": 1}, {"one_crawl.BrokenPipeline": 1, DedupePipeline: 500}),
    ],
)
def test_the_add_on_adds_the_pipeline_where_nobody_has(pipelines, expected):
    settings = Settings({"ITEM_PIPELINES": pipelines})
    Addon().update_settings(settings)
    assert settings.getdict("ITEM_PIPELINES") == expected


def test_without_scrapy_the_extra_is_named():
    code = "import sys; sys.modules['scrapy'] = None; import dedupe_news.adapters.scrapy"
    environment = {**os.environ, "PYTHONPATH": str(Path(dedupe_news.__file__).parent.parent)}
    completed = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
    )
    error, _, said = completed.stderr.splitlines()[-1].partition(": ")
    assert error == "dedupe_news.errors.MissingExtraError"
    assert said == "scrapy is not installed; try: pip install 'dedupe-news[scrapy]'"
