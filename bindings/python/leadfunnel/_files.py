# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""Files that are read whole: models and mappings."""

from __future__ import annotations

import os
import stat

# A little more than the largest of them may have, so that who reads the text can say so.
MOST = (16 << 20) + 1


def read_file(path: str | os.PathLike[str]) -> bytes:
    """The bytes of a regular file, or the first of one that is too large.

    Raises
    ------
    OSError
        If the file cannot be read, or is none: a pipe or a device is refused without waiting.
    """
    # Without O_NONBLOCK the opening of a pipe waits until somebody writes into it.
    with open(path, "rb", opener=lambda name, how: os.open(name, how | os.O_NONBLOCK)) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(f"{os.fspath(path)!r} is no regular file")
        return file.read(MOST)
