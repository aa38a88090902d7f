"""What all steps need: stages mapped over a DataFrame, tables put aside, executors that have the package."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from dedupe_news import __version__
from dedupe_news.errors import InputError, OutputError, WorkerError, require

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession


def require_frame(frame: Any) -> None:
    """Refuse what is no DataFrame of Spark, and say what is missing if there is no Spark.

    Raises
    ------
    MissingExtraError, InputError
    """
    require("pyspark", extra="spark")
    require("pandas", extra="spark")  # mapInArrow does not use it, and asks for it
    from pyspark.sql import DataFrame

    if not isinstance(frame, DataFrame):
        raise InputError(f"expected a pyspark.sql.DataFrame, got {type(frame).__name__}")


def require_executors(session: SparkSession) -> None:
    """Refuse to begin when the executors' Python has not this package, in this version.

    Raises
    ------
    WorkerError
    """
    from pyspark.errors import PySparkException

    def told(batches: Iterable[Any]) -> Iterator[Any]:  # goes to the executors as it is, not as a name
        import pyarrow

        try:
            import dedupe_news

            version = dedupe_news.__version__
        except ImportError as error:
            version = f"none ({error})"
        for _ in batches:
            yield pyarrow.record_batch({"version": [version]})

    hint = (
        "install 'dedupe-news[spark]' in the Python of every node, or send an environment along "
        "(spark.archives), and name its Python: PYSPARK_PYTHON, or spark.pyspark.python"
    )
    try:
        rows = session.range(0, 1, 1, 1).mapInArrow(told, "version string").take(1)
    except PySparkException as error:
        last_line = str(error).strip().splitlines()[-1]
        raise WorkerError(f"the executors' Python cannot run the stages: {last_line}; {hint}") from error
    version = rows[0].version
    if version != __version__:
        raise WorkerError(f"the executors have dedupe-news {version}, and here it is {__version__}; {hint}")


def mapped(frame: DataFrame, stage: Callable[[Any], Any], schema: Any) -> DataFrame:
    """Return what `stage` makes of each record batch: another one, or several."""

    def run(batches: Iterable[Any]) -> Iterator[Any]:
        for batch in batches:
            made = stage(batch)
            if isinstance(made, Iterator):
                yield from made
            else:
                yield made

    return frame.mapInArrow(run, schema)


class Aside:
    """Where tables go that are read again: whatever made them must not be done, or decided, twice.

    Parameters
    ----------
    session : SparkSession
    folder : str or None
        A folder that all executors see: tables are Parquet files there, in a folder of their own. ``None``
        leaves them on the executors, and a lost executor then ends the run.
    """

    def __init__(self, session: SparkSession, folder: str | None) -> None:
        self._session = session
        self._folder = folder and f"{folder.rstrip('/')}/dedupe-news-{uuid.uuid4().hex}"
        self._number = 0

    def put(self, frame: DataFrame, name: str) -> DataFrame:
        """Compute `frame`, and return it as a table that is there.

        Raises
        ------
        OutputError
            If the folder cannot be written to.
        """
        if self._folder is None:
            return frame.localCheckpoint(eager=True)
        from pyspark.errors import AnalysisException

        self._number += 1
        place = f"{self._folder}/{self._number:02}-{name}"
        try:
            frame.write.parquet(place)
        except AnalysisException as error:
            raise OutputError(f"{place} cannot be written: {error}; name another folder: work=") from error
        return self._session.read.schema(frame.schema).parquet(place)
