"""Loops kept as object code: whatever becomes of the file, they say the same."""

import importlib
import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dedupe_news import compiling, objectcode

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere numba keeps its own")

SIGNATURES = {"total": "int64* int64", "double": "int64* int64"}
SOURCE = """
from dedupe_news.compiling import array_at, compiled

@compiled
def _add(numbers):
    total = 0
    for number in numbers:
        total += number
    return total

def total(numbers, size):
    return _add(array_at(numbers, (size,)))

def double(numbers, size):
    found = array_at(numbers, (size,))
    for at in range(size):
        found[at] *= 2
    return size
"""


@pytest.fixture(scope="module")
def module(tmp_path_factory):
    """Return a module with two loops."""
    folder = tmp_path_factory.mktemp("loops")
    (folder / "two_loops.py").write_text(SOURCE, encoding="utf-8")
    sys.path.insert(0, str(folder))
    yield importlib.import_module("two_loops")
    sys.path.remove(str(folder))
    del sys.modules["two_loops"]


@pytest.fixture(scope="module")
def compiled(module):
    return compiling.c_functions({name: getattr(module, name) for name in SIGNATURES}, SIGNATURES, keep=False)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    return tmp_path


def loaded(module, compiled, *, may_compile):
    """Return the loops, and whether they had to be compiled."""
    asked = []

    def compile(keep):
        asked.append(True)
        assert may_compile
        assert not keep
        return compiled

    return objectcode.load("two", SIGNATURES, [module], compile), bool(asked)


def check(functions):
    numbers = (3).to_bytes(8, "little") + (4).to_bytes(8, "little")
    assert functions["total"](numbers, 2) == 7
    assert functions["total"](numbers, 0) == 0


def test_what_was_compiled_is_kept_and_loaded(module, compiled, folder):
    functions, was_compiled = loaded(module, compiled, may_compile=True)
    check(functions)
    assert was_compiled
    [kept] = folder.glob("*.o")
    functions, was_compiled = loaded(module, compiled, may_compile=False)
    check(functions)
    assert not was_compiled
    assert [kept] == list(folder.iterdir())


def test_other_code_is_not_taken_for_this(module, compiled, folder):
    loaded(module, compiled, may_compile=True)
    source = Path(module.__file__)
    source.write_text(SOURCE + "\n", encoding="utf-8")
    try:
        assert loaded(module, compiled, may_compile=True)[1]
    finally:
        source.write_text(SOURCE, encoding="utf-8")
    assert len(list(folder.glob("*.o"))) == 2


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40)
@given(data=st.data())
def test_a_damaged_file_is_made_again(module, compiled, folder, data):
    loaded(module, compiled, may_compile=True)
    [kept] = folder.glob("*.o")
    whole = kept.read_bytes()
    at = data.draw(st.integers(0, len(whole) - 1))
    rest = data.draw(st.sampled_from([b"", bytes([whole[at] ^ 1]) + whole[at + 1 :]]))
    kept.write_bytes(whole[:at] + rest)
    functions, was_compiled = loaded(module, compiled, may_compile=True)
    check(functions)
    assert was_compiled
    assert kept.read_bytes() == whole


def test_where_nothing_can_be_kept_loops_are_compiled_each_time(module, compiled, monkeypatch):
    monkeypatch.setenv("NUMBA_CACHE_DIR", "/dev/null/nowhere")
    for _ in range(2):
        functions, was_compiled = loaded(module, compiled, may_compile=True)
        check(functions)
        assert was_compiled


def test_loops_that_need_numba_are_left_to_it(folder, tmp_path_factory):
    # An array in another form is numba's work, and no error: without it there would be no answer.
    source = "\n".join(
        [
            "from dedupe_news.compiling import array_at",
            "def total(numbers, size):",
            "    return array_at(numbers, (size,)).reshape((1, size))[0].sum()",
        ]
    )
    place = tmp_path_factory.mktemp("needy") / "needy.py"
    place.write_text(source, encoding="utf-8")
    spec = importlib.util.spec_from_file_location("needy", place)
    needy = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(needy)
    asked = []

    def compile(keep):
        asked.append(keep)
        return compiling.c_functions({"total": needy.total}, SIGNATURES, keep=keep)

    for _ in range(3):
        check(objectcode.load("needy", {"total": SIGNATURES["total"]}, [needy], compile))
    assert asked == [False, True, True]  # that there is no object code of it is known from then on


def test_elsewhere_numba_keeps_its_own(module, folder, monkeypatch):
    monkeypatch.setattr(sys, "platform", "an old one")
    asked = []

    def compile(keep):
        asked.append(keep)
        functions = {name: getattr(module, name) for name in SIGNATURES}
        return compiling.c_functions(functions, SIGNATURES, keep=keep)

    check(objectcode.load("two", SIGNATURES, [module], compile))
    assert asked == [True]
    assert not list(folder.glob("*.o"))


def test_a_process_that_finds_loops_kept_goes_without_numba():
    code = "from dedupe_news.text import loops; loops.load(); import sys; print('numba' in sys.modules)"
    said = [
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        ).stdout.strip()
        for _ in range(2)  # the first one may have to compile
    ]
    assert said[-1] == "False"
