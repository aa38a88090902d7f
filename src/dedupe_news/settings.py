"""Where the values of options come from: flags, the environment, a settings file, defaults; in this order."""

from __future__ import annotations

import copy
import difflib
import tomllib
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from dedupe_news.errors import OptionError
from dedupe_news.grouped import GroupedCommand, GroupedOption

ENVIRONMENT_PREFIX = "DEDUPE_NEWS_"
TABLE = "tool.dedupe_news"

_NO_SETTINGS = frozenset({"config", "show_config", "help"})


def settings_options(command: click.Command) -> click.Command:
    """Let every option of `command` be set by a variable and by a settings file; see `Settings`."""
    for parameter in command.params:
        if isinstance(parameter, click.Option) and parameter.name:
            parameter.envvar = ENVIRONMENT_PREFIX + parameter.name.upper()
    command.params += [
        GroupedOption(
            ["--config"],
            group="Settings",
            metavar="FILE",
            is_eager=True,
            expose_value=False,
            callback=_take_settings,
            help=f"TOML file with settings: option names without dashes in front, or a table [{TABLE}]. "
            "Default: the nearest pyproject.toml with such a table.",
        ),
        GroupedOption(
            ["--show-config"],
            group="Settings",
            is_flag=True,
            is_eager=True,
            expose_value=False,
            help="Print which value holds for every option, and where it comes from; do nothing else.",
        ),
    ]
    return command


def _take_settings(ctx: click.Context, _parameter: click.Parameter, config: str | None) -> None:
    path = Path(config) if config else nearest_settings(Path.cwd())
    if path is None:
        return
    known = {parameter.name for parameter in ctx.command.params if isinstance(parameter, click.Option)}
    everywhere = known | _options_of_all(ctx)
    values = read_settings(path, everywhere - _NO_SETTINGS)
    ctx.default_map = {name: value for name, value in values.items() if name in known}
    ctx.meta[_META] = str(path)


_META = "dedupe_news.settings"
_ONLY_ASKS = "dedupe_news.only_asks"


def _options_of_all(ctx: click.Context) -> set[str]:
    """Return the options of all commands: a file may speak to several."""
    return {
        parameter.name
        for command in _commands_in(ctx.find_root().command)
        for parameter in command.params
        if isinstance(parameter, click.Option) and parameter.name
    }


def _commands_in(command: click.Command) -> Iterator[click.Command]:
    if isinstance(command, click.Group):
        for inner in command.commands.values():
            yield from _commands_in(inner)
    else:
        yield command


def nearest_settings(folder: Path) -> Path | None:
    """Return the nearest pyproject.toml, in `folder` or above it, that has settings for us."""
    for place in (folder, *folder.parents):
        path = place / "pyproject.toml"
        if path.is_file() and f"[{TABLE}]" in path.read_text(encoding="utf-8", errors="replace"):
            return path
    return None


def read_settings(path: Path, known: Collection[str | None]) -> dict[str, Any]:
    """Return the settings of a TOML file, by the names of options.

    Raises
    ------
    OptionError
        If it cannot be read, is no TOML, or names an option that no command has.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise OptionError(
            f"settings {path} cannot be read: {error.strerror}; name another --config"
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise OptionError(f"settings {path} are no TOML: {error}") from error
    table: Any = content
    for name in TABLE.split("."):
        table = table.get(name, {}) if isinstance(table, Mapping) else {}
    if not table and path.name != "pyproject.toml":
        table = content
    settings = {name.replace("-", "_"): value for name, value in table.items()}
    names = sorted(filter(None, known))
    for name, value in settings.items():
        if name not in names:
            close = difflib.get_close_matches(name, names, n=1)
            hint = f"; did you mean {close[0]}?" if close else f"; known are {', '.join(names)}"
            raise OptionError(f"settings {path} name an option that does not exist: {name}{hint}")
        if isinstance(value, Mapping):
            raise OptionError(f"settings {path}: {name} must be a value or a list, got a table")
    return settings


def shown_settings(ctx: click.Context) -> str:
    """Return one line an option: its value, and where it comes from."""
    lines = []
    for parameter in ctx.command.params:
        if not isinstance(parameter, click.Option) or parameter.name in (None, *_NO_SETTINGS):
            continue
        value = ctx.params.get(parameter.name)
        lines.append(f"{parameter.name} = {_in_toml(value)}  # {_origin(ctx, parameter)}")
    return "\n".join(lines) + "\n"


def _origin(ctx: click.Context, parameter: click.Option) -> str:
    source = ctx.get_parameter_source(str(parameter.name))
    if source is ParameterSource.COMMANDLINE:
        return "the command line"
    if source is ParameterSource.ENVIRONMENT:
        return str(parameter.envvar)
    if source is ParameterSource.DEFAULT_MAP:
        return str(ctx.meta.get(_META))
    return "default"


def _in_toml(value: object) -> str:
    if isinstance(value, tuple | list):
        return f"[{', '.join(map(_in_toml, value))}]"
    if isinstance(value, bool):
        return str(value).lower()
    if value is None:
        return '""'
    if isinstance(value, timedelta):
        value = f"{value.total_seconds() / 3600:g}h"
    return str(value) if isinstance(value, int | float | datetime) else f'"{value}"'


class SettingsCommand(GroupedCommand):
    """A command whose options may be set elsewhere, and that tells where on ``--show-config``."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the arguments; who only asks what holds needs to tell no more."""
        ctx.meta[_ONLY_ASKS] = only_asks = "--show-config" in args
        rest = super().parse_args(ctx, args)
        if only_asks:
            click.echo(shown_settings(ctx), nl=False)
            ctx.exit(0)
        return rest

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """Return what the command takes; nothing must be told by who only asks what holds."""
        parameters = super().get_params(ctx)
        if not ctx.meta.get(_ONLY_ASKS):
            return parameters
        optional = [copy.copy(parameter) for parameter in parameters]
        for parameter in optional:
            parameter.required = False
        return optional
