# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""The command line `leadfunnel`; `docs/command-line.md` describes it."""

from __future__ import annotations

import errno
import io
import os
import sys
import traceback
from typing import NoReturn


def main() -> None:
    """Runs the command line, and ends the process with its exit code."""
    _hold_streams()
    try:
        code = _run()
        sys.stdout.flush()
    except BrokenPipeError:  # the reader has closed the pipe
        code = 0
    except OSError as e:
        code = _fail(f"{e.filename or '<stdout>'}: {e.strerror or e}", 1)
    _end(code)


def _run() -> int:
    try:
        from ._app import app
    except ModuleNotFoundError as e:
        if e.name not in {"typer", "rich"}:
            raise
        return _fail(f"the command line needs {e.name}: pip install 'leadfunnel[cli]'", 2)
    if any(not _is_utf8(a) for a in sys.argv):
        return _fail("the command line holds what is no UTF-8", 2)
    try:
        app(prog_name="leadfunnel")
    except SystemExit as e:
        return e.code if isinstance(e.code, int) else int(e.code is not None)
    except MemoryError:
        return _fail("there is not enough memory", 1)
    except (OSError, KeyboardInterrupt):
        raise
    except Exception as e:
        from .. import _core

        place = traceback.extract_tb(e.__traceback__)[-1]
        said = _core.printable(f"{type(e).__name__}: {e}")
        where = f"{os.path.basename(place.filename)}:{place.lineno}"
        return _fail(f"this is a fault of leadfunnel's own: {said} ({where})", 3)
    return 0


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
        return True
    except UnicodeEncodeError:
        return False


def _hold_streams() -> None:
    """Opens standard streams that are closed, so that no other file gets their numbers.

    Reading such a stream fails, and so does writing to stdout; messages to stderr are lost.
    """
    for number, mode in ((0, os.O_WRONLY), (1, os.O_RDONLY), (2, os.O_WRONLY)):
        try:
            os.fstat(number)
        except OSError as e:
            if e.errno != errno.EBADF:
                raise
            null = os.open(os.devnull, mode)  # takes the least free number
            if null != number:
                os.dup2(null, number)
                os.close(null)
    sys.stdin = sys.stdin or _stream(0, "r")
    sys.stdout = sys.stdout or _stream(1, "w")
    sys.stderr = sys.stderr or _stream(2, "w")
    for stream in (sys.stdout, sys.stderr):  # any text can be written, whatever the locale
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _stream(number: int, mode: str) -> io.TextIOWrapper:
    raw = io.FileIO(number, mode, closefd=False)
    buffered = io.BufferedReader(raw) if mode == "r" else io.BufferedWriter(raw)
    return io.TextIOWrapper(buffered, encoding="utf-8", errors="backslashreplace")


def _fail(message: str, code: int) -> int:
    try:
        sys.stderr.write(f"leadfunnel: error: {message}\n")
    except OSError:
        pass  # nobody reads stderr
    return code


def _end(code: int) -> NoReturn:
    """Ends the process, without a message about streams that nobody reads any more."""
    for number, stream in ((1, sys.stdout), (2, sys.stderr)):
        try:
            stream.flush()
        except (OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), number)
    sys.exit(code)
