"""One crawl of the news site, in a process of its own: a reactor cannot be started twice.

python one_crawl.py '{"root": "http://…", "settings": {…}, …}' prints what came of it, as JSON.
"""

import dataclasses
import json
import sys
import warnings

import attrs
import scrapy
from itemadapter import ItemAdapter
from scrapy import signals
from scrapy.crawler import CrawlerProcess
from scrapy.exceptions import ScrapyDeprecationWarning


class ScrapyItem(scrapy.Item):
    url = scrapy.Field()
    headline = scrapy.Field()
    byline = scrapy.Field()
    body = scrapy.Field()
    duplicate_of = scrapy.Field()


@dataclasses.dataclass
class DataclassItem:
    url: str
    headline: str | None = None
    byline: str | None = None
    body: str | None = None


@attrs.define
class AttrsItem:
    url: str
    headline: str | None = None
    byline: str | None = None
    body: str | None = None


ITEMS = {"dict": dict, "scrapy": ScrapyItem, "dataclass": DataclassItem, "attrs": AttrsItem}


class NewsSpider(scrapy.Spider):
    name = "news"
    item_class = dict

    def parse(self, response):
        links = response.css("a::attr(href)").getall()
        yield {"url": response.url, "links": len(links)}
        for number, link in enumerate(links):
            # In the order of the page: which of two copies comes first decides which is kept.
            yield response.follow(link, self.parse_article, priority=-number)

    def parse_article(self, response):
        headline = response.css("h1::text").get("")
        paragraphs = response.css("article p::text").getall()
        yield self.item_class(
            url=response.url, headline=None, body="\n".join([headline, *paragraphs]).strip()
        )


class OtherSpider(NewsSpider):
    name = "other"


class ForgetfulSpider(NewsSpider):
    name = "forgetful"
    custom_settings = {"DEDUPE_NEWS_ENABLED": False}  # noqa: RUF012 - as spiders have it


class BrokenPipeline:
    """Another pipeline that cannot be opened: the index has to be closed all the same."""

    def open_spider(self, spider=None):
        raise RuntimeError("no database")


SPIDERS = {spider.name: spider for spider in (NewsSpider, OtherSpider, ForgetfulSpider)}


def crawler_process(asked):
    if asked.get("without_reactor"):
        from scrapy.crawler import AsyncCrawlerProcess  # from Scrapy 2.13 on

        return AsyncCrawlerProcess
    return CrawlerProcess


def main(asked):
    # What Scrapy will not do for ever, it does with a warning: here it is an error.
    warnings.simplefilter("error", ScrapyDeprecationWarning)
    came = {"items": [], "dropped": [], "stats": {}, "reasons": []}
    process = crawler_process(asked)(
        {
            "ADDONS": {"dedupe_news.adapters.scrapy.Addon": 500},
            "CONCURRENT_REQUESTS": 1,
            "TELNETCONSOLE_ENABLED": False,
            **({"TWISTED_REACTOR_ENABLED": False} if asked.get("without_reactor") else {}),
            **asked.get("settings", {}),
        }
    )

    def scraped(item):
        came["items"].append(ItemAdapter(item).asdict())

    def dropped(item, exception):
        reason = {"reason": str(exception), "duplicate_of": exception.duplicate_of}
        came["dropped"].append({"url": ItemAdapter(item)["url"], **reason})

    crawlers = []
    for name in asked.get("spiders", ["news"]):
        crawler = process.create_crawler(SPIDERS[name])
        crawler.signals.connect(scraped, signals.item_scraped, weak=False)
        crawler.signals.connect(dropped, signals.item_dropped, weak=False)
        crawlers.append(crawler)
        process.crawl(
            crawler,
            start_urls=[asked["root"] + "/"],
            item_class=ITEMS[asked.get("items", "dict")],
            **asked.get("arguments", {}),
        )
    process.start()
    for crawler in crawlers:
        stats = crawler.stats.get_stats()
        came["reasons"].append(stats.get("finish_reason"))
        for name, value in stats.items():
            if name.startswith("dedupe_news/"):
                inner = name.removeprefix("dedupe_news/")
                came["stats"][inner] = came["stats"].get(inner, 0) + value
    json.dump(came, sys.stdout)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
