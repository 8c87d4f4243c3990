"""A case that says all that a notice needs, with a picture."""

from __future__ import annotations

import dataclasses
import io

from PIL import Image
from warned import assessed_case

from riskkit.assessment.facts.case_file import Text
from riskkit.assessment.facts.product_identity import CasePicture
from riskkit.case.case import Assessment
from riskkit.foundation.inputs.picture_file import PictureFile

CONTACT = "400-810-5858"


def drawn(colour: str = "navy", size: tuple[int, int] = (40, 30)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, "PNG")
    return out.getvalue()


FRONT = PictureFile("front.png", b"", drawn())


def whole_case() -> Assessment:
    found = assessed_case()
    picture = CasePicture(file="front.png", sha256="0" * 64, alt=Text(zh="手机正面", en="front of the phone"))
    product = dataclasses.replace(found.case.product, models=("SM-N930F",), batches=("2016-08",))
    case = dataclasses.replace(found.case, product=product, pictures=(picture,))
    return dataclasses.replace(found, case=case)
