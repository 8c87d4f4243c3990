"""Laws of the whole line from a file to a level, on cases that nobody wrote."""

from __future__ import annotations

import copy
import json
import math
import random
import re
import tomllib
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shared import ROOT, TESTS

from riskkit.case.case import Assessment, assess
from riskkit.case.case_reading import parse_case
from riskkit.foundation.inputs.faults import InputFaults
from riskkit.foundation.inputs.toml_file import TomlFile, parse_toml
from riskkit.foundation.language import in_language
from riskkit.foundation.standards import glossary, standards
from riskkit.warning.profiles import profile, profile_names
from riskkit.workbench.runs.folders.run_folders import canonical
from riskkit.workbench.runs.result import result_record

FILES = {path.stem: path.read_bytes() for path in sorted((ROOT / "data" / "cases").glob("*.toml"))}
KETTLE = tomllib.loads((TESTS / "cases" / "kettle.toml").read_text(encoding="utf-8"))
FACTS = {name: kind for name, kind in standards.facts().items() if kind.is_given}
WORDED = sorted(
    set(zip(*(standards.table("injury_severity")[key] for key in ("injury", "level")), strict=True))
)
LEVELS = "ⅣⅢⅡⅠ"
few = settings(max_examples=15, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


def read(data: dict[str, Any]) -> Any:
    return parse_case(TomlFile("made.toml", data, "0" * 64, {}))


def assessed(data: dict[str, Any], name: str = "house_matrix") -> Assessment:
    return assess(read(data), profile=profile(name), rng=np.random.default_rng(3), draws=40)


texts = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")),
    min_size=1,
    max_size=30,
).filter(lambda text: text.strip() and not re.search("[\u115f\u1160\u17b4\u17b5\u180e\u3164\uffa0]", text))
both = st.fixed_dictionaries({"zh": texts, "en": texts})
in_unit = st.floats(0, 1, allow_subnormal=False).filter(lambda p: p == 0 or p > 1e-29)
chances = st.one_of(
    in_unit,
    st.sampled_from(["1/50", "1/1000000", 0, 1, "0.1", 0.5]),
    st.tuples(in_unit, in_unit, in_unit).map(sorted).filter(lambda x: x[0] < x[2])
    .map(lambda x: {"low": x[0], "mode": x[1], "high": x[2]}),
    st.tuples(st.integers(0, 50), st.integers(51, 10**6)).map(lambda x: {"events": x[0], "trials": x[1]}),
    st.tuples(st.floats(1e-20, 1), st.floats(1.001, 1e4)).map(lambda x: {"median": x[0], "gsd": x[1]}),
    st.tuples(st.floats(1e-6, 1e6), st.floats(1e-6, 1e6)).map(lambda x: {"alpha": x[0], "beta": x[1]}),
)  # fmt: skip


@st.composite
def step(draw: st.DrawFn) -> dict[str, Any]:
    return {"text": draw(both), "p": draw(chances), "basis": "judgement",
            "evidence": draw(st.sampled_from(glossary.codes("evidence")))}  # fmt: skip


@st.composite
def scenario(draw: st.DrawFn, number: int) -> dict[str, Any]:
    injury, level = draw(st.sampled_from(WORDED))
    return {
        "id": f"s{number}", "hazard": "burst", "title": draw(both), "severity_reason": draw(both),
        "harm": "property" if injury == "other_harm" else "health", "injury": injury, "severity": int(level),
        "users": draw(st.sampled_from(glossary.codes("users"))),
        "steps": draw(st.lists(step(), min_size=3, max_size=5)),
    }  # fmt: skip


def a_fact(name: str) -> st.SearchStrategy[dict[str, Any]]:
    kind = FACTS[name]
    top = int(kind.maximum)
    fixed: st.SearchStrategy[Any] = st.booleans() if kind.kind == "flag" else st.integers(0, top)
    if kind.kind != "flag":
        spread = st.tuples(st.integers(0, top), st.integers(0, top)).filter(lambda x: x[0] != x[1])
        fixed |= spread.map(lambda x: {"low": min(x), "high": max(x)})
    return fixed.map(lambda value: {"value": value, "basis": "judgement"})


def middle(facts: dict[str, Any], name: str) -> float | None:
    """The best estimate of a made fact."""
    value = facts[name]["value"] if name in facts else None
    return (value["low"] + value["high"]) / 2 if isinstance(value, dict) else value


def consistent(facts: dict[str, Any]) -> dict[str, Any]:
    """The made facts without those that cannot stand beside others."""
    parts = (
        ("units_on_sale", "units_on_market"), ("n_provinces", "n_cities"), ("n_cities", "n_counties"),
    )  # fmt: skip
    kept = dict(facts)
    for part, whole in parts:
        inner, outer = middle(kept, part), middle(kept, whole)
        if inner is not None and outer is not None and inner > outer:
            del kept[part]
    if middle(kept, "units_on_market") == 0:
        kept = {name: fact for name, fact in kept.items() if name not in ("is_on_sale", "is_spreading")}
    if middle(kept, "n_reports") == 0:
        kept.pop("reports_growth", None)
    return kept


HARM = ("deaths", "serious_injuries", "injured")


@st.composite
def cases(draw: st.DrawFn) -> dict[str, Any]:
    """Lawful cases: any texts, any distributions, any of the facts known or not."""
    data = copy.deepcopy(KETTLE)
    data |= {"title": draw(both), "summary": draw(both)}
    data["scenarios"] = [draw(scenario(n)) for n in range(draw(st.integers(1, 4)))]
    names = draw(st.lists(st.sampled_from(sorted(set(FACTS) - set(HARM))), unique=True))
    data["facts"] = consistent({name: draw(a_fact(name)) for name in names})
    if draw(st.booleans()):
        numbers = sorted(draw(st.tuples(*[st.integers(0, 10**6)] * 3)))
        data["facts"] |= {
            name: {"value": n, "basis": "judgement"} for name, n in zip(HARM, numbers, strict=True)
        }
    if draw(st.booleans()):
        data["presumptions"] = [{"ground": draw(st.sampled_from(glossary.codes("presumption")))}]
    return data


def numbers_in(value: Any) -> Iterator[float]:
    if isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from numbers_in(part)
    elif isinstance(value, float):
        yield value


@given(cases(), st.sampled_from(profile_names()))
@few
def test_any_lawful_case_gives_a_record_that_is_json_and_keeps_the_laws(
    data: dict[str, Any], name: str
) -> None:
    made = assessed(data, name)
    record = json.loads(canonical(result_record(made, seed=3)))
    assert all(math.isfinite(number) for number in numbers_in(record))
    assert record["case"]["title"] == {lang: text.strip() for lang, text in data["title"].items()}
    assert made.lo is not None and made.hi is not None
    assert LEVELS.index(made.lo) <= LEVELS.index(made.hi)
    assert (made.lo != made.hi) <= bool(made.missing)
    certain, possible = made.shares["certain"], made.shares["possible"]
    assert ((certain >= 0) & (certain <= possible + 1e-12) & (possible <= 1 + 1e-12)).all()
    assert made.risk_shares.sum() == pytest.approx(1)
    assert canonical(result_record(assessed(data, name), seed=3)) == canonical(result_record(made, seed=3))


@given(cases(), st.sampled_from(profile_names()), st.randoms(use_true_random=False))
@few
def test_order_decides_nothing(data: dict[str, Any], name: str, dice: random.Random) -> None:
    turned = copy.deepcopy(data)
    dice.shuffle(turned["scenarios"])
    turned["facts"] = dict(dice.sample(sorted(data["facts"].items()), len(data["facts"])))
    one, other = assessed(data, name), assessed(turned, name)
    assert (one.lo, one.hi, one.risk, sorted(one.missing)) == (
        other.lo,
        other.hi,
        other.risk,
        sorted(other.missing),
    )
    assert one.grades["lo"].to_dict() == other.grades["lo"].to_dict()
    columns = ["p_exact", "risk", "severity_lo"]
    for key in columns:
        assert (
            one.scenarios.set_index("scenario")[key].to_dict()
            == other.scenarios.set_index("scenario")[key].to_dict()
        )


@given(cases(), st.sampled_from(profile_names()))
@few
def test_one_scenario_more_never_lowers_the_level(data: dict[str, Any], name: str) -> None:
    fewer = data | {"scenarios": data["scenarios"][:-1]}
    if not fewer["scenarios"]:
        return
    before, after = assessed(fewer, name), assessed(data, name)
    for end in ("lo", "hi"):
        assert LEVELS.index(getattr(after, end)) >= LEVELS.index(getattr(before, end))
    risks = ("low", "medium", "high", "serious")
    assert risks.index(after.risk or "") >= risks.index(before.risk or "")


@given(cases(), st.sampled_from(profile_names()))
@few
def test_a_fact_not_known_never_lowers_what_is_possible(data: dict[str, Any], name: str) -> None:
    if not data["facts"]:
        return
    lost = min(data["facts"])
    fewer = data | {"facts": {key: fact for key, fact in data["facts"].items() if key != lost}}
    before, after = assessed(data, name), assessed(fewer, name)
    assert LEVELS.index(after.hi or "") >= LEVELS.index(before.hi or "")
    assert LEVELS.index(after.lo or "") <= LEVELS.index(before.lo or "")


@given(cases())
@few
def test_names_are_only_names(data: dict[str, Any]) -> None:
    plain = assessed(data)
    written = json.dumps(data, default=str).replace('"burst"', '"z-hazard"').replace('"kettle"', '"other"')
    for number in range(len(data["scenarios"])):
        written = written.replace(f'"id": "s{number}"', f'"id": "x_{9 - number}"')
    renamed = json.loads(written) | {"assessed_on": data["assessed_on"]}
    again = assessed(renamed)
    assert (plain.lo, plain.hi, plain.risk, plain.missing) == (again.lo, again.hi, again.risk, again.missing)
    assert plain.robustness == again.robustness
    assert plain.questions == again.questions
    assert plain.shares.to_dict() == again.shares.to_dict()


LEFTOVER = re.compile(r"[{}]|\bNone\b|\bnan\b|\bNaN\b|<NA>|\binf\b|np\.|Fraction\(")


@given(cases(), st.sampled_from(profile_names()))
@few
def test_sentences_hold_no_leftovers_of_a_format(data: dict[str, Any], name: str) -> None:
    """Texts of the case are set to words, so that every strange sign would be ours."""
    for one in data["scenarios"]:
        one["title"] = {"zh": "情景", "en": "scenario"}
        for part in one["steps"]:
            part["text"] = {"zh": "步骤", "en": "step"}
    made = assessed(data, name)
    for text in (made.robustness, *made.questions):
        for lang in ("zh", "en"):
            said = in_language(lang, text.say)
            assert not LEFTOVER.search(said), said
            assert said.strip()


def read_or_refused(make: Callable[[], Any]) -> Any:
    """A case, or None where there is a fault; every fault says where it is and what should be there."""
    try:
        return make()
    except InputFaults as error:
        untold = [one for one in error.faults if ".toml" not in one.place or not one.rule]
    assert untold == []
    return None


@given(st.binary(max_size=400))
def test_bytes_are_a_case_or_are_refused(raw: bytes) -> None:
    with pytest.raises(InputFaults) as caught:
        parse_case(parse_toml(raw, "x.toml"))
    assert caught.value.faults


TOKENS = [b"[", b"]", b"[[", b"{", b"}", b'"', b"'''", b"=", b".", b",", b"\\", b"#", b"\x00", b"\xff", b"\r", b"\n",
          b"nan", b"-1", b"inf", b"1e999", b"true", b"0x", b"1979-05-27", "é玩\u202e".encode(), b" = 1\n", b"[a.b.c]\n"]  # fmt: skip


@given(st.data())
def test_a_shipped_case_with_some_bytes_changed_is_a_case_or_is_refused(data: st.DataObject) -> None:
    raw = FILES[data.draw(st.sampled_from(sorted(FILES)))]
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(raw)))
        gone = data.draw(st.sampled_from([0, 1, 1, 5, 50, 500]))
        new = data.draw(
            st.one_of(st.binary(max_size=3), st.sampled_from(TOKENS), st.just(raw[at : at + 300]))
        )
        raw = raw[:at] + new + raw[at + gone :]
    read_or_refused(lambda: parse_case(parse_toml(raw, "x.toml")))


ODD = st.one_of(
    st.none(), st.booleans(), st.integers(-(10**30), 10**30), st.floats(), st.text(max_size=10), st.just([]),
    st.just({}), st.just([[]]), st.just({"value": {"low": 1}}), st.just([{"id": "s1"}]), st.dates(), st.datetimes(),
)  # fmt: skip


def paths_in(value: Any, start: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in inner:
        yield (*start, key)
        yield from paths_in(part, (*start, key))


@given(st.data())
def test_any_value_at_any_place_is_lawful_or_is_refused_at_that_place(data: st.DataObject) -> None:
    made = copy.deepcopy(KETTLE)
    path = data.draw(st.sampled_from(list(paths_in(made))))
    inside: Any = made
    for key in path[:-1]:
        inside = inside[key]
    inside[path[-1]] = data.draw(ODD)
    if (case := read_or_refused(lambda: read(made))) is not None:
        canonical(result_record(assess(case, rng=np.random.default_rng(1), draws=10), seed=1))
