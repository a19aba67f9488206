# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""Time zones of the package tzdata, for systems that have none."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from . import _core


def use_tzdata() -> None:
    """Finds zones that the system lacks in tzdata, if it is installed, without importing it."""
    spec = find_spec("tzdata")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        _core.use_zone_folder(Path(folder) / "zoneinfo")
