"""Run commands in a process of its own, that has been robbed of something.

Reads a plan in JSON on standard input and answers with ``[status, words]`` for each command.
The commands to warm up with run before anything is taken away: what is imported late may not
be readable later.
"""

import contextlib
import io
import json
import os
import resource
import sys
import traceback

from dedupe_news import cli
from dedupe_news.io import tables


def outcome(arguments: list[str]) -> tuple[object, str]:
    words = io.StringIO()
    status: object = None
    with contextlib.redirect_stderr(words):
        try:
            cli.main(arguments)
        except SystemExit as ended:
            status = ended.code or 0
        except BaseException:
            traceback.print_exc(limit=-3)
            status = "a traceback"
    return status, words.getvalue()


def main() -> None:
    plan = json.load(sys.stdin)
    for arguments in plan["warm_up"]:
        assert outcome(arguments)[0] == 0, outcome(arguments)
    if plan["file_bytes"]:
        resource.setrlimit(resource.RLIMIT_FSIZE, (plan["file_bytes"], plan["file_bytes"]))
    if plan["memory_bytes"]:
        tables._IN_MEMORY_BYTES = plan["memory_bytes"]
    if plan["user"]:
        os.setgid(plan["user"])
        os.setuid(plan["user"])
    answer = [outcome(arguments) for arguments in plan["commands"]]
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    main()
