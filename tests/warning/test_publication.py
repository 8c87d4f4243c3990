"""Warnings on their way out: messages that other systems read, feeds, calendars, data."""

from __future__ import annotations

import base64
import dataclasses
import datetime as dt
import hashlib
import json
from typing import Any

import icalendar
import jsonschema
import pytest
import xmlschema
from cap_tools.models import Alert
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from shared import ROOT, shared

from riskkit.foundation.inputs.faults import InputFaults
from riskkit.foundation.language import in_language
from riskkit.foundation.standards import standards
from riskkit.warning.publication.cap_message import (
    NAMESPACE,
    CapAlert,
    CapArea,
    CapInfo,
    CapResource,
    tree_of,
)
from riskkit.warning.publication.cap_structure import structure_faults
from riskkit.warning.publication.cap_xml import MOST_BYTES, from_xml, to_xml
from riskkit.warning.publication.feeds import DueDate, atom_feed, due_calendar, holding
from riskkit.warning.publication.notice_cap import cap_of
from riskkit.warning.publication.notice_json import notice_data, notice_schema
from riskkit.warning.publication.notices import Notice, Place, check_notice

CHINA = dt.timezone(dt.timedelta(hours=8))
DAY = dt.datetime(2026, 5, 1, 8, 0, tzinfo=CHINA)
SENDER = "warning@customs.example.cn"
SCHEMA = ROOT / "data" / "dictionary" / "notice.schema.json"


def words(zh: str, en: str) -> dict[str, str]:
    return {"zh": zh, "en": en}


def notice(**changed: Any) -> Notice:
    said: dict[str, Any] = {
        "notice_id": "w-2026-7.1",
        "warning_id": "w-2026-7",
        "kind": "first",
        "level": 3,
        "category": words("商品质量安全风险", "Product quality and safety risk"),
        "title": words("橙色预警：某型电热水壶漏电", "Orange warning: a kettle that gives shocks"),
        "event": words("3起触电报告，涉及 2 个口岸。", "Three reports of shocks, at two ports."),
        "reach": words("上海、宁波口岸进口的该型号", "The model imported through Shanghai and Ningbo"),
        "advice": words("停止使用并拔下插头。", "Stop using it and unplug it."),
        "measures": words("口岸暂停放行，启动召回。", "Release at the ports is suspended; a recall begins."),
        "issuer": words("某直属海关", "A customs district"),
        "issued_at": DAY,
        "starts_at": DAY,
        "ends_at": DAY + dt.timedelta(days=28),
        "places": (
            Place(name=words("上海市", "Shanghai"), system="GB/T 2260", code="310000"),
            Place(name=words("宁波", "Ningbo"), system="UN/LOCODE", code="CNNBG"),
        ),
        "hazard_classes": ("physical",),
        "urgency": 4,
        "probability": 3,
        "hs": ("85167910",),
        "lots": ("L-1",),
    }
    return Notice(**(said | changed))


LIFE = (
    notice(),
    notice(notice_id="w-2026-7.2", kind="changed", level=4, issued_at=DAY + dt.timedelta(days=2),
           reason=words("又有 1 人死亡", "another death"), earlier=(("w-2026-7.1", DAY),), has_harmed=True),
    notice(notice_id="w-2026-7.3", kind="lifted", level=4, issued_at=DAY + dt.timedelta(days=20), ends_at=None,
           reason=words("全部召回", "all recalled"), earlier=(("w-2026-7.1", DAY), ("w-2026-7.2", DAY + dt.timedelta(days=2)))),
)  # fmt: skip

# Messages of the Common Alerting Protocol.


def official_schema() -> xmlschema.XMLSchema:
    return xmlschema.XMLSchema(str(shared("data", "cap_schema", "CAP-v1.2.xsd")))


@pytest.mark.parametrize("one", LIFE, ids=lambda one: one.kind)
def test_a_notice_is_a_message_that_others_understand(one: Notice) -> None:
    from xsdata.formats.dataclass.parsers import XmlParser

    written = to_xml(cap_of(one, sender=SENDER))
    read = XmlParser().from_bytes(written, Alert)
    assert (read.identifier, read.sender, read.msg_type.value) == (
        one.notice_id,
        SENDER,
        {"first": "Alert", "changed": "Update", "lifted": "Cancel"}[one.kind],
    )
    assert [info.language for info in read.infos] == ["zh-CN", "en-US"]
    assert [info.headline for info in read.infos] == [one.title["zh"], one.title["en"]]
    assert {area.area_desc for info in read.infos for area in info.areas} == {
        "上海市",
        "Shanghai",
        "宁波",
        "Ningbo",
    }
    assert str(read.sent).startswith(one.issued_at.isoformat(timespec="seconds")[:19])
    assert from_xml(written) == cap_of(one, sender=SENDER)
    assert (read.references or "").split() == [
        f"{SENDER},{name},{at.isoformat(timespec='seconds')}" for name, at in one.earlier
    ]


@pytest.mark.parametrize("one", LIFE, ids=lambda one: one.kind)
def test_a_message_is_valid_by_the_official_schema(one: Notice) -> None:
    official_schema().validate(to_xml(cap_of(one, sender=SENDER)).decode())


@pytest.mark.parametrize("level", [1, 2, 3, 4])
def test_the_level_and_its_colour_are_parameters_in_step_with_the_severity(level: int) -> None:
    info = cap_of(notice(level=level), sender=SENDER).info[0]
    expected = {
        4: ("Ⅰ", "red", "Extreme"),
        3: ("Ⅱ", "orange", "Severe"),
        2: ("Ⅲ", "yellow", "Moderate"),
        1: ("Ⅳ", "blue", "Minor"),
    }
    given = dict(info.parameter)
    assert (given["warning_level"], given["warning_colour"], info.severity) == expected[level]


def test_unknown_is_not_low_in_a_message() -> None:
    assert cap_of(notice(probability=None), sender=SENDER).info[0].certainty == "Unknown"
    assert cap_of(notice(probability=None, has_harmed=True), sender=SENDER).info[0].certainty == "Observed"


def test_the_words_are_those_of_the_official_schema() -> None:
    tree = etree.parse(str(shared("data", "cap_schema", "CAP-v1.2.xsd")))
    xs = {"x": "http://www.w3.org/2001/XMLSchema"}
    for name, ours in standards.table("cap_words").groupby("word_list")["word"]:
        theirs = tree.xpath(f"//x:element[@name='{name}']//x:enumeration/@value", namespaces=xs)
        assert list(ours) == theirs, name
    rows = standards.table("cap_elements")
    for parent, mine in rows.groupby("parent"):
        children = tree.xpath(
            f"//x:element[@name='{parent}']/x:complexType/x:sequence/x:element", namespaces=xs
        )
        assert mine.sort_values("place")["element"].tolist() == [child.get("name") for child in children], (
            parent
        )
        assert mine["least"].tolist() == [int(child.get("minOccurs", "1")) for child in children]
        assert mine["most"].isna().tolist() == [child.get("maxOccurs") == "unbounded" for child in children]


MINIMAL = (
    f'<alert xmlns="{NAMESPACE}"><identifier>a</identifier><sender>b</sender><sent>2026-11-22T20:00:00-00:00</sent>'
    "<status>Actual</status><msgType>Ack</msgType><scope>Public</scope><references>c,d,2026-11-22T19:00:00+08:00</references>"
    "</alert>"
)
INFO = (
    "<info><category>Safety</category><event>x</event><urgency>Future</urgency><severity>Minor</severity><certainty>Likely</certainty>"
    "<area><areaDesc>y</areaDesc></area></info>"
)


def with_info(info: str = INFO) -> str:
    return (
        MINIMAL.replace("Ack", "Alert")
        .replace("<references>c,d,2026-11-22T19:00:00+08:00</references>", "")
        .replace("</alert>", f"{info}</alert>")
    )


@pytest.mark.parametrize(
    "text", [MINIMAL, with_info(), f"<?xml version='1.0' encoding='UTF-8'?><!-- a comment -->{with_info()}"]
)
def test_small_messages_are_read(text: str) -> None:
    assert from_xml(text.encode()).identifier == "a"


BROKEN = [
    ("2026-11-22T20:00:00-00:00", "2026-11-22T20:00:00Z", "alert/sent"),
    ("2026-11-22T20:00:00-00:00", "2026-11-22T20:00:00.5+08:00", "alert/sent"),
    ("2026-11-22T20:00:00-00:00", "2026-02-30T20:00:00+08:00", "alert/sent"),
    ("2026-11-22T20:00:00-00:00", "2026-11-22T20:00:00,08:00", "alert/sent"),
    ("<identifier>a</identifier><sender>b</sender>", "<sender>b</sender><identifier>a</identifier>", "alert/identifier"),
    ("<severity>Minor</severity>", "<severity>High</severity>", "alert/info[1]/severity"),
    ("<category>Safety</category>", "", "alert/info[1]/category"),
    ("<scope>Public</scope>", "<scope>Public</scope><scope>Public</scope>", "alert/scope"),
    ("<sender>b</sender>", "<sender>b c</sender>", "alert/sender"),
    ("<identifier>a</identifier>", "<identifier>a,b</identifier>", "alert/identifier"),
    ("<event>x</event>", "<event>x<b/></event>", "alert/info[1]/event"),
    ("<event>x</event>", "<event>x\u202e</event>", "alert/info[1]/event"),
    ("<event>x</event>", "<event> </event>", "alert/info[1]/event"),
    ("<event>x</event>", "<incident>x</incident><event>x</event>", "alert/info[1]"),
    ("<areaDesc>y</areaDesc>", "<areaDesc>y</areaDesc><geocode><value>1</value></geocode>", "alert/info[1]/area[1]/geocode[1]"),
    ("<area>", "<web>example.org</web><area>", "alert/info[1]/web"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "place"), BROKEN)
def test_a_message_of_the_wrong_form_is_refused_with_its_place(old: str, new: str, place: str) -> None:
    text = with_info()
    assert old in text
    with pytest.raises(InputFaults) as caught:
        from_xml(text.replace(old, new).encode(), name="x.xml")
    assert place in {fault.place for fault in caught.value.faults}


FORM = [
    one
    for one in BROKEN
    if "\u202e" not in one[1]
    and "> <" not in one[1]
    and ",08:00" not in one[1]
    and "b c" not in one[1]
    and "a,b" not in one[1]
    and "example.org" not in one[1]
]


@pytest.mark.parametrize(("old", "new", "place"), FORM)
def test_the_official_schema_refuses_the_same_forms(old: str, new: str, place: str) -> None:
    official_schema().validate(with_info())
    assert not official_schema().is_valid(with_info().replace(old, new)), place


def message(**changed: Any) -> CapAlert:
    info = CapInfo(category=("Safety",), event="x", urgency="Future", severity="Minor", certainty="Likely",
                   area=(CapArea(area_desc="y"),))  # fmt: skip
    mine = {
        name: changed.pop(name)
        for name in list(changed)
        if name in CapInfo.__dataclass_fields__ and name != "language"
    }
    said = {
        "identifier": "a",
        "sender": "b",
        "sent": DAY,
        "status": "Actual",
        "msg_type": "Alert",
        "scope": "Public",
    }
    return CapAlert(**(said | {"info": (dataclasses.replace(info, **mine),)} | changed))


PDF = b"%PDF-1.7 x"
FILE: dict[str, Any] = {"resource_desc": "x", "mime_type": "application/pdf"}
RING = "30,120 31,120 31,121 30,120"


def area(**given: Any) -> dict[str, Any]:
    return {"area": (CapArea(area_desc="y", **given),)}


@pytest.mark.parametrize(
    ("changed", "place"),
    [({"msg_type": "Update"}, "alert/references"), ({"msg_type": "Cancel", "references": "b,c,2026-05-01T00:00:00+08:00"}, "alert/note"),
     ({"references": "b,c"}, "alert/references"), ({"references": "b,c,2026-05-01T00:00:00Z"}, "alert/references"),
     ({"references": "b,a,2026-05-01T08:00:00+08:00"}, "alert/references"), ({"scope": "Restricted"}, "alert/restriction"),
     ({"restriction": "x"}, "alert/restriction"), ({"scope": "Private"}, "alert/addresses"), ({"status": "Exercise"}, "alert/note"),
     ({"info": ()}, "alert/info"), ({"expires": DAY - dt.timedelta(days=1)}, "alert/info[1]/expires"),
     ({"onset": DAY + dt.timedelta(days=3), "expires": DAY + dt.timedelta(days=2)}, "alert/info[1]/expires"), ({"area": ()}, "alert/info[1]/area"),
     (area(polygon=("1,2 3,4 1,2",)), "alert/info[1]/area[1]/polygon"), (area(polygon=("30,120 31,120 31,121 30,122",)), "alert/info[1]/area[1]/polygon"),
     (area(polygon=("91,120 31,120 31,121 91,120",)), "alert/info[1]/area[1]/polygon"), (area(circle=("30,120",)), "alert/info[1]/area[1]/circle"),
     (area(circle=("30,181 5",)), "alert/info[1]/area[1]/circle"), (area(geocode=(("GB/T 2260", "990000"),)), "alert/info[1]/area[1]/geocode"),
     (area(geocode=(("GB/T 2260", "31"),)), "alert/info[1]/area[1]/geocode"), (area(geocode=(("UN/LOCODE", "QQABC"),)), "alert/info[1]/area[1]/geocode"),
     (area(geocode=(("customs_district", "22"),)), "alert/info[1]/area[1]/geocode"), (area(ceiling=3.0), "alert/info[1]/area[1]/ceiling"),
     ({"parameter": (("warning_level", "Ⅰ"), ("warning_colour", "blue"))}, "alert/info[1]/parameter"),
     ({"parameter": (("warning_level", "Ⅰ"), ("warning_colour", "red"))}, "alert/info[1]/parameter"),
     ({"resource": (CapResource(**FILE),)}, "alert/info[1]/resource[1]"), ({"resource": (CapResource(**(FILE | {"mime_type": "pdf"}), uri="https://x/y"),)}, "alert/info[1]/resource[1]/mimeType"),
     ({"resource": (CapResource(**FILE, deref_uri="?"),)}, "alert/info[1]/resource[1]/derefUri"),
     ({"resource": (CapResource(**FILE, deref_uri=base64.b64encode(PDF).decode(), size=9),)}, "alert/info[1]/resource[1]/size"),
     ({"resource": (CapResource(**FILE, deref_uri=base64.b64encode(PDF).decode(), digest="0" * 40),)}, "alert/info[1]/resource[1]/digest"),
     ({"resource": (CapResource(**FILE, uri="https://x/y", digest="0"),)}, "alert/info[1]/resource[1]/digest"),
     ({"resource": (CapResource(**FILE, uri="https://x/y", size=-1),)}, "alert/info[1]/resource[1]/size")],
)  # fmt: skip
def test_what_the_schema_cannot_hold_is_held_all_the_same(changed: dict[str, Any], place: str) -> None:
    one = message(**changed)
    assert structure_faults(tree_of(one)) == []
    with pytest.raises(InputFaults) as caught:
        to_xml(one)
    assert [fault.place for fault in caught.value.faults] == [place]
    written = etree.tostring(tree_of(one))
    if place in ("alert/info[1]/area", "alert/note") and one.status != "Exercise":
        assert [fault.place for fault in from_xml(written).deviations] == [place]
    else:
        with pytest.raises(InputFaults):
            from_xml(written)


def shaped(shape: str) -> str:
    return with_info(INFO.replace("<areaDesc>y</areaDesc>", f"<areaDesc>y</areaDesc>{shape}"))


@pytest.mark.parametrize(
    ("shape", "polygon", "circle"),
    [(f"<polygon>{RING}</polygon>", (RING,), ()),
     ("<polygon>30,120 31,120\n 31,121\t30,120</polygon>", (RING,), ()),
     ("<polygon>\n30, 120  31, 120  31, 121  30, 120\n</polygon>", (RING,), ()),
     ("<circle>30.5,120  12.5</circle>", (), ("30.5,120 12.5",)),
     ("<circle>30.5 , 120\n12.5</circle>", (), ("30.5,120 12.5",))],
)  # fmt: skip
def test_spaces_and_line_breaks_in_areas_are_read_and_told(
    shape: str, polygon: tuple[str, ...], circle: tuple[str, ...]
) -> None:
    found = from_xml(shaped(shape).encode())
    assert (found.info[0].area[0].polygon, found.info[0].area[0].circle) == (polygon, circle)
    is_plain = RING in shape
    assert len(found.deviations) == (0 if is_plain else 1)
    again = from_xml(to_xml(found))
    assert again == found and again.deviations == ()


@pytest.mark.parametrize(
    "shape", ["<polygon>30,120 31,120</polygon>", "<circle>30,120</circle>", "<circle>a b</circle>"]
)
def test_areas_that_are_no_areas_stay_refused(shape: str) -> None:
    with pytest.raises(InputFaults):
        from_xml(shaped(shape).encode())


def test_a_prefix_on_the_root_alone_is_read_and_told() -> None:
    text = with_info().replace(f'<alert xmlns="{NAMESPACE}">', f'<cap:alert xmlns:cap="{NAMESPACE}">')
    found = from_xml(text.replace("</alert>", "</cap:alert>").encode())
    assert found == from_xml(with_info().encode())
    assert [fault.place for fault in found.deviations] == ["alert"]
    whole = with_info().replace("<", "<cap:").replace("<cap:/", "</cap:").replace("xmlns=", "xmlns:cap=")
    assert from_xml(whole.encode()) == found
    assert from_xml(whole.encode()).deviations == ()


def test_elements_of_another_namespace_are_refused_not_a_crash() -> None:
    text = with_info().replace("<event>", '<event xmlns="urn:other">')
    with pytest.raises(InputFaults, match="an element of CAP"):
        from_xml(text.encode())


def test_areas_and_files_in_order_are_carried_both_ways() -> None:
    digest = hashlib.sha1(PDF, usedforsecurity=False).hexdigest()
    resource = CapResource(**FILE, deref_uri=base64.b64encode(PDF).decode(), size=len(PDF), digest=digest)
    where = CapArea(area_desc="y", polygon=(RING,), circle=("30.5,120 12.5",), altitude=0.0, ceiling=100.0,
                    geocode=(("GB/T 2260", "310115"), ("UN/LOCODE", "CNSHG"), ("FIPS6", "1")))  # fmt: skip
    one = message(resource=(resource,), area=(where,), event_code=(("a", "b"),), web="https://example.org/x")
    assert from_xml(to_xml(one)) == one


def test_two_infos_in_one_language_are_refused() -> None:
    info = message().info[0]
    with pytest.raises(InputFaults, match="each language once"):
        to_xml(message(info=(info, info)))


HOSTILE = {
    "entity": b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><alert>&x;</alert>',
    "laughs": b'<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><alert>&b;</alert>',
    "cut": MINIMAL[:-20].encode(),
    "empty": b"",
    "text": b"hello",
    "older": MINIMAL.replace("cap:1.2", "cap:1.1").encode(),
    "none": MINIMAL.replace(f' xmlns="{NAMESPACE}"', "").encode(),
    "large": MINIMAL.encode() + b" " * MOST_BYTES,
    "deep": b"<alert>" + b"<a>" * 5000 + b"</a>" * 5000 + b"</alert>",
    "encoding": b"<?xml version='1.0' encoding='x-none'?><alert/>",
    "nul": b"<alert>\x00</alert>",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_no_message_is_refused(name: str) -> None:
    with pytest.raises(InputFaults) as caught:
        from_xml(HOSTILE[name], name="x.xml")
    assert caught.value.faults


@given(
    raw=st.binary(max_size=300) | st.text(st.sampled_from("<>&/a alert[]!'\""), max_size=80).map(str.encode)
)
def test_any_bytes_are_refused_and_nothing_else(raw: bytes) -> None:
    with pytest.raises(InputFaults):
        from_xml(raw)


plain = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=12)


@given(
    said=st.tuples(plain, plain),
    level=st.integers(1, 4),
    urgency=st.integers(1, 4),
    lots=st.lists(plain, max_size=3),
)
def test_any_words_come_through_a_message_unchanged(
    said: tuple[str, str], level: int, urgency: int, lots: list[str]
) -> None:
    try:
        one = notice(event=words(*said), level=level, urgency=urgency, lots=tuple(lots))
        alert = cap_of(one, sender=SENDER)
    except InputFaults:
        return
    read = from_xml(to_xml(alert))
    assert read == alert
    assert [value for name, value in read.info[0].parameter if name == "lot"] == lots


# Notices.


@pytest.mark.parametrize(
    ("changed", "place"),
    [({"title": {"zh": "标题"}}, "title.en"), ({"advice": words("", "x")}, "advice.zh"), ({"issuer": words("\u202e", "x")}, "issuer.zh"),
     ({"ends_at": DAY}, "ends_at"), ({"issued_at": dt.datetime(2026, 5, 1)}, "issued_at"), ({"level": 5}, "level"), ({"level": 0}, "level"),
     ({"places": ()}, "places"), ({"hs": ("851",)}, "hs"), ({"kind": "changed", "reason": words("a", "b")}, "earlier"),
     ({"kind": "lifted", "earlier": (("x", DAY),)}, "reason.zh"), ({"notice_id": "a b"}, "notice_id"), ({"urgency": 9}, "urgency, probability"),
     ({"hazard_classes": ()}, "hazard_classes"), ({"kind": "other"}, "kind"),
     ({"kind": "changed", "reason": words("a", "b"), "earlier": (("x", DAY + dt.timedelta(days=1)),)}, "earlier[1]")],
)  # fmt: skip
def test_a_notice_that_does_not_say_what_it_has_to_is_refused(changed: dict[str, Any], place: str) -> None:
    with pytest.raises(InputFaults) as caught:
        check_notice(notice(**changed))
    assert place in [fault.place for fault in caught.value.faults]
    for write in (
        lambda one: cap_of(one, sender=SENDER),
        notice_data,
        lambda one: in_language("zh", atom_feed, [one], address="https://x/", title="x", now=DAY),
    ):
        with pytest.raises(InputFaults):
            write(notice(**changed))


def test_the_schema_of_the_data_is_the_one_in_the_dictionary_and_holds_the_data() -> None:
    assert json.loads(SCHEMA.read_text(encoding="utf-8")) == notice_schema()
    jsonschema.Draft202012Validator.check_schema(notice_schema())
    for one in LIFE:
        data = notice_data(one)
        jsonschema.validate(data, notice_schema(), cls=jsonschema.Draft202012Validator)
        assert json.loads(json.dumps(data)) == data
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(notice_data(LIFE[0]) | {"level": 7}, notice_schema())


# Feed and calendar.

ATOM = {"a": "http://www.w3.org/2005/Atom"}


def titles(now: dt.datetime, *notices: Notice, lang: str = "en") -> list[str]:
    feed = in_language(lang, atom_feed, notices, address="https://example.org/w/", title="Warnings", now=now)
    found: list[str] = etree.fromstring(feed).xpath("a:entry/a:title/text()", namespaces=ATOM)
    return found


def test_a_feed_holds_what_holds_newest_first() -> None:
    other = notice(
        notice_id="v.1",
        warning_id="v",
        title=words("灯 <b>&", "Lamp <b>&"),
        issued_at=DAY + dt.timedelta(hours=1),
        ends_at=None,
    )
    assert titles(DAY - dt.timedelta(days=1), *LIFE, other) == []
    assert titles(DAY + dt.timedelta(hours=2), *LIFE, other) == ["Lamp <b>&", LIFE[0].title["en"]]
    assert titles(DAY + dt.timedelta(days=3), *LIFE, other, lang="zh") == [LIFE[1].title["zh"], "灯 <b>&"]
    assert titles(DAY + dt.timedelta(days=21), *LIFE, other) == ["Lamp <b>&"]
    assert titles(DAY + dt.timedelta(days=29), LIFE[0]) == []
    assert holding(LIFE, now=DAY + dt.timedelta(days=2)) == [LIFE[1]]


def test_a_feed_has_what_a_feed_needs() -> None:
    feed = etree.fromstring(
        in_language(
            "zh",
            atom_feed,
            LIFE[:2],
            address="https://example.org/w/",
            title="预警",
            now=DAY + dt.timedelta(days=3),
        )
    )
    for place in (
        "a:id",
        "a:title",
        "a:updated",
        "a:entry/a:id",
        "a:entry/a:updated",
        "a:entry/a:author/a:name",
        "a:entry/a:link",
    ):
        assert feed.xpath(place, namespaces=ATOM), place
    assert feed.xpath("a:entry/a:link/@href", namespaces=ATOM) == ["https://example.org/w/w-2026-7.2.cap.xml"]
    assert feed.xpath("a:updated/text()", namespaces=ATOM) == [LIFE[1].issued_at.isoformat()]


def test_a_calendar_is_read_back_by_another_program() -> None:
    due = [DueDate(due_id=f"d-{number}", warning_id="w-1", what=words(f"复评；第{number}次, 见附件", f"Review; no. {number}, see annex"),
                   due_at=DAY + dt.timedelta(days=number)) for number in range(3)]  # fmt: skip
    for lang in ("zh", "en"):
        read = icalendar.Calendar.from_ical(in_language(lang, due_calendar, due, now=DAY))
        events = read.walk("VEVENT")
        assert [str(event["SUMMARY"]) for event in events] == [one.what[lang] for one in due]
        assert [event.decoded("DTSTART") for event in events] == [one.due_at for one in due]
        assert len({str(event["UID"]) for event in events}) == 3
    again = in_language("zh", due_calendar, due, now=DAY)
    assert again == in_language("zh", due_calendar, due, now=DAY)


def test_what_is_no_duty_is_refused_all_at_once() -> None:
    day = dt.datetime(2026, 5, 1)
    due = [DueDate(due_id="d", warning_id="w", what=words("x", "x\u202e"), due_at=day)] * 2
    with pytest.raises(InputFaults) as caught:
        due_calendar(due, now=DAY)
    assert [fault.place for fault in caught.value.faults] == [
        "due[1].due_at",
        "due[1].what.en",
        "due[2]",
        "due[2].due_at",
        "due[2].what.en",
    ]
