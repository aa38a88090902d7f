"""The tools with an adapter, in one table: how each is given rows, and how it shows them."""

import importlib
from dataclasses import dataclass

import pytest

COLUMNS = ("row", "id", "text", "title", "published", "section")


@dataclass(frozen=True)
class Tool:
    name: str
    package: str
    extra: str = ""
    lazy: bool = False
    "Whether work is done when the outcome is read."

    @property
    def adapter(self):
        self.needed()
        return importlib.import_module(f"dedupe_news.adapters.{self.name.partition(' ')[0]}")

    def needed(self):
        return pytest.importorskip(self.package, reason=f"needs: pip install 'dedupe-news[{self.extra}]'")

    def frame(self, rows, columns=COLUMNS):
        """Return rows, which are dicts, as a frame; a key that is absent is a null."""
        return _MAKE[self.name](self.needed(), [{name: row.get(name) for name in columns} for row in rows])

    def rows(self, frame):
        """Return what a frame holds, as dicts, with None for nulls."""
        return _SHOW[self.name](self.needed(), frame)


def arrow_table(rows, columns=None):
    import pyarrow as pa

    types = {"row": pa.int64(), "section": pa.string()}
    names = columns or list(rows[0] if rows else COLUMNS)
    return pa.table(
        {name: pa.array([row[name] for row in rows], types.get(name, pa.string())) for name in names}
    )


def _pandas_rows(pandas, frame):
    found = frame.astype(object).where(frame.notna(), None).to_dict("records")
    return [{name: _plain(value) for name, value in row.items()} for row in found]


def _plain(value):
    return value.item() if hasattr(value, "item") else value


def _dataset(hf, rows):
    return hf.Dataset(arrow_table(rows))


_MAKE = {
    "arrow": lambda _, rows: arrow_table(rows),
    "arrow batch": lambda pa, rows: pa.RecordBatch.from_pylist(rows, arrow_table(rows).schema),
    "arrow reader": lambda _, rows: arrow_table(rows).to_reader(max_chunksize=3),
    "pandas": lambda pandas, rows: pandas.DataFrame(rows, columns=list(rows[0] if rows else COLUMNS)).astype(
        {"text": "string"}
    ),
    "polars": lambda polars, rows: polars.from_arrow(arrow_table(rows)),
    "polars lazy": lambda polars, rows: polars.from_arrow(arrow_table(rows)).lazy(),
    "datasets": _dataset,
    "datasets stream": lambda hf, rows: _dataset(hf, rows).to_iterable_dataset(),
}
_SHOW = {
    "arrow": lambda _, table: table.to_pylist(),
    "arrow batch": lambda _, batch: batch.to_pylist(),
    "arrow reader": lambda _, reader: reader.read_all().to_pylist(),
    "pandas": _pandas_rows,
    "polars": lambda _, frame: frame.to_dicts(),
    "polars lazy": lambda _, frame: frame.collect().to_dicts(),
    "datasets": lambda _, dataset: list(dataset),
    "datasets stream": lambda _, dataset: list(dataset),
}

TOOLS = [
    Tool("arrow", "pyarrow"),
    Tool("arrow batch", "pyarrow"),
    Tool("arrow reader", "pyarrow", lazy=True),
    Tool("pandas", "pandas", "pandas"),
    Tool("polars", "polars", "polars"),
    Tool("polars lazy", "polars", "polars", lazy=True),
    Tool("datasets", "datasets", "datasets"),
    Tool("datasets stream", "datasets", "datasets", lazy=True),
]
