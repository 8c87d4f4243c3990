"""Which product a case is about: models, numbers, firms, clauses and pictures, each refused with its place."""

from __future__ import annotations

import hashlib
import io
import re
import struct
import zlib
from pathlib import Path

import pytest
from PIL import Image, ImageFile

from riskkit.assessment.facts.product_identity import is_gtin
from riskkit.case.case_pictures import case_pictures
from riskkit.case.case_reading import load_case, parse_case
from riskkit.foundation import shipped
from riskkit.foundation.inputs.faults import InputFaults
from riskkit.foundation.inputs.picture_file import MAX_BYTES, MAX_PIXELS, read_picture
from riskkit.foundation.inputs.toml_file import parse_toml
from riskkit.foundation.language import in_language
from riskkit.workbench.runs.folders.resources import shipped_cases

NOTE7 = re.sub(  # without the firms and models that it names
    r"^models = .*\n|^\[\[operators\]\]\n(?:\w+ = .*\n)+",
    "",
    shipped.case_path("note7-battery-2016").read_text(encoding="utf-8"),
    flags=re.MULTILINE,
)


def picture(kind: str = "PNG", size: tuple[int, int] = (40, 30)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, (200, 30, 30)).save(out, kind)
    return out.getvalue()


def with_lines(after: str, lines: str, text: str = NOTE7) -> str:
    assert text.count(after) == 1
    return text.replace(after, f"{after}\n{lines}")


def faults_of(text: str, folder: Path | None = None) -> dict[str, str]:
    """Rule by place (without the line number)."""
    with pytest.raises(InputFaults) as error:
        parse_case(parse_toml(text.encode(), "x.toml"), folder=folder)
    return {fault.place.split(" ", 1)[1]: fault.rule for fault in error.value.faults}


@pytest.mark.parametrize(
    "code", ["4006381333931", "0036000291452", "036000291452", "96385074", "14006381333938"]
)
def test_a_trade_item_number_holds_by_its_check_digit(code: str) -> None:
    assert is_gtin(code)
    wrong = [code[:-1] + str(digit) for digit in range(10) if str(digit) != code[-1]]
    assert not any(is_gtin(one) for one in wrong)


@pytest.mark.parametrize(
    "code", ["", "1234567", "400638133393", "4006381333931 ", "４００６３８１３３３９３１", "40063813339x1"]
)
def test_what_is_no_trade_item_number_is_refused(code: str) -> None:
    assert not is_gtin(code)


def test_one_wrong_digit_and_most_swaps_of_neighbours_are_found() -> None:
    code = "4006381333931"
    swapped = {code[:i] + code[i + 1] + code[i] + code[i + 2 :] for i in range(12)} - {code}
    missed = [one for one in swapped if is_gtin(one)]
    assert len(missed) < len(swapped) / 2  # digits that differ by 5 stay unnoticed by weights 3 and 1


def test_every_fault_of_a_products_identity_is_told_at_once_with_its_place() -> None:
    text = with_lines(
        'importer = "Samsung (China) Investment Co., Ltd."', 'models = ["A", "A"]\ngtin = ["4006381333932"]'
    )
    text = with_lines(
        'goods = "consumer_product"',
        "[[operators]]\nrole = 'baker'\nname = 'X'\ncountry = 'XX'\n"
        "[[pictures]]\nfile = '../a.png'\nsha256 = '00'\nalt = { zh = '图', en = 'A picture' }\n",
        text,
    )
    # the tables above end the top level: what followed them goes back to the top
    moved = 'direction = "import"\nchannels = ["general_trade", "retail", "online_marketplace"]\n'
    text = moved + text.replace(moved, "")
    found = faults_of(text)
    assert found["product.models"] == "entries that stand once"
    assert found["product.gtin[0]"] == "a GTIN of 8, 12, 13 or 14 digits whose check digit is right"
    assert found["operators[0].role"].startswith("one of maker, importer")
    assert found["operators[0].country"].startswith("an ISO 3166-1")
    assert {"pictures[0].file", "pictures[0].sha256"} <= set(found)


def test_a_standard_without_clause_and_an_operator_without_source_are_refused() -> None:
    item = (
        "[[methods.nonconformity]]\nid = 'flame'\nscenario = 'night_fire'\nitem = { zh = '燃烧', en = 'fire' }\n"
        "kind = 'safety'\nbasis = 'judgement'\nstandard = 'GB 31241-2014'\n"
        "[[operators]]\nrole = 'maker'\nname = 'Somebody Else'\ncountry = 'KR'\n"
    )
    found = faults_of(NOTE7 + "\n" + item)
    assert found == {
        "methods.nonconformity[0].clause": "standard and clause together, or neither",
        "operators[0].source": "at least one source for a fact",
        "product.maker": "one of the makers in [[operators]]",
    }


def test_a_picture_is_decoded_bounded_and_drawn_anew(tmp_path: Path) -> None:
    raw = picture("JPEG", (1600, 900))
    (tmp_path / "a.jpg").write_bytes(raw)
    found = read_picture(tmp_path, "a.jpg", sha256=hashlib.sha256(raw).hexdigest())
    assert found.raw == raw
    assert Image.open(io.BytesIO(found.png)).size == (720, 405)


def huge_png() -> bytes:
    """A PNG that claims 30,000 × 30,000 pixels in a few bytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"0"))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>", "can be decoded"),
        (b"not a picture", "can be decoded"),
        (b"", "can be decoded"),
        (picture("GIF"), "can be decoded"),
        (picture()[:60], "can be decoded"),
        (huge_png(), "decoded|pixels"),
        (b"\x89PNG" + b"0" * MAX_BYTES, "at most 5,000,000 bytes"),
    ],
    ids=["svg", "text", "empty", "gif", "cut", "bomb", "large"],
)
@pytest.mark.parametrize("is_lax", [True, False])
def test_what_is_no_picture_or_too_large_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes, rule: str, is_lax: bool
) -> None:
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", is_lax)  # as WeasyPrint sets it for the process
    (tmp_path / "a.png").write_bytes(content)
    with pytest.raises(InputFaults, match=rule):
        read_picture(tmp_path, "a.png", sha256=hashlib.sha256(content).hexdigest())


def test_more_pixels_than_a_report_needs_are_refused(tmp_path: Path) -> None:
    raw = picture("PNG", (5001, 5001))
    assert MAX_PIXELS < 5001**2
    (tmp_path / "a.png").write_bytes(raw)
    with pytest.raises(InputFaults, match="pixels"):
        read_picture(tmp_path, "a.png", sha256=hashlib.sha256(raw).hexdigest())


@pytest.mark.parametrize(
    "name", ["../a.png", "inner/a.png", "none.png", "link.png", "a\0.png", "x" * 400 + ".png"]
)
def test_a_picture_lies_beside_its_case_and_is_no_link(tmp_path: Path, name: str) -> None:
    (tmp_path / "a.png").write_bytes(picture())
    inner = tmp_path / "case"
    (inner / "inner").mkdir(parents=True)
    (inner / "inner" / "a.png").write_bytes(picture())
    (inner / "link.png").symlink_to(tmp_path / "a.png")
    with pytest.raises(InputFaults, match="beside the case"):
        read_picture(inner, name, sha256="0" * 64)


def test_wrong_pictures_of_a_case_are_told_at_once_with_their_lines(tmp_path: Path) -> None:
    (tmp_path / "right.png").write_bytes(picture())
    (tmp_path / "wrong.jpg").write_bytes(b"no picture")
    digest = hashlib.sha256(picture()).hexdigest()
    alt = "alt = {{ zh = '手机', en = 'The phone' }}"
    one = "[[pictures]]\nfile = '{}'\nsha256 = '{}'\n" + alt + "\n"
    good = NOTE7 + "\n" + one.format("right.png", digest)
    case = parse_case(parse_toml(good.encode(), "x.toml"), folder=tmp_path)
    assert [one.name for one in case_pictures(case, tmp_path)] == ["right.png"]
    bad = good + one.format("wrong.jpg", "0" * 64) + one.format("none.png", "0" * 64)
    found = faults_of(bad, tmp_path)
    assert set(found) == {"pictures[1].sha256", "pictures[1].file", "pictures[2].file"}


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_case_in_one_language_is_read_and_marked_in_the_other(lang: str) -> None:
    text = NOTE7.replace("schema = 1", f"schema = 1\nlang = '{lang}'")
    title = in_language(lang, load_case("note7-battery-2016").title.say)
    line = next(row for row in text.splitlines() if row.startswith("title = "))
    case = parse_case(parse_toml(text.replace(line, f'title = "{title}"').encode(), "x.toml"))
    mark, other = {"zh": ("[not translated] ", "en"), "en": ("〔未翻译〕", "zh")}[lang]
    assert in_language(lang, case.title.say) == title
    assert in_language(other, case.title.say) == mark + title
    assert case.summary == load_case("note7-battery-2016").summary  # what is in both stays in both
    half = text.replace(line, f'title = {{ {lang} = "{title}" }}')
    assert parse_case(parse_toml(half.encode(), "x.toml")).title == case.title


def test_a_plain_text_without_a_language_and_an_empty_one_are_refused_once() -> None:
    line = next(row for row in NOTE7.splitlines() if row.startswith("title = "))
    found = faults_of(NOTE7.replace(line, 'title = "Phones"'))
    assert found == {
        "title": '{ zh = "…", en = "…" }, or a plain text where the case says lang = "zh" or "en"'
    }
    text = NOTE7.replace("schema = 1", "schema = 1\nlang = 'zh'").replace(line, 'title = " "')
    with pytest.raises(InputFaults) as error:
        parse_case(parse_toml(text.encode(), "x.toml"))
    assert [fault.rule for fault in error.value.faults] == ["text that is not empty"]


@pytest.mark.parametrize("name", shipped_cases())
def test_what_the_shipped_cases_say_of_firms_and_clauses_names_its_source(name: str) -> None:
    case = load_case(name)
    assert all(one.source for one in case.operators)
    assert all(item.source for item in case.methods.nonconformity if item.standard)


def test_a_place_is_a_known_province_with_a_source_and_stands_once() -> None:
    place = "[[places]]\nprovince = 'Zhejiang'\nport = { zh = '宁波', en = 'Ningbo' }\n"
    found = faults_of(f"{NOTE7}\n{place}{place.replace('Zhejiang', '浙江')}source = ['cpsc-16-266']\n")
    assert found == {
        "places[0].source": "at least one source for a fact",
        "places[1].province": "an entry that stands once",
    }
    unknown = faults_of(f"{NOTE7}\n{place.replace('Zhejiang', 'Atlantis')}")
    assert unknown["places[0].province"] == "a province of China: its code (GB/T 2260) or name"
