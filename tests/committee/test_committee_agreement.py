"""Agreement in a session: from sealed ballots to coefficients, states, a picture, in both languages."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from committees import make_room, opened, sample_ballot, whole_session
from numpy.testing import assert_allclose

from riskkit.assessment.committee.agreeing import answered_states, closed_answers, round_agreement
from riskkit.assessment.committee.session import Session
from riskkit.assessment.consensus.agreement import krippendorff_alpha
from riskkit.foundation.language import in_language
from riskkit.workbench.document.blocks import PICTURE_MIME, Picture, Section
from riskkit.workbench.flows.committee.agreement_sections import agreement_parts, judged_answers
from riskkit.workbench.flows.committee.report import report_notebook, report_sections
from riskkit.workbench.flows.committee.room import session_in


@pytest.fixture
def now(tmp_path: Path) -> Session:
    room = make_room(tmp_path)
    found = whole_session(room, said=sample_ballot)
    room.ledger.close()
    return found


def test_answers_are_those_of_the_ballots(now: Session) -> None:
    found = closed_answers(now)
    assert sorted(found["round"].unique()) == [1, 2]
    assert found["expert"].nunique() == 3
    assert "measures" not in set(found["question"])
    one = found.set_index(["round", "question", "expert"]).loc[(1, "p.burn_on_body.1", "e2")]
    assert (one["mid"], one["value"]) == (0.002, pytest.approx(math.log10(0.002)))
    grade = found.set_index(["round", "question", "expert"]).loc[(1, "urgency", "e1")]
    assert grade["value"] == 3.0 and math.isnan(grade["mid"])


def test_agreement_is_that_of_the_numbers(now: Session) -> None:
    answers = closed_answers(now)
    found = round_agreement(answers, rng=np.random.default_rng(1)).set_index("round")
    first = answers[(answers["round"] == 1) & (answers["kind"] == "probability")]
    wide = first.pivot(index="question", columns="expert", values="value").to_numpy()
    expected = krippendorff_alpha(wide, metric="interval").value
    assert_allclose(found.loc[1, "alpha_probabilities"], expected)
    assert found.loc[2, "alpha_probabilities"] > found.loc[1, "alpha_probabilities"]  # they came closer
    assert found.loc[1, "alpha_probabilities_lo"] < expected < found.loc[1, "alpha_probabilities_hi"]
    assert 0.9 < found.loc[1, "w"] <= 1


def test_what_is_settled_follows_the_rule_fixed_beforehand(now: Session) -> None:
    found = answered_states(closed_answers(now), most_rounds=2).set_index(["question", "round"])["state"]
    assert found["urgency", 1] == "go_on"
    assert found["severity.night_fire", 2] == "consensus"
    assert found["severity.burn_on_body", 2] == "stable_dissent"  # 2, 2, 1: two of three are not 75 %


def test_abstentions_and_single_rounds_say_nothing_wrong() -> None:
    rows = [(1, "s", "level", "a", None, None, None, 2.0), (1, "s", "level", "b", None, None, None, np.nan)]
    columns = ["round", "question", "kind", "expert", "low", "mid", "high", "value"]
    answers = pd.DataFrame(rows, columns=columns)
    found = round_agreement(answers, rng=np.random.default_rng(1)).iloc[0]
    assert math.isnan(found["alpha_grades"]) and math.isnan(found["w"])
    assert answered_states(answers, most_rounds=1)["n_abstained"].tolist() == [1]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_report_shows_each_expert_the_pool_and_the_movement(now: Session, lang: str) -> None:
    section, picture = in_language(lang, agreement_parts, now)
    assert isinstance(section, Section) and isinstance(picture, Picture)
    judged = in_language(lang, judged_answers, now)
    assert len(judged) == 7 * 4  # seven steps, three experts and the pool
    assert judged[judged["who"] == ""]["before"].isna().all()
    assert judged[judged["who"] != ""]["before"].notna().all()
    assert len(picture.table.rows) == len(judged)
    traces = picture.figure["data"]
    opened_marks = [one for one in traces if one.get("marker", {}).get("symbol") == "circle-open"]
    diamonds = [one for one in traces if one.get("marker", {}).get("symbol") == "diamond"]
    assert (len(opened_marks), len(diamonds)) == (21, 7)
    pool = judged[judged["who"] == ""].iloc[0]
    assert diamonds[0]["x"] == [pytest.approx(math.log10(pool["mid"]))]
    shown = report_notebook(in_language(lang, report_sections, now))
    assert any(PICTURE_MIME in cell["outputs"][0]["data"] for cell in shown["cells"])
    json.dumps(shown)


def test_nothing_is_shown_of_an_open_round(tmp_path: Path) -> None:
    room = make_room(tmp_path)
    opened(room)
    assert agreement_parts(session_in(room, "n7")) == ()
    room.ledger.close()
