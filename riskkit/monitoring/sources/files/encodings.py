"""Text in whichever encoding it comes, as blocks of UTF-8.

Bytes that do not belong to the encoding of the file come out as bytes that are no UTF-8, so that only the
row in which they stand is put aside.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterator

from riskkit.monitoring.sources.files.file_faults import file_fault

_MARKS = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
_WIDE_MARKS = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)
_SAMPLE = 1 << 20
_BAD_BYTE = b"\xff"
_MULTIBYTE = re.compile(r"[^\x00-\x7f]")
_PAIR = re.compile(rb"[\x81-\xfe][\x40-\xfe]")
_ESCAPED = re.compile("[\udc80-\udcff]")
_TELLING = re.compile(rb"[\x80-\xff]")
_ENOUGH = 1 << 12
_FEWEST_PAIRS, _FEW, _MANY = 8, 0.04, 0.2


def encoding_of(sample: bytes) -> str:
    """The encoding of some text that has no mark: UTF-8, GB18030 or UTF-16.

    Text of which less than half can be read as UTF-8 is GB18030, if it looks like it; a file in UTF-8 stays
    one when rows in another encoding were pasted into it. What is neither is called UTF-8, and the rows
    that are not will be put aside.

    Parameters
    ----------
    sample : bytes
        A piece of the file with some bytes above 127, or with NUL bytes.

    Examples
    --------
    >>> encoding_of("产品,数量".encode("gb18030")), encoding_of("产品,数量".encode())
    ('gb18030', 'utf-8')
    >>> encoding_of("product".encode("utf-16-le")), encoding_of("crème brûlée, café".encode("latin-1"))
    ('utf-16-le', 'utf-8')
    """
    return _wide(sample) or _narrow(sample)


def _wide(sample: bytes) -> str:
    """Which UTF-16 it is, or none: every second byte is often NUL, and so is the one beside a line feed."""
    start = sample[:_SAMPLE]
    even, odd = start[::2].count(0), start[1::2].count(0)
    if max(even, odd) <= 0.05 * len(start) / 2 or min(even, odd) >= 0.05 * max(even, odd):
        return ""
    line_end, is_little = start.find(b"\n"), odd > even
    beside = line_end + 1 if is_little else line_end - 1
    if line_end >= 0 and 0 <= beside < len(start) and (start[beside] or line_end % 2 == is_little):
        return ""
    return "utf-16-le" if is_little else "utf-16-be"


def _narrow(sample: bytes) -> str:
    telling = _TELLING.search(sample)
    start = sample[telling.start() :][:_SAMPLE] if telling else b""
    if _left_over(start, "utf-8") <= 0.5:
        return "utf-8"
    pairs = _PAIR.findall(start)
    by_chance = sum(pair[1] < 128 for pair in pairs) > len(pairs) / 3
    return "gb18030" if _left_over(start, "gb18030") <= 1 / 3 and not by_chance else "utf-8"


def _left_over(sample: bytes, encoding: str) -> float:
    """Share of what is not ASCII that cannot be read; a character cut off at the end does not count."""
    text = codecs.getincrementaldecoder(encoding)("surrogateescape").decode(sample)
    bad = len(_ESCAPED.findall(text))
    return bad / max(len(_MULTIBYTE.findall(text)), 1)


def other_encoding(sample: bytes) -> str:
    """Which other encoding a text that is read as GB18030 may be in; empty where it looks like Chinese.

    Korean of EUC-KR gives no character of the second half of common Chinese ones, which begin with s to z;
    Japanese of Shift_JIS has a third of its lead bytes where Chinese has hardly any.

    Parameters
    ----------
    sample : bytes
        A piece of the file.

    Examples
    --------
    >>> other_encoding("제품명 날짜 전기 주전자".encode("euc-kr"))
    'EUC-KR'
    >>> other_encoding("电热水壶是在中国".encode("gb18030"))
    ''
    >>> other_encoding("製品のなまえと日付をここに".encode("shift_jis"))
    'Shift_JIS'
    """
    telling = _TELLING.search(sample)
    start = sample[telling.start() :][:_SAMPLE] if telling else b""
    leads = [pair[0] for pair in _PAIR.findall(start)]
    if len(leads) < _FEWEST_PAIRS:
        return ""
    late = sum(0xC9 <= lead <= 0xD7 for lead in leads) / len(leads)
    early = sum(lead in (0x82, 0x83) for lead in leads) / len(leads)
    if late < _FEW and _left_over(start, "euc-kr") == 0:
        return "EUC-KR"
    return "Shift_JIS" if early > _MANY and _left_over(start, "shift_jis") == 0 else ""


def utf8_blocks(
    read: Callable[[int], bytes], size: int, *, name: str, doubts: list[str] | None = None
) -> Iterator[bytes]:
    """The text of a stream as UTF-8, without a byte order mark.

    Plain ASCII is handed on as it is; the encoding is decided on the first block that says anything of it.

    Parameters
    ----------
    read : callable
        Reads at most so many bytes.
    size : int
        How many bytes to read at a time.
    name : str
        The file, for the fault.
    doubts : list of str, optional
        Takes what speaks against the encoding that was decided on.

    Yields
    ------
    bytes
        Not cut at any particular place.

    Raises
    ------
    InputFaults
        When the text is in UTF-32.

    Examples
    --------
    >>> import io
    >>> text = "产品,a\\n".encode("gb18030") + b"\\x80,b\\n"
    >>> b"".join(utf8_blocks(io.BytesIO(text).read, 4096, name="x.csv")).decode("utf-8", "replace")
    '产品,a\\n���,b\\n'
    """
    block = read(size)
    while len(block) < _ENOUGH and (following := read(size)):
        block += following
    if block.startswith(_WIDE_MARKS):
        raise file_fault(name, "UTF-32", "encoding_unknown")
    encoding = next((known for mark, known in _MARKS.items() if block.startswith(mark)), "")
    block = block[next((len(mark) for mark in _MARKS if block.startswith(mark)), 0) :]
    encoding = encoding or _wide(block)
    while block and not encoding:
        telling = _TELLING.search(block)
        if telling is None:
            yield block
            block = read(size)
            continue
        while len(block) - telling.start() < _ENOUGH and (following := read(size)):
            block += following  # half a character at the end of a block says nothing of its encoding
        encoding = _narrow(block)
        if encoding == "gb18030" and (other := other_encoding(block)) and doubts is not None:
            doubts.append(f"GB18030, {other}?")
    if encoding in ("utf-8", ""):
        yield from _as_they_are(block, read, size=size)
    else:
        yield from _converted(block, read, size=size, encoding=encoding)


def _as_they_are(block: bytes, read: Callable[[int], bytes], *, size: int) -> Iterator[bytes]:
    while block:
        yield block
        block = read(size)


def _converted(block: bytes, read: Callable[[int], bytes], *, size: int, encoding: str) -> Iterator[bytes]:
    errors = "surrogateescape" if encoding == "gb18030" else "surrogatepass"
    decoder = codecs.getincrementaldecoder(encoding)(errors)
    while block:
        yield decoder.decode(block).encode("utf-8", "surrogatepass")
        block = read(size)
    try:
        yield decoder.decode(b"", final=True).encode("utf-8", "surrogatepass")
    except UnicodeDecodeError:  # half a character at the very end
        yield _BAD_BYTE
