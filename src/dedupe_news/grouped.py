"""Options in groups, as help shows them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any

import click

GROUPS = ("Input", "Output", "Cleaning", "Matching", "Index", "Work", "Words", "Settings")


class GroupedOption(click.Option):
    """An option that stands in a group; see `GROUPS`."""

    def __init__(self, *names: Any, group: str = "Words", **values: Any) -> None:
        super().__init__(*names, **values)
        self.group = group


def option(group: str, *names: str, **values: Any) -> Callable[[Any], Any]:
    """Return a decorator that adds an option to a command, in a group."""
    return click.option(*names, cls=GroupedOption, group=group, **values)


def options_by_group(command: click.Command, ctx: click.Context) -> dict[str, list[click.Option]]:
    """Return a command's options, group by group; those of no group, such as ``--help``, stand in Words."""
    groups: dict[str, list[click.Option]] = {group: [] for group in GROUPS}
    for parameter in command.get_params(ctx):
        if isinstance(parameter, click.Option):
            groups[getattr(parameter, "group", "Words")].append(parameter)
    return {group: options for group, options in groups.items() if options}


class GroupedCommand(click.Command):
    """A command whose help shows its options in groups."""

    def get_help_option_names(self, ctx: click.Context) -> list[str]:
        """Return what asks for help; click keeps what the first context says, whoever made it."""
        return ["-h", "--help"]

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write a section for each group."""
        for group, options in options_by_group(self, ctx).items():
            records = [record for option in options if (record := option.get_help_record(ctx))]
            with formatter.section(group):
                formatter.write_dl(records)


class Size(click.ParamType):  # type: ignore[type-arg,unused-ignore]  # generic from click 8.2 on
    """A number of bytes: 500MB, 2GB, 1.5G; decimal units, as disks are sold."""

    name = "size"
    _POWERS = {"": 0, "K": 1, "M": 2, "G": 3, "T": 4}  # noqa: RUF012 - never changed

    def __init__(self, least: int) -> None:
        self._least = least

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the bytes that are meant."""
        if isinstance(value, int):
            return value
        text = str(value).strip().upper().removesuffix("B").strip()
        unit = text[-1:] if text[-1:].isalpha() else ""
        try:
            size = int(float(text.removesuffix(unit)) * 1000 ** self._POWERS[unit])
        except (KeyError, ValueError, OverflowError):
            self.fail(f"{value!r} is no size; write a number and a unit: 500MB, 2GB", param, ctx)
        if size < self._least:
            self.fail(f"{value!r} is too little; {self._least} bytes are the least", param, ctx)
        return size


class Moment(click.ParamType):  # type: ignore[type-arg,unused-ignore]  # generic from click 8.2 on
    """A moment in ISO 8601: 2026-01-31, 2026-01-31T06:30, 2026-01-31T06:30Z; local unless a zone is told."""

    name = "moment"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Return the moment that is meant; a day begins at midnight."""
        if isinstance(value, datetime):
            moment = value
        elif isinstance(value, date):  # as TOML has it
            moment = datetime.combine(value, time())
        else:
            try:
                moment = datetime.fromisoformat(str(value).strip())
            except ValueError:
                self.fail(f"{value!r} is no moment; write 2026-01-31 or 2026-01-31T06:30", param, ctx)
        try:
            moment.timestamp()
        except (ValueError, OverflowError, OSError):
            self.fail(f"{value!r} is too far away", param, ctx)
        return moment


class Age(Moment):
    """How long ago, in hours, days or weeks (12h, 30d, 8w), or a moment."""

    name = "age"
    _HOURS = {"h": 1, "d": 24, "w": 7 * 24}  # noqa: RUF012 - never changed

    def convert(  # type: ignore[override]
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime | timedelta:
        """Return the moment or the time that is meant."""
        if isinstance(value, date | timedelta):  # a datetime is a date
            return value if isinstance(value, timedelta) else super().convert(value, param, ctx)
        text = str(value).strip().lower()
        number, unit = text[:-1], text[-1:]
        if unit in self._HOURS and number.replace(".", "", 1).isdecimal():
            hours = float(number) * self._HOURS[unit]
            try:
                datetime.now() - timedelta(hours=hours)
            except OverflowError:
                self.fail(f"{value!r} is too far away", param, ctx)
            return timedelta(hours=hours)
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter:
            self.fail(f"{value!r} is no age; write 12h, 30d, 8w, or a day: 2026-01-31", param, ctx)
