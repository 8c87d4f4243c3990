"""Read a picture somebody else sent: PNG or JPEG only, bounded, known by its hash, and drawn anew.

What goes into a report is never the file itself: it is decoded and written again, so that nothing else that
the file may hold (places, names, hidden data) goes out with it.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from riskkit.foundation.inputs.faults import Fault, RuleText, refuse, shown

MAX_BYTES = 5_000_000
MAX_PIXELS = 25_000_000
_SIDE = 720  # pixels: enough for a third of a page in print
_FORMATS = ("PNG", "JPEG")
Finding = tuple[str, object, str]


@dataclass(frozen=True)
class PictureFile:
    """A picture that was read and checked.

    Parameters
    ----------
    name : str
        Its file name.
    raw : bytes
        The file as it was.
    png : bytes
        The picture drawn anew, at most 720 pixels wide and high.
    """

    name: str
    raw: bytes
    png: bytes


def read_picture(folder: Path, name: str, *, sha256: str) -> PictureFile:
    """A picture beside a file, decoded as a whole.

    Parameters
    ----------
    folder : Path
        Where it lies; a link out of it, and a name with a folder in it, is refused.
    name : str
        File name.
    sha256 : str
        Hash of its bytes, as hexadecimal digits.

    Raises
    ------
    InputFaults
        With everything that is wrong with it.

    Examples
    --------
    >>> try:
    ...     read_picture(Path("."), "none.png", sha256="0" * 64)
    ... except ValueError as error:
    ...     error.faults[0].rule
    'a picture file beside the case file, and no link'
    """
    raw = _content(folder, name)
    found: list[Finding] = []
    digest = hashlib.sha256(raw).hexdigest()
    if digest != sha256:
        found.append(("sha256", sha256, RuleText("the hash of the file, {}", digest)))
    png = b""
    try:
        png = drawn_anew(raw)
    except ValueError as error:
        found.append(("file", name, str(error)))
    refuse(name, [Fault(place, shown(value), rule) for place, value, rule in found])
    return PictureFile(name, raw, png)


def _content(folder: Path, name: str) -> bytes:
    path, raw = folder / name, None
    with contextlib.suppress(OSError, ValueError):  # a name that the system cannot hold, or no right to read
        if Path(name).name == name and path.is_file() and not path.is_symlink():
            with path.open("rb") as stream:
                raw = stream.read(MAX_BYTES + 1)
    rule = "a picture file beside the case file, and no link"
    refuse(name, [] if raw is not None else [Fault("file", shown(name), rule)])
    assert raw is not None
    large = [Fault("file", f"more than {MAX_BYTES:,} bytes", RuleText("at most {} bytes", f"{MAX_BYTES:,}"))]
    refuse(name, large if len(raw) > MAX_BYTES else [])
    return raw


@contextlib.contextmanager
def _whole_only() -> Iterator[None]:
    """Pillow refuses a file that is cut off, whatever another library (WeasyPrint) set for the process."""
    from PIL import ImageFile

    before, ImageFile.LOAD_TRUNCATED_IMAGES = ImageFile.LOAD_TRUNCATED_IMAGES, False
    try:
        yield
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = before


def drawn_anew(raw: bytes, *, side: int = _SIDE) -> bytes:
    """A picture decoded as a whole and written again as PNG, the right way up, with nothing else in it.

    Parameters
    ----------
    raw : bytes
        A file that should be a PNG or JPEG.
    side : int
        [pixels] The most that it is wide and high afterwards.

    Raises
    ------
    ValueError
        With the rule that it breaks.

    Examples
    --------
    >>> drawn_anew(b"<html>")
    Traceback (most recent call last):
    ValueError: a PNG or JPEG picture that can be decoded
    """
    from PIL import Image, ImageOps  # few cases have a picture

    small: Image.Image | None = None
    try:
        with warnings.catch_warnings(), _whole_only():
            warnings.simplefilter("error")  # a picture that Pillow warns of is not one to hand on
            with Image.open(io.BytesIO(raw), formats=_FORMATS) as picture:
                if picture.width * picture.height <= MAX_PIXELS:
                    picture.load()
                    small = ImageOps.exif_transpose(picture).convert("RGB")
    except Exception as error:  # whatever a decoder makes of a hostile file
        raise ValueError("a PNG or JPEG picture that can be decoded") from error
    if small is None:
        raise ValueError(RuleText("at most {} pixels", f"{MAX_PIXELS:,}"))
    small.thumbnail((side, side))
    out = io.BytesIO()
    small.save(out, "PNG", optimize=True)
    return out.getvalue()
