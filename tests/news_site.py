"""A small news site of three outlets, as a scraper meets it. Everything on it was made up for this project.

Three outlets print one story, each in its own frame; a page is updated between two editions; a body
stands three times with nothing between the copies; a headline runs into its credit; an excerpt is met
before the whole; two market reports come from one template; the front page has no article.
"""

import threading
from contextlib import contextmanager
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

FERRY = (
    "The night ferry between Kemwick and the outer islands will sail again from the first Friday in "
    "March, eleven years after the last boat tied up at the old customs quay.",
    "The harbour board voted five to two on Tuesday to lease the Sigrun Vale, a freight ship of 64 "
    "metres that has carried timber across the sound since 1998. Her hold is to be fitted with ninety "
    "berths before winter ends, and a galley that the board calls modest.",
    "“People over there have had to choose between an aeroplane that does not land in fog and a bus "
    "that takes nine hours,” said Torben Hallgrim, who chairs the board. “We are giving them back "
    "their own road.”",
    "Fares have not been fixed. The board expects a return ticket to cost about 48 crowns, with "
    "bicycles carried free and dogs at half the price of their owners.",
    "The two members who voted against the lease said that the boat was too slow, and that the quay "
    "would have to be dredged a second time within three years.",
)
BRIDGE = (
    "Engineers have closed the Castle Brae footbridge for eleven weeks after a diver found a crack in "
    "one of its four iron piers, the town council said on Wednesday.",
    "The crack is as wide as a hand and runs for two metres below the water line. It was noticed by a "
    "student who was counting mussels for her thesis and thought at first that it was a rope.",
    "Repairs will cost 340,000 crowns, which the council means to take from the money set aside for "
    "the new bus shelter in Tanner Street.",
    "Some 1,200 people cross the bridge on a working day. Until it opens again they are asked to walk "
    "round by the mill, which adds twenty minutes, or to take the rowing boat that the scouts have "
    "offered to run at rush hour.",
    "“Nobody has fallen in so far,” said the scout leader, Berit Askeland, on the first morning.",
)
BRIDGE_UPDATED = (
    BRIDGE[0],
    BRIDGE[1],
    BRIDGE[2].replace("340,000", "415,000"),
    *BRIDGE[3:],
    "On Thursday the council said that a second pier was cracked too, and that the sum had grown for "
    "that reason.",
)
PHONE_TITLE = "Overby council votes to keep its last phone box"
PHONE_HEADLINE = PHONE_TITLE + "HILDE STAAL/OVERBY ECHO \n"
PHONE = (
    "Overby town council voted nine to eight on Monday to keep the last public telephone in the "
    "district. The box was used for forty-one calls last year－three more than the year before－and one "
    "of them was the mayor's. She had locked herself out of the town hall, and rang the caretaker, who "
    "was asleep. The telephone company had offered to take the box away without charge, and to plant a "
    "lime tree in its place. Seventeen letters reached the council, of which sixteen were for the box "
    "and one was for the tree. The box will be painted in spring, in the same green, and its directory "
    "will be replaced by a newer one."
)
LIGHTHOUSE = (
    "The keeper of the Ormsay light has retired after forty years, and nobody has been found who would "
    "take the lamp, the goats and the two rooms below it.",
    "Sunniva Rask, 71, lit the lamp for the first time in the autumn of 1986, when it still burned "
    "oil, and for the last time on Sunday, from a telephone. She has not missed a night between the "
    "two, she says, though she was once late by a quarter of an hour because of a birth among the "
    "goats.",
    "The coast service advertised the post in four newspapers. Three people answered, and all of them "
    "withdrew when they had seen the stairs, of which there are two hundred and eleven.",
    "The light needs no keeper any more: it has been switched by a clock since 2009. The service "
    "wanted one all the same, to tell walkers when the tide cuts off the path, which happens some "
    "thirty times a year.",
    "Rask will live with her sister in Kemwick, where the street lamps are said to disturb her sleep. "
    "The goats have been promised to a school.",
    "The service will advertise again in January, it said, and has asked a joiner what a lift would cost.",
)


def market(day, herring, cod, boats):
    return (
        f"Herring closed at {herring} crowns a crate on {day} and cod at {cod}, the fish exchange said.",
        f"{boats} boats landed their catch before noon, and the auction ended without a lot left over.",
        f"Buyers from the canneries took most of the herring on {day}; the cod went to the capital.",
        "The exchange opens again at six in the morning, when the first lots are called on the quay.",
    )


def blocks(edition):
    """Return of every page its outlet, its headline, and its blocks of text as the page has them."""
    return {
        "/kemwick/ferry": ("kemwick", "Night ferry to sail again in March", FERRY),
        "/overby/ferry": ("overby", "Islands get their night boat back", FERRY),
        "/norrhaven/ferry": (
            "norrhaven",
            "Harbour board brings back the night ferryMARA LINDQVIST/NORRHAVEN POST ",
            (*FERRY, "Read also: What a berth costs elsewhere"),
        ),
        "/kemwick/bridge": (
            "kemwick",
            "Footbridge closed for eleven weeks",
            BRIDGE if edition == 1 else BRIDGE_UPDATED,
        ),
        "/overby/phone": ("overby", "", ((PHONE_HEADLINE + PHONE) * 3,)),
        "/norrhaven/lighthouse": ("norrhaven", "Nobody wants the Ormsay light", LIGHTHOUSE[:3]),
        "/kemwick/lighthouse": ("kemwick", "Ormsay loses its keeper", LIGHTHOUSE),
        "/kemwick/market-monday": ("kemwick", "Fish: Monday", market("Monday", 412, 655, "Nineteen")),
        "/kemwick/market-tuesday": ("kemwick", "Fish: Tuesday", market("Tuesday", 398, 701, "Eleven")),
    }


NAMES = {"kemwick": "Kemwick Daily", "overby": "The Overby Echo", "norrhaven": "Norrhaven Post"}
FRAMES = {
    "kemwick": ("<nav>Kemwick Daily | Harbour | Town | Sport</nav>", "<footer>Write to the editor</footer>"),
    "overby": ("<header><b>The Overby Echo</b></header>", "<aside>Most read: tides for the week</aside>"),
    "norrhaven": ("<div class='top'>Norrhaven Post</div>", "<p class='foot'>Printed on Mondays</p>"),
}


def page(outlet, headline, paragraphs):
    before, after = FRAMES[outlet]
    shown = f"<h1>{escape(headline)}</h1>" if headline else ""
    body = "".join(f"<p>{escape(paragraph)}</p>" for paragraph in paragraphs)
    head = (
        f"<meta charset='utf-8'><title>{escape(headline or PHONE_TITLE)} | {NAMES[outlet]}</title>"
        "<meta property='article:published_time' content='2026-03-02T06:00:00Z'>"
    )
    article = f"<article>{shown}{body}</article>"
    return f"<html lang='en'><head>{head}</head><body>{before}{article}{after}</body></html>"


def front_page(paths):
    links = "".join(f"<li><a href='{path}'>{path.rpartition('/')[2]}</a></li>" for path in paths)
    return f"<html><head><title>Today</title></head><body><h2>Today</h2><ul>{links}</ul></body></html>"


def feed(root, pages):
    """Return a feed that carries whole articles, as some outlets still send them."""
    items = "".join(
        f"<item><title>{escape(headline or PHONE_TITLE)}</title><link>{root}{path}</link>"
        f"<pubDate>Mon, 02 Mar 2026 06:00:00 GMT</pubDate><content:encoded><![CDATA["
        f"{''.join(f'<p>{escape(paragraph)}</p>' for paragraph in paragraphs)}]]></content:encoded></item>"
        for path, (_, headline, paragraphs) in pages.items()
    )
    return (
        "<?xml version='1.0' encoding='utf-8'?>"
        "<rss version='2.0' xmlns:content='http://purl.org/rss/1.0/modules/content/'>"
        f"<channel><title>Three outlets</title><link>{root}/</link>"
        f"<description>News</description>{items}</channel></rss>"
    )


class NewsSite:
    """The site as it is served; `edition` may change while it runs."""

    def __init__(self, root):
        self.root = root
        self.edition = 1

    def url(self, path):
        return f"{self.root}{path}"

    def content(self, path):
        """Return what is at a path, and of which kind; None if nothing is."""
        pages = blocks(self.edition)
        if path == "/":
            return front_page(pages), "text/html"
        if path == "/feed.xml":
            return feed(self.root, pages), "application/rss+xml"
        return (page(*pages[path]), "text/html") if path in pages else None


@contextmanager
def serving():
    """Serve the site on a free port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            found = site.content(self.path)
            data = found[0].encode() if found else b"nothing here"
            self.send_response(200 if found else 404)
            self.send_header("Content-Type", f"{found[1] if found else 'text/plain'}; charset=utf-8")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        site = NewsSite(f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield site
        finally:
            server.shutdown()
            thread.join()
