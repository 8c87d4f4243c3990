"""Which product it is, who stands behind it, where it was found: item numbers, firms, places, pictures."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field
from pydantic.dataclasses import dataclass

from riskkit.assessment.facts.case_values import STRICT, Country, Line, Once, SourceIds, Text, Word, of_list
from riskkit.foundation.standards.provinces import province_code


def _gtin(code: str) -> str:
    if not is_gtin(code):
        raise ValueError("a GTIN of 8, 12, 13 or 14 digits whose check digit is right")
    return code


def is_gtin(code: str) -> bool:
    """Whether a text is a Global Trade Item Number whose last digit checks the others.

    References
    ----------
    .. [1] GS1 General Specifications, section 7.9: weights 3 and 1 from the right, sum to a multiple of 10.

    Examples
    --------
    >>> is_gtin("4006381333931"), is_gtin("4006381333932"), is_gtin("96385074")
    (True, False, True)
    """
    if not (code.isascii() and code.isdigit() and len(code) in (8, 12, 13, 14)):
        return False
    weighted = (int(digit) * (1 if at % 2 == 0 else 3) for at, digit in enumerate(reversed(code)))
    return sum(weighted) % 10 == 0


def _province(name: str) -> str:
    code = province_code(name)
    if code is None:
        raise ValueError("a province of China: its code (GB/T 2260) or name")
    return code


Gtin = Annotated[str, AfterValidator(_gtin)]
PictureName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}\.(png|jpg|jpeg)$")]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Marks = Annotated[tuple[Word, ...], Field(max_length=50), Once]


@dataclass(frozen=True, config=STRICT)
class Operator:
    """A firm in the supply chain: its role, name and country."""

    role: Annotated[str, of_list("operator_role")]
    name: Line
    country: Country | None = None
    basis: Literal["fact", "judgement"] = "fact"
    source: SourceIds = ()


@dataclass(frozen=True, config=STRICT)
class Place:
    """Where in China the goods were found or checked, as a source names it: a province, perhaps a port."""

    province: Annotated[str, AfterValidator(_province)]
    port: Text | None = None
    source: SourceIds = ()


@dataclass(frozen=True, config=STRICT)
class CasePicture:
    """A picture of the product, a PNG or JPEG file beside the case file, known by its hash."""

    file: PictureName
    sha256: Sha256
    alt: Text
    source: SourceIds = ()
