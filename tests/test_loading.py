"""Where so much is cleaned that it pays, compiled loops are loaded; else they are not."""

import subprocess
import sys

import pytest

TABLE = "import pyarrow, dedupe_news.adapters.arrow as a; table = pyarrow.table({'text': pile})"
ONE_WAY_EACH = {
    "a list": "dedupe_news.dedupe(pile)",
    "a table": f"{TABLE}; a.dedupe(table)",
    "a table, cleaned": f"{TABLE}; a.clean(table)",
    "an index, in a batch": "dedupe_news.Index('seen.db').add_many(pile)",
    "an index, one by one": "index = dedupe_news.Index('seen.db'); [index.add(text) for text in pile]",
}


@pytest.mark.parametrize("way", ONE_WAY_EACH)
@pytest.mark.parametrize("pays", [True, False])
def test_loops_are_loaded_where_they_pay(tmp_path, way, pays):
    code = f"""
import dedupe_news
from dedupe_news.index import reading
from dedupe_news.pipeline import cleaning
from dedupe_news.text import loops

pile = [f"The mayor of town {{number}} opened a bridge on Monday. Few came." for number in range(8)]
if {pays}:
    cleaning._WORTH_LOOPS, reading.COMPILED_FROM = len(pile), 100
{ONE_WAY_EACH[way]}
print(loops.at_hand is not None)
"""
    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert ran.stdout.split() == [str(pays)]


def test_where_loops_cannot_be_loaded_all_is_cleaned_without_them(tmp_path):
    code = """
from dedupe_news.pipeline.cleaning import load_loops
from dedupe_news.text import loops
import dedupe_news

def refuse():
    raise OSError(28, "No space left on device")

loops.load = refuse
load_loops()
print(loops.at_hand, dedupe_news.clean("It rained.Nobody came.").text)
"""
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.split(maxsplit=1) == ["None", "It rained.\n\nNobody came.\n"]
