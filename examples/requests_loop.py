"""Fetch pages into an index, and print what is in it: each story once, clean, as JSON lines.

python examples/requests_loop.py https://news.example/one https://news.example/two > stories.jsonl
"""

import json
import sys

import requests
import trafilatura

import dedupe_news


def main(urls: list[str]) -> None:
    """Fetch each page and say what it is to those before; then print the stories."""
    with dedupe_news.Index("seen.db") as index, requests.Session() as session:
        for url in urls:
            response = session.get(url, timeout=30)
            page = trafilatura.bare_extraction(response.content, url=url, with_metadata=True)
            if not response.ok or page is None or not page.text:
                print(f"{url}: no article", file=sys.stderr)
                continue
            article = {"id": url, "url": url, "title": page.title, "text": page.text}
            article |= {"source": page.sitename, "published": page.date}
            match = index.replace(article)  # a page that was fetched before may have a new text by now
            print(f"{url}: {match.outcome}, as {match.canonical_id}", file=sys.stderr)
        for document in index.documents():
            copies = [duplicate.id for duplicate in document.duplicates]
            story = {"url": document.id, "title": document.title, "body": document.body, "copies": copies}
            print(json.dumps(story, ensure_ascii=False))


if __name__ == "__main__":
    main(sys.argv[1:])
