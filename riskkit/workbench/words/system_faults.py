"""What the system refuses, as a fault with its place: a full disk, a read-only one, a missing permission."""

from __future__ import annotations

import errno
import os
import re

from riskkit.foundation.inputs.faults import Fault, InputFaults, shown

_RULES = {
    errno.EROFS: "a place that is not read-only",
    errno.ENOSPC: "a disk with free space",
    errno.EDQUOT: "a disk with free space",
    errno.EACCES: "a place that you may use",
    errno.EPERM: "a place that you may use",
    errno.ENOENT: "a place that exists",
    errno.ENOTDIR: "a place that exists",
    errno.EISDIR: "a file, not a folder",
    errno.ENAMETOOLONG: "a shorter name",
    errno.EMFILE: "fewer files open at a time",
    errno.ENOMEM: "free memory",
}
_OTHER = "a place that can be used"
_WORDS = (
    (r"read-?only", errno.EROFS),
    (r"(database or )?disk (is )?full|no space left", errno.ENOSPC),
    (r"permission denied|unable to open", errno.EACCES),
    (r"disk I/O error", errno.EIO),
)  # what databases say in place of a number
_DATABASES = ("sqlite3", "sqlalchemy.", "duckdb", "pyarrow.")


def system_faults(error: BaseException) -> InputFaults | None:
    """The fault in an error of the system or of a database that met one; None for any other error."""
    number = error.errno if isinstance(error, OSError) else None
    words = os.strerror(number) if number else str(getattr(error, "orig", None) or error)
    if number is None:
        is_database = type(error).__module__.startswith(_DATABASES) or isinstance(error, OSError)
        if not is_database:
            return None
        number = next((n for pattern, n in _WORDS if re.search(pattern, words, re.IGNORECASE)), None)
        if number is None and not isinstance(error, OSError):
            return None
    name = getattr(error, "filename", None)
    place = os.fsdecode(name) if isinstance(name, str | bytes) else "the system"
    fault = Fault(
        place,
        shown(words.splitlines()[0] if words else type(error).__name__),
        _RULES.get(number or 0, _OTHER),
    )
    return InputFaults(place, [fault])
