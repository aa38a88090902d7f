"""Scrape a news site: each story once, clean. A second run brings what is new, and what was updated.

scrapy runspider examples/scrapy_spider.py -a start=https://news.example/ -o stories.jsonl
"""

import scrapy


class NewsSpider(scrapy.Spider):
    """Follows every link of a front page; what is at its end is an article if there is text in it."""

    name = "news"
    custom_settings = {  # noqa: RUF012 - so Scrapy wants it; in a project this stands in settings.py
        "ADDONS": {"dedupe_news.adapters.scrapy.Addon": 500},
        "DEDUPE_NEWS_INDEX": "seen.db",
        "DEDUPE_NEWS_TTL": "90d",
    }

    def __init__(self, start, **arguments):
        super().__init__(start_urls=[start], **arguments)

    def parse(self, response):
        """Go where the front page leads."""
        yield from response.follow_all(css="a", callback=self.parse_article)

    def parse_article(self, response):
        """Yield the article as the page has it; what is wrong with it, the pipeline mends."""
        yield {
            "url": response.url,
            "title": response.css("h1::text").get(),
            "byline": None,  # a field that is empty is filled when the text says it
            "text": "\n".join(response.css("article p::text").getall()),
        }
