# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""Progress bars for calls that take longer than a second."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any, TypeAlias

Progress: TypeAlias = bool | None | Callable[[int, int], object]
"""``None``: a bar on a terminal or in a notebook; ``True``: always a bar; ``False``: no bar. Bars need
rich or tqdm. Or a function, which is called with the amount done and the total amount (0 if
unknown)."""

_AFTER = 1.0  # seconds before a bar appears


def _is_watched() -> bool:
    if "ipykernel" in sys.modules:
        return True
    return sys.stderr is not None and sys.stderr.isatty()


class _Bar:
    """A bar of rich or tqdm that appears after a second."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._began = time.monotonic()
        self._bar: Any = None  # of rich if there is a task, else of tqdm
        self._task: Any = None

    def __call__(self, done: int, total: int) -> None:
        if time.monotonic() - self._began < _AFTER:
            return
        if self._bar is None:
            self._open(total)
        bar: Any = self._bar
        if self._task is not None:
            bar.update(self._task, completed=done, total=total or None)
        elif bar is not None:
            bar.total = total or None
            bar.update(done - bar.n)

    def _open(self, total: int) -> None:
        # Without ipywidgets, a notebook shows tqdm's plain text only.
        is_plain = "ipykernel" in sys.modules and find_spec("ipywidgets") is None
        if find_spec("rich") is not None and not is_plain:
            from rich.console import Console
            from rich.progress import Progress as RichProgress

            self._bar = RichProgress(console=Console(stderr=True), transient=True)
            self._bar.start()
            self._task = self._bar.add_task(self._title, total=total or None)
        elif find_spec("tqdm") is not None:
            from tqdm import tqdm

            self._bar = tqdm(desc=self._title, total=total or None, leave=False)
        else:
            self._began = float("inf")  # do not try again

    def close(self) -> None:
        if self._task is not None:
            self._bar.stop()
        elif self._bar is not None:
            self._bar.close()


@contextmanager
def watching(progress: Progress, title: str) -> Iterator[Callable[[int, int], object] | None]:
    """The function that the compiled part calls with its progress, or None."""
    if callable(progress):
        yield progress
        return
    if progress is False or (progress is None and not _is_watched()):
        yield None
        return
    bar = _Bar(title)
    try:
        yield bar
    finally:
        bar.close()
