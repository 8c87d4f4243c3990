"""The one module of a library that takes longer to import than all the rest, kept out of every process.

Importing rfc3987_syntax compiles 35 grammars: 0.7 s in every process that imports jsonschema, which nbformat
and plotly do. None in sys.modules is Python's own way to say "not to be imported"; jsonschema then leaves out
the check of the formats iri and iri-reference, which nothing here uses.
"""

from __future__ import annotations

import sys

SLOW_IMPORT = "rfc3987_syntax"


def keep_out_slow_import() -> None:
    """Spare this process the 0.7 s; before anything imports jsonschema."""
    sys.modules.setdefault(SLOW_IMPORT, None)  # type: ignore[arg-type]
