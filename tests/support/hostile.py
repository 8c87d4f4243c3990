"""A case with markup in every text a person reads."""

from __future__ import annotations

import re
from pathlib import Path

from shared import TESTS

KETTLE = TESTS / "cases" / "kettle.toml"
HOSTILE = "<script>window.bad=1</script><img src=x onerror=window.bad=1>"


def hostile_case(folder: Path) -> Path:
    """The made-up kettle, with markup put before every text and into its brand."""
    text = KETTLE.read_text(encoding="utf-8")
    text = re.sub(r'(zh|en) = "', lambda hit: f"{hit[0]}{HOSTILE} ", text)
    text = text.replace('brand = "', f'brand = "{HOSTILE}').replace('id = "kettle"', 'id = "hostile"')
    path = folder / "hostile.toml"
    path.write_text(text, encoding="utf-8")
    return path
