"""One grading rule: what must hold, and the grade or level that follows."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Rule:
    """One grading rule: when all its conditions hold, the grade is at least `grade`.

    Parameters
    ----------
    rule : str
        Its number, such as ``SC-7``.
    grade : int
        1–4; for a trigger the rank of the level it guarantees (1 Ⅳ … 4 Ⅰ).
    conditions : tuple of (fact, ``">="`` or ``"<="``, threshold)
        All must hold.
    zh, en : str
        What it says.
    source_id, locator, status : str
        Where it comes from.
    """

    rule: str
    grade: int
    conditions: tuple[tuple[str, str, float], ...]
    zh: str
    en: str
    source_id: str
    locator: str
    status: str
