"""Read feeds and print the stories that are new, clean, as JSON lines; words go to standard error.

python examples/rss_loop.py https://news.example/feed.xml https://other.example/rss >> stories.jsonl
"""

import json
import sys
import time
from datetime import timedelta

import feedparser
import trafilatura

import dedupe_news


def text_of(entry: feedparser.FeedParserDict) -> str | None:
    """Return the text of an entry: all of it where the feed has it, or else what it has."""
    html = entry.content[0].value if "content" in entry else entry.get("summary", "")
    return trafilatura.extract(f"<html><body><article>{html}</article></body></html>")


def main(feeds: list[str]) -> None:
    """Read each feed, and ask the index of each entry whether its story was had before."""
    with dedupe_news.Index("seen.db") as index:
        index.expire(older_than=timedelta(days=90))
        for feed in feeds:
            for entry in feedparser.parse(feed).entries:
                text = text_of(entry)
                if not text:
                    print(f"{entry.link}: no text", file=sys.stderr)
                    continue
                article = {"id": entry.link, "url": entry.link, "title": entry.title, "text": text}
                if entry.get("published_parsed"):
                    article["published"] = time.strftime("%Y-%m-%dT%H:%M:%SZ", entry.published_parsed)
                match = index.replace(article)  # an entry that was there may have a new text by now
                if match.is_new:
                    story = {"url": entry.link, "title": match.article.title, "body": match.article.body}
                    print(json.dumps(story, ensure_ascii=False))
                else:
                    print(f"{entry.link}: {match.outcome}, as {match.canonical_id}", file=sys.stderr)


if __name__ == "__main__":
    main(sys.argv[1:])
