"""Loops kept as object code, and loaded by LLVM alone, without waiting for numba to begin.

numba keeps what it has compiled, too, but has to be there to load it, and all it knows of Python with it.
Loops that allocate nothing and raise nothing need none of that.
"""

from __future__ import annotations

import ctypes
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from functools import cache
from hashlib import blake2b
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import ModuleType
from typing import Any

CFunction = Callable[..., int]

_DIGEST_BYTES = 32
_PREFIX = "dedupe_news_"
_FROM_C = frozenset(["memcpy", "memmove", "memset"])
"""What object code may ask of the process."""

_FOR_ERRORS = frozenset(
    [
        *("NRT_Free", "NRT_MemInfo_call_dtor", "PyBytes_FromStringAndSize", "PyErr_Clear", "PyErr_SetNone"),
        *("PyErr_SetString", "PyErr_WriteUnraisable", "PyUnicode_FromString", "Py_DecRef", "numba_do_raise"),
        *("numba_gil_ensure", "numba_gil_release", "numba_runtime_build_excinfo_struct", "numba_unpickle"),
    ]
)
"""What numba has a function call when it raises, or gives back what it has allocated. Ours do neither."""


def load(
    name: str,
    signatures: Mapping[str, str],
    modules: Iterable[ModuleType],
    compile: Callable[[bool], Mapping[str, Any]],
) -> dict[str, CFunction]:
    """Return compiled functions by name, from a file if they are kept in one.

    Parameters
    ----------
    name : str
        What the file is called, before what its content depends on.
    signatures : mapping
        See `compiling.c_functions`.
    modules : iterable of module
        Where all the code stands that is compiled; a package stands for its modules.
    compile : callable
        Returns what `compiling.c_functions` does, if the functions are not kept; is told whether numba should
        keep them instead.

    Returns
    -------
    dict
        They take integers, and `bytes` or addresses where an address is asked for, and work without the GIL.

    Raises
    ------
    OSError, RuntimeError
        If they can be neither loaded nor compiled.
    """
    if sys.platform != "linux":  # the one system on which this is tried
        return _by_numba(compile(True), signatures)
    file = f"{name}-{_key(modules)}.o"
    code = _kept(file)
    if code:
        return _called(_addresses(code, signatures), signatures)
    functions = compile(code is not None)
    if code is None:
        _keep(file, _object_code(functions))
    return _by_numba(functions, signatures)


def _by_numba(functions: Mapping[str, Any], signatures: Mapping[str, str]) -> dict[str, CFunction]:
    addresses = {name: function.address for name, function in functions.items()}
    return _called(addresses, signatures, owner=functions)


def _key(modules: Iterable[ModuleType]) -> str:
    """Return what tells apart code of another version, and for another processor."""
    import llvmlite
    from llvmlite import binding

    numba = ""
    with suppress(PackageNotFoundError):  # an application may be packed without what is said of its packages
        numba = version("numba")
    said = blake2b(digest_size=12)
    said.update(
        repr(
            (
                *(numba, llvmlite.__version__, sys.byteorder),
                *(binding.get_process_triple(), binding.get_host_cpu_name()),
                binding.get_host_cpu_features().flatten(),
            )
        ).encode()
    )
    here = Path(__file__)
    sources = [here, here.with_name("compiling.py")]
    for module in modules:
        file = Path(str(module.__file__))
        sources += sorted(file.parent.glob("*.py")) if hasattr(module, "__path__") else [file]
    for source in sources:
        said.update(source.read_bytes())
    return said.hexdigest()


def _folders() -> Iterator[Path]:
    """Yield where object code may be kept, as numba chooses for what it keeps."""
    if chosen := os.environ.get("NUMBA_CACHE_DIR"):
        yield Path(chosen)
        return
    yield Path(__file__).parent / "__pycache__"
    with suppress(RuntimeError):  # nobody's home
        yield Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "dedupe_news"


def _kept(name: str) -> bytes | None:
    """Return the object code of a file; nothing, if it says that there is none; None without an intact file.

    LLVM does not look at what it is given, so a digest stands before it.
    """
    for folder in _folders():
        with suppress(OSError):
            content = (folder / name).read_bytes()
            code = content[_DIGEST_BYTES:]
            if content[:_DIGEST_BYTES] == _digest(code):
                return code
    return None


def _keep(name: str, code: bytes) -> None:
    """Write object code where the next process finds it, whole or not at all; if there is room for it."""
    for folder in _folders():
        part = folder / f"{name}.{os.getpid()}.part"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            part.write_bytes(_digest(code) + code)
            part.replace(folder / name)
        except OSError:
            with suppress(OSError):
                part.unlink()
        else:
            return


def _digest(code: bytes) -> bytes:
    return blake2b(code, digest_size=_DIGEST_BYTES).digest()


def _called(
    addresses: Mapping[str, int], signatures: Mapping[str, str], owner: object = None
) -> dict[str, CFunction]:
    """Return functions at some addresses as Python calls them; `owner` lives as long as they do."""
    functions: dict[str, Any] = {}
    for name, address in addresses.items():
        kinds = (
            ctypes.c_void_p if kind.endswith("*") else ctypes.c_int64 for kind in signatures[name].split()
        )
        functions[name] = ctypes.CFUNCTYPE(ctypes.c_int64, *kinds)(address)
        functions[name].owner = owner
    return functions


# --- LLVM ----------------------------------------------------------------------------------------


@cache
def _target() -> Any:
    """Return this very processor, as LLVM describes it."""
    from llvmlite import binding

    with suppress(RuntimeError):  # from llvmlite 0.45 on nobody has to, or may
        binding.initialize()
    binding.initialize_native_target()
    binding.initialize_native_asmprinter()
    return binding.Target.from_triple(binding.get_process_triple()).create_target_machine(
        cpu=binding.get_host_cpu_name(),
        features=binding.get_host_cpu_features().flatten(),
        opt=3,
        codemodel="jitdefault",
        jit=True,
    )


_engines: list[Any] = []
"""What holds the loaded code: for as long as the process lives."""


def _addresses(code: bytes, names: Iterable[str]) -> dict[str, int]:
    from llvmlite import binding

    engine = binding.create_mcjit_compiler(binding.parse_assembly(""), _target())
    engine.add_object_file(binding.ObjectFileRef.from_data(code))
    engine.finalize_object()
    _engines.append(engine)
    return {name: engine.get_function_address(f"{_PREFIX}{name}") for name in names}


def _object_code(functions: Mapping[str, Any]) -> bytes:
    """Return compiled functions as one piece of object code that needs nothing of numba.

    Nothing, if this version of numba or LLVM says something in a way that is not expected here: then numba
    keeps them, as before there was this.
    """
    from llvmlite import binding

    try:
        whole = binding.parse_assembly("")
        for name, function in functions.items():
            module = binding.parse_assembly(function.inspect_llvm())
            if not whole.data_layout:
                whole.data_layout, whole.triple = module.data_layout, module.triple
            module.get_function(function.native_name).name = f"{_PREFIX}{name}"
            whole.link_in(module)
        asked_for = {one.name: str(one) for one in whole.functions if one.is_declaration}
        for name, declaration in asked_for.items():
            if name in _FOR_ERRORS:
                whole.link_in(_trap(declaration, whole))
            elif not (name in _FROM_C or name.startswith("llvm.")):
                return b""  # it is numba's, and does something
        for name, declaration in {
            one.name: str(one) for one in whole.global_variables if one.is_declaration
        }.items():
            if not name.startswith("PyExc_"):
                return b""
            whole.link_in(_module_like(whole, declaration.replace("external ", "") + " zeroinitializer\n"))
        for one in [*whole.functions, *whole.global_variables]:
            if not one.is_declaration and not one.name.startswith(_PREFIX):
                one.linkage = "internal"
        whole.verify()
        code: bytes = _target().emit_object(whole)
    except (AttributeError, NameError, RuntimeError):
        return b""
    return code


def _trap(declaration: str, module: Any) -> Any:
    """Return a function, for `module` that declares it so, at which the process ends should it be called."""
    defined = re.sub(r" #\d+", "", declaration.strip().replace("declare", "define", 1))
    body = "  call void @llvm.trap()\n  unreachable\n"
    return _module_like(module, f"{defined} {{\n{body}}}\ndeclare void @llvm.trap()\n")


def _module_like(module: Any, assembly: str) -> Any:
    from llvmlite import binding

    return binding.parse_assembly(
        f'target datalayout = "{module.data_layout}"\ntarget triple = "{module.triple}"\n{assembly}'
    )
