"""Signatures handed over to datasketch: in memory, and into a real Redis that other processes use.

Redis is Debian's redis-server, started here on a free port of the loopback; without it they are skipped.
"""

import json
import shutil
import socket
import subprocess
import sys
import time
from random import Random

import pytest
from truths import story, told_again
from writers import CONTEXT

from dedupe_news import Index, IndexMismatchError, MatchOptions, MissingExtraError, OptionError, clean
from dedupe_news.match.fingerprint import fingerprint

ARTICLES = [
    *({"id": f"s{number}", "text": story(number)} for number in range(30)),
    *({"id": f"t{number}", "text": told_again(number, 1)} for number in range(0, 30, 2)),
    {"id": "äö/\x01 日本", "text": story(77)},
    {"id": "copy", "text": story(3).upper()},
    {"id": "short", "text": "Rain until Monday."},
    {"id": "none", "text": ""},
    {"id": "none either", "text": "！？"},
]
SIGNED = {article["id"] for article in ARTICLES} - {"short", "none", "none either"}


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    path = tmp_path_factory.mktemp("index") / "seen.db"
    with Index(path, clean=None) as index:
        index.add_many(ARTICLES)
    return path


@pytest.fixture(scope="module")
def port(tmp_path_factory):
    """A Redis of our own."""
    pytest.importorskip("redis", reason="the Python client of Redis is not installed: pip install redis")
    server = shutil.which("redis-server")
    if server is None:
        pytest.skip("redis-server is not installed here: apt-get install redis-server")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder = tmp_path_factory.mktemp("redis")
    command = [server, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        for _ in range(200):
            with socket.socket() as asking:
                if asking.connect_ex(("127.0.0.1", port)) == 0:
                    break
            assert running.poll() is None, "redis-server ended at once"
            time.sleep(0.05)
        yield port
    finally:
        running.terminate()
        running.wait()


def store(port, name="news"):
    return {"type": "redis", "basename": name, "redis": {"host": "127.0.0.1", "port": port}}


def attached(port, name="news", threshold=0.7):
    """What a machine does that has datasketch and none of our files."""
    from datasketch import MinHashLSH

    return MinHashLSH(threshold, num_perm=128, storage_config=store(port, name) | {"basename": name.encode()})


def check_found(lsh, index, articles):
    for article in articles:
        assert article["id"] in lsh, article["id"]
        assert article["id"] in lsh.query(index.minhash(article))


def signed(articles):
    return [article for article in articles if article["id"] in SIGNED]


@pytest.mark.parametrize("compiled", [False, True])
def test_signatures_are_handed_over_in_memory(path, compiled, monkeypatch):
    monkeypatch.setattr("dedupe_news.index.handover.COMPILED_FROM", 0 if compiled else 1 << 40)
    with Index(path, read_only=True) as index:
        lsh = index.to_datasketch()
        assert set(lsh.keys.keys()) == SIGNED
        check_found(lsh, index, signed(ARTICLES))
        assert set(lsh.query(index.minhash(story(3)))) >= {"s3", "copy"}
        assert lsh.query(index.minhash(story(1000))) == []
        assert lsh.query(index.minhash("")) == []
        documents = index.to_datasketch(only_documents=True)
        assert set(documents.keys.keys()) == {document.id for document in index.documents()} & SIGNED
        assert (index.to_datasketch(threshold=0.9).b, lsh.b) == (5, 14)


def test_a_signature_is_that_of_a_fingerprint(tmp_path):
    options = MatchOptions(shingle_chars=6, num_perm=32, seed=7)
    with Index(tmp_path / "seen.db", match=options) as index:
        for text in (story(1) * 2, "Rain.", ""):
            ours = index.minhash(text)
            other = fingerprint("a", clean(text).body or clean(text).text, options).to_datasketch()
            assert ours.jaccard(other) == 1.0
            assert (ours.seed, ours.scheme) == (other.seed, other.scheme)
            assert all(
                (one == two).all() for one, two in zip(ours.permutations, other.permutations, strict=True)
            )


def test_another_process_finds_them_in_redis(path, port):
    with Index(path, read_only=True) as index:
        index.to_datasketch(storage_config=store(port))
    asking = f"""
import json
from datasketch import MinHashLSH
from dedupe_news import clean
from dedupe_news.match.fingerprint import fingerprint
from dedupe_news.options import MatchOptions
lsh = MinHashLSH(0.7, num_perm=128, storage_config={store(port) | {"basename": b"news"}!r})
def asked(text):
    return sorted(lsh.query(fingerprint("", text, MatchOptions()).to_datasketch()))
print(json.dumps([asked({story(3)!r}), asked({story(77)!r}), asked({story(1000)!r}), len(lsh.keys.keys())]))
"""
    said = subprocess.run(
        [sys.executable, "-c", asking], check=True, capture_output=True, encoding="utf-8", timeout=120
    )
    assert json.loads(said.stdout) == [["copy", "s3"], ["äö/\x01 日本"], [], len(SIGNED)]


def test_what_is_there_is_left_and_what_came_since_is_added(tmp_path, port):
    with Index(tmp_path / "seen.db", clean=None) as index:
        index.add_many(ARTICLES[:20])
        index.to_datasketch(storage_config=store(port, "grows"))
        before = attached(port, "grows").keys.itemcounts()
        index.add_many(ARTICLES[20:])
        index.to_datasketch(storage_config=store(port, "grows") | {"basename": b"grows"})
        lsh = attached(port, "grows")
        after = lsh.keys.itemcounts()
        assert before.items() < after.items()
        assert set(after.values()) == {lsh.b}
        assert len(after) == len(SIGNED)
        check_found(lsh, index, signed(ARTICLES))
        assert attached(port, "grow").keys.size() == 0


def test_a_name_holds_signatures_of_one_kind(tmp_path, path, port):
    with Index(path, read_only=True) as index:
        index.to_datasketch(storage_config=store(port, "kinds"))
        with pytest.raises(IndexMismatchError, match=r"under 'kinds' were made with bands=14, these with 5"):
            index.to_datasketch(threshold=0.9, storage_config=store(port, "kinds"))
    with Index(tmp_path / "other.db", match="noisy") as index:
        with pytest.raises(IndexMismatchError, match="made with shingle_chars=0, these with 6: use another"):
            index.to_datasketch(threshold=0.7, storage_config=store(port, "kinds"))
        index.to_datasketch(threshold=0.7, storage_config=store(port, "noisy kinds"))


def hand_over(path, port, name, telling):
    from dedupe_news.index import opened

    opened._HANDED_OVER = 8
    with Index(path, read_only=True) as index:
        index.minhash(story(1))
        telling.send("ready")
        index.to_datasketch(storage_config=store(port, name))
        telling.send("done")


def test_who_is_killed_on_the_way_leaves_no_id_without_its_bands(path, port):
    random = Random(1)
    kills = 0
    for trial in range(6):
        name = f"killed {trial}"
        told, telling = CONTEXT.Pipe()
        child = CONTEXT.Process(target=hand_over, args=(path, port, name, telling))
        child.start()
        told.recv()
        time.sleep(random.uniform(0, 0.3))
        child.kill()
        child.join()
        kills += not told.poll()
        lsh = attached(port, name)
        there = {article["id"] for article in ARTICLES if article["id"] in lsh}
        with Index(path, read_only=True) as index:
            check_found(lsh, index, [article for article in ARTICLES if article["id"] in there])
            index.to_datasketch(storage_config=store(port, name))
            check_found(attached(port, name), index, signed(ARTICLES))
    assert kills


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"type": "redis", "redis": {}}, "needs a 'basename': the name of this collection.*got None"),
        ({"type": "redis", "basename": "", "redis": {}}, "needs a 'basename'"),
        ({"basename": "news"}, "needs a 'type'"),
    ],
)
def test_a_store_needs_a_name(path, config, words):
    with Index(path, read_only=True) as index, pytest.raises(OptionError, match=words):
        index.to_datasketch(storage_config=config)


def test_a_threshold_is_between_0_and_1(path):
    with Index(path, read_only=True) as index, pytest.raises(OptionError, match="between 0 and 1, got 70"):
        index.to_datasketch(threshold=70)


def test_a_client_that_is_missing_is_named_with_its_extra(path, monkeypatch):
    monkeypatch.setitem(sys.modules, "redis", None)
    config = {"type": "redis", "basename": "news", "redis": {}}
    with (
        Index(path, read_only=True) as index,
        pytest.raises(MissingExtraError, match=r"dedupe-news\[redis\]"),
    ):
        index.to_datasketch(storage_config=config)
