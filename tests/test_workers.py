import os
import subprocess
import sys
import time

import pytest

from dedupe_news import Article, OptionError, WorkerError, dedupe, workers
from dedupe_news.workers import BATCH, WORTH_PROCESSES, get_ready, map_in_order

ENOUGH = WORTH_PROCESSES + 3 * BATCH + 1


def twice(number):
    return 2 * number


def slowly_at_first(number):
    time.sleep(0.02 if number < 5 else 0)
    return number, os.getpid()


def fall_over(number):
    if number == WORTH_PROCESSES:
        os._exit(1)
    return number


def refuse(number):
    raise ValueError(f"no {number}")


@pytest.mark.parametrize(("jobs", "number"), [(1, ENOUGH), (2, 0), (2, WORTH_PROCESSES - 1), (3, ENOUGH)])
def test_the_outcome_is_that_of_one_process(jobs, number):
    assert list(map_in_order(twice, range(number), jobs=jobs)) == list(map(twice, range(number)))


def test_results_come_in_order_from_several_processes():
    results = list(map_in_order(slowly_at_first, range(ENOUGH), jobs=2))
    assert [number for number, _ in results] == list(range(ENOUGH))
    assert os.getpid() not in {process for _, process in results}


def has_loops(_number):
    from dedupe_news.text import loops

    return loops.at_hand is not None


def test_workers_have_compiled_loops_where_they_pay(monkeypatch):
    monkeypatch.setattr(workers, "_has_loops", False)
    get_ready(with_loops=True)
    assert all(map_in_order(has_loops, range(ENOUGH), jobs=2))


def has_pandas(_number):
    import pyarrow as pa

    return len(pa.array([b"a list"])) == 1 and "pandas" in sys.modules


def test_workers_make_arrays_without_loading_pandas():
    assert not any(map_in_order(has_pandas, range(ENOUGH), jobs=2))
    import pandas as pd
    import pyarrow as pa

    assert pa.array(pd.Series([1, 2])).to_pylist() == [1, 2], (
        "what is hidden from workers is there for others"
    )


def test_what_is_left_out_can_still_be_loaded_afterwards():
    code = (
        "import sys; from dedupe_news.workers import alone; import pyarrow as pa\n"
        "with alone(): pa.array(['a list'])\n"
        "print('pandas' in sys.modules); import pandas; print('pandas' in sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.split() == ["False", "True"]


def test_a_few_items_start_no_process():
    results = list(map_in_order(slowly_at_first, range(5, 100), jobs=8))
    assert {process for _, process in results} == {os.getpid()}


def test_items_are_read_as_they_are_needed():
    read = []
    results = map_in_order(twice, (read.append(number) or number for number in range(100_000)), jobs=2)
    assert next(results) == 0
    assert len(read) < 5_000
    results.close()


def test_a_process_that_ends_before_its_time_is_named():
    with pytest.raises(WorkerError, match="a worker process ended before its work was done"):
        list(map_in_order(fall_over, range(ENOUGH), jobs=2))


def test_an_error_in_a_process_is_that_error_here():
    with pytest.raises(ValueError, match="no 0"):
        list(map_in_order(refuse, range(ENOUGH), jobs=2))


def test_articles_cleaned_by_processes_are_the_same():
    articles = [
        Article(
            id=str(number),
            text=f"Story {number}\nBY ANN LEE\n\nThe quay in town {number} was closed on Monday. " * 3,
            extra={"section": ["x", number]},
        )
        for number in range(ENOUGH)
    ]
    assert dedupe(articles, jobs=2) == dedupe(articles)


@pytest.mark.parametrize("jobs", [0, -1])
def test_no_process_at_all_is_refused(jobs):
    with pytest.raises(OptionError, match="jobs must be between 1 and"):
        dedupe(["A storm hit the coast."], jobs=jobs)
