"""EPCIS 2.0: hash IDs equal to the known ones, documents in and out, what is refused and why."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shared import shared

from riskkit.application.traceability.epcis import epcis_text, read_epcis
from riskkit.application.traceability.epcis_checks import CONTEXT
from riskkit.application.traceability.epcis_rows import trace_rows
from riskkit.application.traceability.event_hash import event_hash, event_prehash
from riskkit.application.traceability.events import trace_events
from riskkit.application.traceability.genealogy import genealogy, reach
from riskkit.application.traceability.gs1_links import canonical_key
from riskkit.foundation.inputs.faults import InputFaults

PREFIXES = {"example": "https://ns.example.com/epcis/"}
EVENT = {
    "type": "ObjectEvent",
    "eventTime": "2020-03-04T11:00:30+01:00",
    "eventTimeZoneOffset": "+01:00",
    "epcList": ["urn:epc:id:sgtin:0614141.011111.987"],
    "action": "OBSERVE",
    "bizStep": "departing",
    "disposition": "in_transit",
    "readPoint": {"id": "urn:epc:id:sgln:4012345.00011.0", "example:myField1": "AB-12"},
    "bizTransactionList": [{"type": "po", "bizTransaction": "urn:epc:id:gdti:4012345.11111.123"}],
    "sourceList": [{"type": "owning_party", "source": "urn:epc:id:pgln:4012345.00000"}],
    "destinationList": [{"type": "owning_party", "destination": "urn:epc:id:pgln:0614141.00000"}],
    "example:userExt": "CD-34",
}
HASH = "ni:///sha-256;a13cbe6c8bb6df3710b3edaeff760a1365ec8fd69ca1f4d7e0c10eb5189a883a?ver=CBV2.0"
"""The worked example of epcis-event-hash-generator (MIT), ReferenceEventHashAlgorithm3."""
NOW = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)


def document(*events, **changes):
    whole = {"@context": [CONTEXT, PREFIXES], "type": "EPCISDocument", "schemaVersion": "2.0",
             "epcisBody": {"eventList": list(events)}}  # fmt: skip
    return json.dumps({name: value for name, value in (whole | changes).items() if value is not None})


def test_the_worked_example_has_its_known_hash():
    assert event_hash(EVENT, PREFIXES) == HASH


@pytest.mark.parametrize(
    "changes",
    [
        {"eventTime": "2020-03-04T10:00:30.0000Z"},
        {"epcList": ["https://shop.example/gtin/614141111114/lot/7/ser/987?x=1"]},
        {"bizStep": "urn:epcglobal:cbv:bizstep:departing", "recordTime": "2026-03-01T00:00:00Z"},
        {"bizStep": "cbv:BizStep-departing", "eventID": "urn:x:1", "rdfs:comment": "a note"},
    ],
)
def test_another_way_to_write_it_has_the_same_hash(changes):
    assert event_hash(EVENT | changes, PREFIXES | {"cbv": "https://ref.gs1.org/cbv/"}) == HASH


@pytest.mark.parametrize("name", [name for name in EVENT if name != "type"])
def test_a_field_that_is_changed_or_lost_changes_the_hash(name):
    rest = {key: value for key, value in EVENT.items() if key != name}
    assert event_hash(rest, PREFIXES) != HASH


@given(st.permutations(list(EVENT)), st.permutations(["urn:x:a", "urn:x:b", "urn:x:c"]))
def test_the_order_of_fields_and_lots_does_not_matter(names, lots):
    whole = EVENT | {"epcList": lots}
    mixed = {name: whole[name] for name in names}
    assert event_prehash(mixed, PREFIXES) == event_prehash(EVENT | {"epcList": sorted(lots)}, PREFIXES)


HASHED = (
    "CertificationInfoAndSensorReportWithCRS", "ReferenceEventHashAlgorithm3", "epcisDocHavingEventWithComment",
    "epcisDocWithAllGS1Keys", "epcisDocWithCustomSchemaInContext", "epcisDocWithDefaultSchemaInContext",
    "epcisDocWithSensorComponent", "epcisDocWithSensorDataObjectEvent", "epcisEventWithCURIEs",
    "epcisQueryDocument", "epclist_normalisation", "persistentDisposition", "ralfsChaosExample",
)  # fmt: skip


@pytest.mark.parametrize("name", HASHED)
def test_hashes_are_those_of_the_reference_program(name):
    folder = shared("data", "epcis2", "event_hash", "examples")
    found = read_epcis((folder / f"{name}.jsonld").read_text(encoding="utf-8"))
    want = (folder / f"{name}.hashes").read_text(encoding="utf-8").split()
    assert (list(found.accepted), found.faults) == (list(dict.fromkeys(want)), ())


def test_documents_that_others_refuse_are_refused_and_the_others_are_read():
    folder = shared("data", "epcis2", "openepcis")
    for path in sorted(folder.glob("Capture/*/*.json")):
        text = path.read_text(encoding="utf-8")
        if path.parent.name == "Invalid":
            assert faults_of(text), path.name
        else:
            found = read_epcis(text)
            assert found.accepted and found.faults == (), path.name


def faults_of(text):
    try:
        return read_epcis(text).faults
    except InputFaults as error:
        return error.faults


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("urn:epc:id:sscc:4012345.3111111111", "00/340123451111111111"),
        ("urn:epc:id:sgln:4012345.00011.1", "414/4012345000115/254/1"),
        ("urn:epc:class:lgtin:4012345.012345.Lot987", "01/04012345123456/10/Lot987"),
        ("urn:epc:idpat:sgtin:4012345.012345.*", "01/04012345123456"),
        ("urn:epc:id:gdti:4012345.11111.123", "253/4012345111118123"),
        ("https://example.com/00/340123451111111111", "00/340123451111111111"),
    ],
)
def test_keys_have_one_name(written, canonical):
    assert canonical_key(written) == f"https://id.gs1.org/{canonical}"
    assert canonical_key(canonical_key(written)) == canonical_key(written)


@given(st.text(max_size=60))
def test_any_text_has_a_name_that_is_its_own(text):
    assert canonical_key(canonical_key(text)) == canonical_key(text)


def test_every_fault_of_a_document_is_listed_at_once():
    text = document(EVENT, **{"@context": ["https://example.com/other", {"a": "no address"}], "type": "X",
                              "schemaVersion": "1.2", "epcisBody": {}})  # fmt: skip
    places = [fault.place for fault in faults_of(text)]
    assert places == ["@context[0]", "@context[1].a", "type", "schemaVersion", "epcisBody"]
    assert [fault.place for fault in faults_of(document(EVENT, **{"@context": None}))] == ["@context"]
    assert [fault.place for fault in faults_of("{")] == ["document"]
    assert [fault.place for fault in faults_of("[" * 100_000)] == ["document"]


WRONG = {
    "type": "SaleEvent", "eventTime": "2020-03-04T11:00:30", "eventTimeZoneOffset": "CET", "action": "SEE",
    "bizStep": "departng", "disposition": ["in_transit"], "epcList": ["lot 1"], "readPoint": "here",
    "other:field": 1, "parentID": 7, "certificationInfo": "none", "ilmd": {"lot": 1}, "sourceList": [{}],
    "quantityList": [{"epcClass": "urn:x:a", "quantity": -1}],
}  # fmt: skip


@pytest.mark.parametrize("name", list(WRONG))
def test_an_event_with_a_fault_is_quarantined_and_the_good_ones_stay(name):
    found = read_epcis(document(EVENT, EVENT | {name: WRONG[name]}, EVENT))
    assert list(found.accepted) == [HASH]
    assert (len(found.quarantined), len(found.duplicates)) == (1, 1)
    assert len(found.faults) == 1 and found.faults[0].place.startswith(f"eventList[1].{name}")


def test_an_event_that_names_no_lot_and_one_that_is_none_are_quarantined():
    found = read_epcis(document({**EVENT, "epcList": []}, "event", EVENT))
    assert [fault.place for fault in found.faults] == ["eventList[0]", "eventList[1]"]


def test_an_event_that_is_nested_too_deep_is_quarantined():
    deep: object = 1
    for _ in range(800):
        deep = [deep]
    found = read_epcis(document({**EVENT, "example:a": deep}, EVENT))
    assert list(found.accepted) == [HASH]
    assert [fault.rule for fault in found.faults] == ["less deep than this"]


def test_events_with_faults_are_not_written():
    with pytest.raises(InputFaults) as raised:
        epcis_text([EVENT | {"epcList": ["x"]}, {}], created_at=NOW, prefixes=PREFIXES)
    assert [fault.place for fault in raised.value.faults] == ["eventList[0].epcList[0]", "eventList[1].type"]


def test_what_is_written_is_read_again():
    text = epcis_text([EVENT, EVENT | {"action": "ADD"}], created_at=NOW, prefixes=PREFIXES)
    found = read_epcis(text)
    assert list(found.accepted) == [HASH, event_hash(EVENT | {"action": "ADD"}, PREFIXES)]
    again = epcis_text(found.accepted.values(), created_at=NOW, prefixes=found.prefixes)
    assert json.loads(again) == json.loads(text)
    with pytest.raises(InputFaults, match="time zone"):
        epcis_text([EVENT], created_at=NOW.replace(tzinfo=None), prefixes=PREFIXES)


def test_a_chain_in_epcis_is_followed_from_a_part_to_the_box():
    place = {"bizLocation": {"id": "urn:epc:id:sgln:4012345.00011.0"}, "eventTimeZoneOffset": "+08:00"}
    events = [
        {"type": "ObjectEvent", "action": "ADD", "bizStep": "commissioning", "quantityList": [
            {"epcClass": "urn:x:cell", "quantity": 9}, {"epcClass": "urn:x:foil", "quantity": 2.5, "uom": "KGM"}]},
        {"type": "TransformationEvent", "inputQuantityList": [{"epcClass": "urn:x:cell", "quantity": 9}],
         "outputEPCList": ["urn:x:phone"]},
        {"type": "AggregationEvent", "action": "ADD", "parentID": "urn:x:box", "childEPCs": ["urn:x:phone"],
         "bizStep": "packing"},
        {"type": "AggregationEvent", "action": "DELETE", "parentID": "urn:x:box", "childEPCs": ["urn:x:phone"],
         "bizStep": "unpacking"},
        {"type": "ObjectEvent", "action": "OBSERVE", "bizStep": "retail_selling", "epcList": ["urn:x:phone"]},
    ]  # fmt: skip
    timed = [
        event | place | {"eventTime": f"2026-03-0{k + 1}T08:00:00+08:00"} for k, event in enumerate(events)
    ]
    rows = trace_rows(read_epcis(document(*timed)).accepted)
    assert rows["stage"].tolist() == [*["production"] * 4, *["logistics"] * 4, "sale"]
    assert rows["role"].tolist() == [
        "output",
        "output",
        "input",
        "output",
        "output",
        "input",
        "seen",
        "seen",
        "seen",
    ]
    assert rows["n_units"].fillna(-1).tolist()[:3] == [9, -1, 9]
    read = trace_events(rows)
    assert read.faults == () and set(read.accepted["company_id"]) == {"https://id.gs1.org/414/4012345000115"}
    found = reach(genealogy(read.accepted), ["urn:x:cell"], direction="forward")
    assert dict(found.to_numpy()) == {"urn:x:cell": 0, "urn:x:phone": 1, "urn:x:box": 2}
