"""Bayesian networks: published posteriors and decisions, agreement with enumeration, bad input."""

from __future__ import annotations

import itertools
import json
import math
import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import reference_bayes_nets as reference
from hypothesis import given
from hypothesis import strategies as st
from shared import ROOT, TESTS

from riskkit.assessment.trees import bayes_nets as bn
from riskkit.assessment.trees.bayes_net_file import Network, load_network, network
from riskkit.assessment.trees.information_value import decision, expected_utilities, value_of_information
from riskkit.foundation.inputs.faults import InputFaults

ORACLES = json.loads((TESTS / "oracles" / "bayes_nets.json").read_text(encoding="utf-8"))
ASIA = network({"nodes": ORACLES["asia"]["nodes"]})


def p_yes(net: Network, evidence: Any) -> dict[str, float]:
    rows = bn.posterior(net, evidence)
    return rows[rows["state"] == "yes"].set_index("node")["p"].to_dict()


@pytest.mark.parametrize("query", ORACLES["asia"]["queries"], ids=lambda q: "+".join(q["evidence"]) or "none")
def test_chest_clinic_as_published(query: dict[str, Any]) -> None:
    found = p_yes(ASIA, query["evidence"])
    for node, value in query["yes"].items():
        assert found[node] == pytest.approx(value, abs=0.5000001 * 10.0 ** -query["digits"])
    if "p_evidence" in query:
        assert bn.evidence_probability(ASIA, query["evidence"]) == pytest.approx(
            query["p_evidence"], abs=1e-12
        )


def test_joint_of_the_chest_clinic_as_published() -> None:
    oracle = ORACLES["asia"]["joint"]
    assert bn.joint(ASIA, oracle["nodes"]) == pytest.approx(np.array(oracle["p"]), abs=1e-12)
    assert bn.joint(ASIA, oracle["nodes"][::-1]) == pytest.approx(np.array(oracle["p"]).T, abs=1e-12)


def test_perfect_information_in_the_sas_oil_problem() -> None:
    oracle = ORACLES["oil_sas"]
    net = network({"nodes": oracle["nodes"]})
    drill = [revenue - cost for revenue in oracle["revenue"] for cost in oracle["costs"]]
    choice = decision(
        {"depends_on": ["deposit", "cost"], "utility": {"drill": drill, "not_drill": [0] * 9}}, net=net
    )
    assert expected_utilities(net, choice)["drill"] == pytest.approx(oracle["now"])
    rows = value_of_information(net, choice, findings=["deposit", "cost", ("deposit", "cost")]).set_index(
        "finding"
    )
    for node, value in oracle["value"].items():
        assert rows.loc[node, "value"] == pytest.approx(value)
    assert rows.loc["deposit + cost", "value"] == pytest.approx(rows.loc["perfect", "value"])


def test_the_seismic_test_of_the_oil_wildcatter() -> None:
    oracle = ORACLES["oil_raiffa"]
    net = network({"nodes": oracle["nodes"]})
    choice = decision({"depends_on": ["oil"], "utility": oracle["utility"]}, net=net)
    rows = value_of_information(net, choice, findings=["seismic"], costs={"seismic": oracle["cost"]})
    row = rows.set_index("finding").loc["seismic"]
    assert expected_utilities(net, choice).iloc[0] == pytest.approx(oracle["now"])
    assert oracle["now"] + row["net"] == pytest.approx(oracle["with_test"])
    assert row["p_change"] == pytest.approx(
        0.5 * 0.6 + 0.3 * 0.3 + 0.2 * 0.1
    )  # a diffuse pattern: do not drill
    assert row["per_cost"] == pytest.approx(row["value"] / 10)
    assert rows.loc[0, "value"] == pytest.approx(0.5 * 70) and math.isnan(rows.loc[0, "per_cost"])


@st.composite
def networks(draw: st.DrawFn) -> Network:
    names = [f"n{i}" for i in range(draw(st.integers(1, 5)))]
    sizes = {name: draw(st.integers(1, 3)) for name in names}
    order = draw(st.permutations(names))
    nodes: dict[str, Any] = {}
    for number, name in enumerate(order):
        parents = draw(st.lists(st.sampled_from(order[:number]), max_size=2, unique=True)) if number else []
        rows = math.prod(sizes[parent] for parent in parents)
        weights = st.lists(st.integers(0, 9), min_size=sizes[name], max_size=sizes[name]).filter(any)
        table = [np.array(draw(weights), dtype=float) for _ in range(rows)]
        states = [f"s{i}" for i in range(sizes[name])]
        nodes[name] = {
            "states": states,
            "parents": parents,
            "table": [list(row / row.sum()) for row in table],
        }
    return network({"nodes": {name: nodes[name] for name in names}})


@st.composite
def questions(draw: st.DrawFn) -> tuple[Network, dict[str, Any]]:
    net = draw(networks())
    seen = draw(st.lists(st.sampled_from(list(net.states())), max_size=3, unique=True))
    found: dict[str, Any] = {}
    for node in seen:
        states = net.states()[node]
        soft = st.fixed_dictionaries({state: st.sampled_from([0.0, 0.5, 1.0, 2.0]) for state in states})
        found[node] = draw(st.one_of(st.sampled_from(states), soft.filter(lambda row: any(row.values()))))
    return net, found


def as_weights(found: dict[str, Any]) -> dict[str, dict[str, float]]:
    return {node: {one: 1.0} if isinstance(one, str) else one for node, one in found.items()}


@given(questions())
def test_agrees_with_enumeration(question: tuple[Network, dict[str, Any]]) -> None:
    net, found = question
    p = reference.probability(net, as_weights(found))
    assert bn.evidence_probability(net, found) == pytest.approx(p, abs=1e-12)
    if p == 0:
        with pytest.raises(bn.Impossible):
            bn.posterior(net, found)
        return
    rows = bn.posterior(net, found)
    for node in net.states():
        expected = reference.posterior(net, node, as_weights(found))
        assert rows[rows["node"] == node].set_index("state")["p"].to_dict() == pytest.approx(
            expected, abs=1e-10
        )


@given(networks(), st.data())
def test_value_of_a_finding_agrees_with_enumeration(net: Network, data: st.DataObject) -> None:
    names = list(net.states())
    nodes = data.draw(st.lists(st.sampled_from(names), min_size=1, max_size=2, unique=True))
    finding = tuple(data.draw(st.lists(st.sampled_from(names), min_size=1, max_size=2, unique=True)))
    worlds = list(itertools.product(*(net.states()[node] for node in nodes)))
    numbers = st.lists(st.integers(-20, 20), min_size=len(worlds), max_size=len(worlds))
    utility = {option: data.draw(numbers) for option in ("a", "b", "c")}
    choice = decision({"depends_on": nodes, "utility": utility}, net=net)
    rows = value_of_information(net, choice, findings=[finding])
    tables = {option: dict(zip(worlds, row, strict=True)) for option, row in utility.items()}
    assert rows.loc[1, "value"] == pytest.approx(
        reference.value_of_finding(net, nodes, tables, finding), abs=1e-9
    )
    assert 0 <= rows.loc[1, "value"] <= rows.loc[0, "value"] + 1e-9
    assert 0 <= rows.loc[1, "p_change"] <= 1 + 1e-12


@given(questions().filter(lambda question: bool(question[1])))
def test_conflict_is_the_log_of_its_definition(question: tuple[Network, dict[str, Any]]) -> None:
    net, found = question
    weights = as_weights(found)
    together = reference.probability(net, weights)
    result = bn.conflict(net, found) if all(
        reference.probability(net, {node: w}) > 0 for node, w in weights.items()
    ) else None  # fmt: skip
    if result is None:
        return
    if together == 0:
        assert result.value == math.inf and result.explanations.empty
        return
    alone = math.fsum(math.log(reference.probability(net, {node: w})) for node, w in weights.items())
    assert result.value == pytest.approx(alone - math.log(together), abs=1e-9)
    if len(found) == 1:
        assert result.value == pytest.approx(0, abs=1e-12)


def test_conflict_names_the_odd_finding_and_what_would_explain_it() -> None:
    """Two tests say sound, one says flawed; a rare batch with a broken gauge would explain all three."""
    gauge = [[0.5, 0.5], [0.95, 0.05]] * 2
    net = network(
        {
            "nodes": {
                "flaw": {"states": ["yes", "no"], "table": [0.5, 0.5]},
                "gauge": {"states": ["broken", "sound"], "table": [0.02, 0.98]},
                "a": {"states": ["bad", "good"], "parents": ["flaw"], "table": [[0.9, 0.1], [0.1, 0.9]]},
                "b": {"states": ["bad", "good"], "parents": ["flaw"], "table": [[0.9, 0.1], [0.1, 0.9]]},
                "c": {
                    "states": ["bad", "good"],
                    "parents": ["gauge", "flaw"],
                    "table": [gauge[0], [0.9, 0.1], [0.95, 0.05], [0.05, 0.95]],
                },
            }
        }
    )
    result = bn.conflict(net, {"a": "good", "b": "good", "c": "bad"})
    assert result.value > 0
    table = result.findings.set_index("finding")
    assert table["without"].idxmin() == "c" and table.loc["c", "without"] < 0
    assert result.explanations.loc[0, ["node", "state"]].tolist() == ["gauge", "broken"]
    assert (result.explanations["value"] <= 0).all()


def test_findings_that_rule_each_other_out() -> None:
    impossible = {"lung": "yes", "either": "no"}
    with pytest.raises(bn.Impossible, match="lung, either"):
        bn.posterior(ASIA, impossible)
    assert bn.evidence_probability(ASIA, impossible) == 0
    assert bn.conflict(ASIA, impossible).value == math.inf


def test_every_wrong_finding_is_named() -> None:
    with pytest.raises(InputFaults) as error:
        bn.posterior(ASIA, {"cough": "yes", "lung": "maybe", "tub": {"yes": -1}, "dysp": {"yes": 0, "no": 0}})
    assert len(error.value.faults) == 4
    with pytest.raises(InputFaults, match="at least one finding"):
        bn.conflict(ASIA, {})
    with pytest.raises(InputFaults, match="the id of a node"):
        bn.posterior(ASIA, nodes=["lung", "cough"])
    with pytest.raises(InputFaults, match="the id of a node"):
        bn.joint(ASIA, ["cough"])
    with pytest.raises(ValueError, match="each once"):
        bn.joint(ASIA, ["lung", "lung"])


def test_every_wrong_entry_of_a_decision_is_named() -> None:
    with pytest.raises(InputFaults) as error:
        decision(
            {"depends_on": ["lung", "cough"], "utility": {"a": [1, 2, 3], "b": ["x", 1]}, "cost": 1}, net=ASIA
        )
    text = str(error.value)
    assert "cost: 1, must be: a known key" in text and "'cough', must be: the id of a node" in text
    assert "utility.b" in text
    with pytest.raises(InputFaults, match="3 numbers, must be: 2 numbers"):
        decision({"depends_on": ["lung"], "utility": {"a": [1, 2, 3]}}, net=ASIA)
    choice = decision({"depends_on": ["lung"], "utility": {"a": [1, 2]}}, net=ASIA)
    with pytest.raises(InputFaults) as error:
        value_of_information(ASIA, choice, findings=["cough"], costs={"xray": 3, "cough": -1})
    assert len(error.value.faults) == 3


def test_evidence_already_known_lowers_the_value_of_what_repeats_it() -> None:
    choice = decision(
        {"depends_on": ["either"], "utility": {"treat": [-10, -10], "wait": [-100, 0]}}, net=ASIA
    )
    fresh = value_of_information(ASIA, choice, findings=["xray"]).loc[1, "value"]
    known = value_of_information(ASIA, choice, findings=["xray"], evidence={"xray": "yes"}).loc[1]
    assert fresh > 0 and known["value"] == 0 and known["p_change"] == 0


GOOD = """
schema = 1
[nodes.flaw]
states = ["yes", "no"]
table = [0.01, 0.99]
[nodes.test]
states = ["bad", "good"]
parents = ["flaw"]
table = [[0.9, 0.1], ["1/20", 0.95]]
"""


def test_reads_a_file(tmp_path: Path) -> None:
    file = tmp_path / "net.toml"
    file.write_text(GOOD, encoding="utf-8")
    net = load_network(file)
    assert p_yes(net, {"test": "bad"})["flaw"] == pytest.approx(0.009 / (0.009 + 0.99 * 0.05))


def test_every_fault_of_a_file_is_told_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "net.toml"
    file.write_text(
        """
schema = 3
colour = "red"
[nodes.flaw]
states = ["yes", "no"]
table = [0.01, 0.98]
[nodes.test]
states = ["bad", "good", "good"]
parents = ["flaw", "ghost", "flaw"]
table = [[0.9, 0.1]]
[nodes.risk]
states = ["a", "b"]
parents = ["flaw"]
table = [[1.5, -0.5], [0.5, 0.3, 0.2], ["x", 1]]
weight = 3
[nodes.empty]
states = []
""",
        encoding="utf-8",
    )
    with pytest.raises(InputFaults) as error:
        load_network(file)
    text = str(error.value)
    for expected in (
        "net.toml:2 schema: 3, must be: 1",
        "net.toml:3 colour: 'red', must be: a known key",
        "net.toml:6 nodes.flaw.table: 'row 1: 0.99', must be: rows that sum to 1",
        "nodes.test.states: 'good', must be: a state that stands once",
        "nodes.test.parents: 'ghost', must be: the id of a node",
        "nodes.test.parents: 'flaw', must be: a parent that stands once",
        "nodes.risk.table: '3 rows', must be: 2 rows",
        "nodes.risk.table: 'row 1: [1.5, -0.5]', must be: probabilities from 0 to 1",
        "nodes.risk.table: 'row 2: 3 numbers', must be: 2 numbers",
        "must be: probabilities from 0 to 1 (a finite number",
        "nodes.risk.weight: 3, must be: a known key",
        "nodes.empty.states: [], must be: a list of at least one word",
    ):
        assert expected in text, text


def test_circles_are_named_step_by_step() -> None:
    states = {"states": ["x"], "table": [1]}
    nodes = {
        "a": {**states, "parents": ["c"]},
        "b": {**states, "parents": ["a"]},
        "c": {**states, "parents": ["b"]},
    }
    with pytest.raises(InputFaults, match="a → c → b → a"):
        network({"nodes": nodes})


def test_a_network_too_entangled_for_memory_is_refused() -> None:
    names = [f"n{i}" for i in range(30)]
    states = ["a", "b", "c"]
    nodes: dict[str, Any] = {name: {"states": states, "table": [1 / 3, 1 / 3, 1 / 3]} for name in names}
    for i, j in itertools.combinations(range(24), 2):
        nodes[f"m{i}_{j}"] = {"states": ["x"], "parents": [names[i], names[j]], "table": [[1]] * 9}
    with pytest.raises(ValueError, match="too entangled"):
        bn.posterior(network({"nodes": nodes}))


def test_loads_where_warnings_are_errors() -> None:
    """The engine's bindings crash the interpreter if their own warning is raised as an error."""
    code = (
        "from riskkit.assessment.trees import bayes_nets, bayes_net_file as f;"
        "n = f.network({'nodes': {'a': {'states': ['x', 'y'], 'table': [0.25, 0.75]}}});"
        "print(bayes_nets.posterior(n)['p'].tolist())"
    )
    root = str(ROOT)
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, cwd=root, check=False
    )
    assert run.returncode == 0 and run.stdout.strip() == "[0.25, 0.75]", run.stderr


COUNTED = network(
    {
        "nodes": {
            "flaw": {"states": ["yes", "no"], "table": [0.25, 0.75]},
            "n_signs": {
                "states": ["0", "1", "2"],
                "parents": ["flaw"],
                "table": [[0.1, 0.3, 0.6], [0.8, 0.15, 0.05]],
            },
        }
    }
)


@pytest.mark.parametrize(
    ("evidence", "same"),
    [
        ({"flaw": True}, {"flaw": "yes"}), ({"flaw": np.bool_(False)}, {"flaw": "no"}),
        ({"n_signs": 1}, {"n_signs": "1"}), ({"n_signs": np.int64(2)}, {"n_signs": "2"}),
        ({"n_signs": 2.0}, {"n_signs": "2"}), ({"n_signs": {1: 0.2, 2: 0.8}}, {"n_signs": {"1": 0.2, "2": 0.8}}),
        ({"flaw": {True: 3, False: np.float32(1)}}, {"flaw": {"yes": 3.0, "no": 1.0}}),
        ({"flaw": {"yes": Fraction(1, 2), "no": 1}}, {"flaw": {"yes": 0.5, "no": 1.0}}),
        (pd.Series({"flaw": "yes"}), {"flaw": "yes"}), ({"flaw": pd.Series({"yes": 1.0})}, {"flaw": "yes"}),
        (None, {}),
    ],
    ids=str,
)  # fmt: skip
def test_findings_of_other_types_count_where_they_are_unambiguous(evidence: Any, same: Any) -> None:
    pd.testing.assert_frame_equal(bn.posterior(COUNTED, evidence), bn.posterior(COUNTED, same))


@pytest.mark.parametrize(
    "found",
    [
        None, 1, 0, 1.5, float("nan"), pd.NA, ["yes"], [0.5, 0.5], b"yes", "Yes", "", {"yes": None},
        {"yes": "0.5"}, {"yes": True}, {"yes": math.nan}, {"yes": -1}, {"yes": math.inf}, {"yes": 0}, {},
        {"yes": 0.5, True: 0.5}, {None: 1}, object(), 1j, ("yes",),
    ],
    ids=lambda found: str(found)[:20],
)  # fmt: skip
def test_findings_that_could_mean_anything_are_refused_with_the_node(found: Any) -> None:
    with pytest.raises(InputFaults, match=r"evidence\.flaw"):
        bn.posterior(COUNTED, {"flaw": found})


@pytest.mark.parametrize("evidence", [["flaw"], "flaw", 3, True, {"flaw", "n_signs"}])
def test_evidence_that_names_no_nodes_is_refused(evidence: Any) -> None:
    with pytest.raises(InputFaults, match="by the id of their node"):
        bn.posterior(COUNTED, evidence)
    with pytest.raises(InputFaults, match="n_signs"):
        bn.posterior(COUNTED, {"n_signs": True})


def test_a_missing_openmp_library_is_named_with_the_package_that_brings_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fails(name: str) -> Any:
        raise ImportError("libgomp.so.1: cannot open shared object file: No such file or directory")

    bn._engine.cache_clear()
    monkeypatch.setattr("importlib.import_module", fails)
    with pytest.raises(ImportError, match="apt-get install libgomp1"):
        bn._engine()
