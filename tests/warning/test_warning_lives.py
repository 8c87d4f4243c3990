"""Warnings replayed: each step legal and on its clock, and the comparison as read from the case files by hand."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskkit.foundation import shipped
from riskkit.foundation.language import in_language
from riskkit.foundation.standards import glossary, standards
from riskkit.warning.dynamics.life import replay
from riskkit.warning.dynamics.replayed import TERM, OfficialAct, ReplayedLife, measure_levels, replayed_life
from riskkit.workbench.flows.warnings.review.timelines import lives_page, shipped_lives

DAY = dt.timedelta(days=1)
BASE = dt.date(2020, 3, 1)
MEASURES = glossary.codes("official_measure")


def life(levels: tuple[int, int], *acts: OfficialAct, direction: str = "import") -> ReplayedLife:
    return replayed_life("w", levels, on=BASE, direction=direction, goods="consumer_product", acts=acts)


def of(case: str) -> ReplayedLife:
    found = next(one.life for one in shipped_lives() if one.case.id == case)
    assert found is not None
    return found


def test_every_measure_that_a_level_brings_can_be_named_in_a_case() -> None:
    assert set(standards.table("alert_measures")["measure"]) <= set(MEASURES)
    assert set(measure_levels()) < set(MEASURES)


@pytest.mark.parametrize(
    ("case", "issued", "timing", "shared", "strictness"),
    [
        # Ⅰ on 4 September 2012 is issued by the same evening; the first recall came on 12 April 2013.
        ("magnet-sets-2012", "2012-09-04", "earlier", ("recall", "2013-04-12"), "same"),
        # Ⅰ on 6 July 2017; recalls by order of 14 September. Cars made at home: no import to suspend.
        ("takata-inflators-2017", "2017-07-06", "earlier", ("recall", "2017-09-14"), "same"),
        # Ⅱ on 15 September 2016; AQSIQ had published the first recall the day before.
        ("note7-battery-2016", "2016-09-17", "later", ("recall", "2016-09-14"), "same"),
        # Ⅰ on 10 October is issued the same evening, and brings a suspension of imports besides.
        ("note7-replacements-2016", "2016-10-10", "later", ("recall", "2016-09-14"), "stricter"),
        # Ⅲ, and still a recall: a defect was found.
        ("desk-lamps-cbec-2019", "2019-06-06", "same", ("strengthen_inspection", "2019-06-01"), "same"),
        # Ⅱ on 10 May 2010; the first recall of the class was on 29 January.
        ("cadmium-jewellery-2010", "2010-05-12", "later", ("recall", "2010-01-29"), "same"),
        # the load was sealed and nothing more: no level brings that.
        ("ningbo-fireworks-2019", "2019-08-16", "none_shared", ("", None), "not_comparable"),
        # Ⅱ or Ⅰ: both bring the recall of that day, and nothing exported to there can be suspended.
        ("lead-paint-toys-2007", "2007-08-02", "same", ("recall", "2007-08-02"), "same"),
    ],
)
def test_shipped_cases_compare_as_their_files_say(
    case: str, issued: str, timing: str, shared: tuple[str, str | None], strictness: str
) -> None:
    found = of(case)
    assert found.issued_by.isoformat() == issued
    assert (found.timing, found.strictness) == (timing, strictness)
    assert (found.shared, found.shared_on and found.shared_on.isoformat()) == shared


def test_acts_of_firms_and_of_other_countries_do_not_count() -> None:
    first = of("note7-battery-2016").first_act
    assert first is not None and first.on == dt.date(2016, 9, 14)  # the firm's own stop came on 2 September
    first = of("furniture-tip-over-2016").first_act
    assert first is not None and first.on == dt.date(2016, 7, 12)  # the US recall came on 28 June


def test_food_has_no_life_here() -> None:
    handed = {one.case.id for one in shipped_lives() if one.life is None}
    assert handed == {"melamine-milk-2008", "ethylene-oxide-sesame-2020"}


@pytest.mark.parametrize(
    ("measures", "levels", "strictness"),
    [
        (("recall",), (2, 2), "milder"),
        (("recall",), (3, 3), "same"),
        (("recall",), (4, 4), "stricter"),
        (("recall",), (2, 3), "open"),
        (("dispose_lot", "rule"), (4, 4), "not_comparable"),
        (("dispose_lot", "notify_firms"), (1, 1), "same"),
    ],
)
def test_strictness_is_that_of_the_gravest_measure(
    measures: tuple[str, ...], levels: tuple[int, int], strictness: str
) -> None:
    assert life(levels, OfficialAct(BASE, measures)).strictness == strictness


def test_acts_prolong_within_the_term_and_not_after() -> None:
    issued = life((3, 3)).issued_by
    within, after = issued + TERM - DAY, issued + TERM + 120 * DAY
    found = life((3, 3), OfficialAct(within, ("recall",)), OfficialAct(after, ("rule",)))
    assert [one.event for one in found.events][3:] == ["prolonged", "expired"]
    assert found.events[-1].at.date() == within + TERM
    assert found.acts_after == (after,)
    assert life((3, 3)).timing == "none_shared" and life((3, 3)).compared_on is None


acts = st.builds(
    OfficialAct,
    st.dates(BASE - 400 * DAY, BASE + 900 * DAY),
    st.lists(st.sampled_from(MEASURES), max_size=3).map(tuple),
)


@given(
    st.lists(acts, max_size=8),
    st.tuples(st.integers(1, 4), st.integers(1, 4)).map(lambda pair: (min(pair), max(pair))),
    st.sampled_from(["import", "export"]),
)
def test_any_history_is_a_legal_life_that_ends(
    told: list[OfficialAct], levels: tuple[int, int], direction: str
) -> None:
    found = life(levels, *told, direction=direction)
    assert replay(found.events)["w"].phase == "expired"
    assert found == life(levels, *reversed(told), direction=direction) or len({one.on for one in told}) < len(
        told
    )
    assert BASE <= found.issued_by <= BASE + 15 * DAY
    counted = [one for one in told if one.measures]
    days = sorted(one.on for one in counted if found.shared in one.measures)
    assert found.shared_on == (days[0] if days else None)
    expected = {
        "none_shared": not days,
        "later": bool(days) and days[0] < BASE,
        "earlier": bool(days) and days[0] > found.issued_by,
        "same": bool(days) and BASE <= days[0] <= found.issued_by,
    }
    assert [name for name, is_so in expected.items() if is_so] == [found.timing]
    assert all(day > found.events[-1].at.date() for day in found.acts_after)


@pytest.mark.parametrize(("lang", "name"), [("en", "warning_lives.md"), ("zh", "warning_lives.zh.md")])
def test_the_page_says_what_the_code_says_now(lang: str, name: str) -> None:
    page = (shipped.home() / "docs" / name).read_text(encoding="utf-8")
    assert page == in_language(lang, lives_page), (
        "make it again: doc_pages.writing.write_pages(Path('docs'), 'warning_lives', lives_page)"
    )
