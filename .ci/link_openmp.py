"""Give pyAgrum the OpenMP library it asks the system for, where the system has none.

A bare Debian lacks libgomp.so.1, and pyAgrum's wheel does not bring it. scikit-learn's wheel, which pyAgrum
needs anyway, brings the same library under another name; pyAgrum looks into its own folder first.
"""

import ctypes
import sysconfig
from pathlib import Path


def link_openmp(packages: Path) -> Path | None:
    """The link that was made in a folder of packages, if both packages are there."""
    link = packages / "pyagrum" / "libgomp.so.1"
    found = sorted(packages.glob("scikit_learn.libs/libgomp-*.so*"))
    if not found or not link.parent.is_dir():
        return None
    link.unlink(missing_ok=True)
    link.symlink_to(Path("..") / found[0].relative_to(packages))
    return link


if __name__ == "__main__":
    try:
        ctypes.CDLL("libgomp.so.1")
    except OSError:
        link_openmp(Path(sysconfig.get_path("platlib")))
