# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""The engine's signals, and their delivery to a callback."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable

from . import _core
from ._engine_types import Signal
from ._errors import EngineBusyError, UsageError


class Listener:
    """A callback, and the last signal that it was called with.

    `Engine.on_signal` replaces the whole listener. A delivery to the old one notices that, and ends
    with its current signal.
    """

    def __init__(self, callback: Callable[[Signal], object], delivered: int) -> None:
        self._callback = callback
        self._delivered = delivered
        self._process = os.getpid()
        self._lock = threading.RLock()  # one delivery at a time; a callback may deliver again
        self._is_delivering = False

    def in_this_process(self) -> Listener:
        """The listener, or a copy after a fork: a thread of the parent may hold the lock."""
        if self._process == os.getpid():
            return self
        return Listener(self._callback, self._delivered)

    def deliver(self, engine: _core.Engine, is_current: Callable[[Listener], bool]) -> None:
        """Calls back with each new signal. Only the callback may raise.

        A handler of an operating system's signal may run between any two steps, and deliver, too.
        """
        while is_current(self) and self._news(engine, 1):
            with self._lock:
                if self._is_delivering:
                    return  # the outer delivery looks for more signals before it ends
                self._is_delivering = True
                try:
                    for signal in self._news(engine, 1000):
                        self._callback(signal)
                        self._delivered = signal.sequence
                        if not is_current(self):
                            return
                finally:
                    self._is_delivering = False

    def _news(self, engine: _core.Engine, most: int) -> list[Signal]:
        """New signals; none while the engine is busy, as a later call delivers them."""
        try:
            if engine.last_signal <= self._delivered:
                return []
            return engine.signals(self._delivered, most)
        except EngineBusyError:
            return []


class Outbox:
    """The signals of an engine. A base of `Engine`."""

    _core: _core.Engine
    _listener: Listener | None

    def signals(self, after: int = 0, most: int = 1000) -> list[Signal]:
        """The signals after a sequence number.

        Parameters
        ----------
        after : int, default 0
            The sequence number; 0 for all signals that are kept.
        most : int, default 1000
            The most signals to return.

        Returns
        -------
        list of Signal
            The signals, oldest first.

        Examples
        --------
        >>> import leadfunnel as lf
        >>> crm = lf.Engine(lf.example_model("b2b_starter"))
        >>> _ = crm.apply({"lead": "L-1", "at": "2026-04-01T09:00:00Z", "type": "inquiry"})
        >>> crm.signals()[-1].sequence == crm.last_signal
        True
        """
        return self._core.signals(after, most)

    def acknowledge(self, up_to: int) -> None:
        """Removes signals from the outbox.

        Parameters
        ----------
        up_to : int
            The sequence number of the last signal to remove.

        Examples
        --------
        >>> import leadfunnel as lf
        >>> crm = lf.Engine(lf.example_model("b2b_starter"))
        >>> _ = crm.apply({"lead": "L-1", "at": "2026-04-01T09:00:00Z", "type": "inquiry"})
        >>> crm.acknowledge(crm.last_signal)
        >>> crm.signals()
        []
        """
        self._core.acknowledge(up_to)

    @property
    def last_signal(self) -> int:
        """int : The sequence number of the latest signal; 0 before the first."""
        return self._core.last_signal

    def on_signal(self, callback: Callable[[Signal], object] | None) -> None:
        """Calls back with each new signal, in order, at the end of the call that emitted it.

        An exception of the callback stops the delivery and leaves that call, whose work is done;
        the next call delivers the same signal again. The callback may use and change the engine:
        new signals follow when it has returned. A pickled engine has no callback.

        Parameters
        ----------
        callback : callable or None
            The function; None to stop, also during a delivery, which then ends with its
            current signal.

        Examples
        --------
        >>> import leadfunnel as lf
        >>> crm = lf.Engine(lf.example_model("b2b_starter"))
        >>> crm.on_signal(lambda signal: print(signal.kind))
        >>> _ = crm.apply({"lead": "L-1", "at": "2026-04-01T09:00:00Z", "type": "inquiry"})
        band_changed
        stage_changed
        """
        if callback is not None and not callable(callback):
            raise UsageError(f"a callback is callable, not {callback!r}")
        self._listener = None if callback is None else Listener(callback, self._core.last_signal)

    def _deliver(self) -> None:
        """Delivers new signals. The call's work is done by now: only a callback may raise."""
        listener = self._listener
        if listener is None:
            return
        current = listener.in_this_process()
        if current is not listener:
            self._listener = current
        current.deliver(self._core, lambda one: one is self._listener)
