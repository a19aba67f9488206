# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""Time zones where the system has none: those of the package tzdata, if it is installed."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from . import _core


def use_tzdata() -> None:
    """Lets zones that the system has not be looked for in tzdata, which is not imported."""
    spec = find_spec("tzdata")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        _core.use_zone_folder(Path(folder) / "zoneinfo")
