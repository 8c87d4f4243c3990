"""Bayesian networks: exact posteriors, joint probabilities, conflict between findings.

Inference is pyAgrum's lazy propagation, which is exact; nothing here samples.
"""

from __future__ import annotations

import functools
import importlib
import itertools
import math
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd

from riskkit.assessment.trees.bayes_net_file import Floats, Network
from riskkit.foundation.inputs.faults import Fault, RuleText, refuse, shown

# a table of so many cells takes 160 MB; a network that needs more is refused before it fills the memory
MAX_CLIQUE = 20_000_000

Evidence = Mapping[str, str | Mapping[str, float]]


class Impossible(ValueError):
    """Findings that cannot all be true in the network."""


@functools.cache
def _engine() -> Any:
    """pyAgrum, loaded when first needed."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        try:
            return importlib.import_module("pyagrum")
        except ImportError as error:
            if "libgomp" not in str(error):
                raise
            raise ImportError(
                "networks need the OpenMP library; on Debian: apt-get install libgomp1"
            ) from error


@functools.lru_cache(maxsize=8)
def _compiled(net: Network) -> Any:
    """The engine's model. A node with one state gets a second that never occurs: the engine needs two."""
    engine = _engine()
    model = engine.BayesNet()
    sizes = {node.id: len(node.states) for node in net.nodes}
    for node in net.nodes:
        names = [str(number) for number in range(max(2, len(node.states)))]
        model.add(engine.LabelizedVariable(node.id, node.id, names))
    for node in net.nodes:
        for parent in reversed(node.parents):
            model.addArc(parent, node.id)
        own = [*(sizes[parent] for parent in node.parents), len(node.states)]
        table = np.zeros([max(2, size) for size in own])
        table[..., 0] = 1.0
        table[tuple(slice(size) for size in own)] = np.array(node.table, dtype=np.float64).reshape(own)
        model.cpt(node.id)[:] = table
    _refuse_entangled(engine, model)
    return model


def _refuse_entangled(engine: Any, model: Any) -> None:
    tree = engine.JunctionTreeGenerator().junctionTree(model)
    for clique in tree.nodes():
        cells = math.prod(model.variable(number).domainSize() for number in tree.clique(clique))
        if cells > MAX_CLIQUE:
            raise ValueError(f"too entangled for exact inference: {cells:,} combinations to keep at once")


def _likelihoods(net: Network, evidence: Evidence) -> dict[str, list[float]]:
    """Findings as a weight for each state, after all of them have been checked."""
    if not isinstance(evidence, Mapping | pd.Series):
        refuse("evidence", [Fault("evidence", shown(evidence), "findings by the id of their node")])
    states, faults, out = net.states(), list[Fault](), {}
    for node, found in evidence.items():
        if node not in states:
            faults.append(Fault("evidence", shown(node), "the id of a node"))
            continue
        place, known = f"evidence.{node}", states[node]
        given = list(found.items()) if isinstance(found, Mapping | pd.Series) else [(found, 1.0)]
        named = [_named(state, known) for state, _ in given]
        faults += [
            Fault(
                place, shown(state), RuleText("one of {}; no entry where nothing was found", ", ".join(known))
            )
            for (state, _), name in zip(given, named, strict=True)
            if name is None
        ]
        if None in named:
            continue
        weights = dict.fromkeys(known, 0.0)
        weights |= {str(name): _weight(weight) for name, (_, weight) in zip(named, given, strict=True)}
        if len(set(named)) < len(given) or not all(0 <= weight < math.inf for weight in weights.values()):
            faults.append(Fault(place, shown(found), "likelihoods that are not negative, one for each state"))
        elif not any(weights.values()):
            faults.append(Fault(place, shown(found), "a likelihood above 0"))
        row = list(weights.values())
        out[node] = row + [0.0] * (2 - len(row))
    refuse("evidence", faults)
    return out


_WORDS = {True: ("true", "yes"), False: ("false", "no")}


def _named(found: object, states: Sequence[str]) -> str | None:
    """The state that a finding means: its name, its number, or yes and no for a truth value."""
    if isinstance(found, str):
        return found if found in states else None
    if isinstance(found, bool | np.bool_):
        fits = [state for state in states if state.lower() in _WORDS[bool(found)]]
    elif isinstance(found, int | float | np.number) and float(found).is_integer():
        fits = [state for state in states if state == str(int(found))]
    else:
        fits = []
    return fits[0] if len(fits) == 1 else None


def _weight(value: object) -> float:
    """A likelihood; NaN where it is no number."""
    is_number = isinstance(value, int | float | Fraction | np.number) and not isinstance(value, bool)
    return float(value) if is_number else math.nan  # type: ignore[arg-type]


def joint(net: Network, nodes: Sequence[str], *, evidence: Evidence | None = None) -> Floats:
    """Probability of every combination of states of some nodes, given what was found.

    Parameters
    ----------
    net : Network
        The network.
    nodes : sequence of str
        At least one, each once.
    evidence : mapping, optional
        As for `posterior`.

    Returns
    -------
    ndarray of float
        One axis a node, in the order asked for; sums to 1.

    Raises
    ------
    InputFaults
        With every unknown node or state.
    Impossible
        When the findings cannot all be true.

    Examples
    --------
    >>> from riskkit.assessment.trees.bayes_net_file import network
    >>> net = network({"nodes": {
    ...     "flaw": {"states": ["yes", "no"], "table": [0.5, 0.5]},
    ...     "test": {"states": ["bad", "good"], "parents": ["flaw"], "table": [[1, 0], [0.5, 0.5]]}}})
    >>> joint(net, ["test", "flaw"]).tolist()
    [[0.5, 0.25], [0.0, 0.25]]
    """
    states, findings = net.states(), _likelihoods(net, {} if evidence is None else evidence)
    refuse("nodes", [Fault("nodes", shown(one), "the id of a node") for one in nodes if one not in states])
    if not nodes or len(set(nodes)) < len(nodes):
        raise ValueError("at least one node, each once")
    inference = _inference(net, findings, target=set(nodes))
    tensor = inference.jointPosterior(set(nodes)) if len(nodes) > 1 else inference.posterior(nodes[0])
    axes = list(reversed(tensor.names))
    array = np.transpose(tensor.as_nparray(), [axes.index(node) for node in nodes])
    return np.array(array[tuple(slice(len(states[node])) for node in nodes)], dtype=np.float64)


def _inference(net: Network, findings: Mapping[str, list[float]], *, target: set[str] | None = None) -> Any:
    """The engine after propagation; raises `Impossible`."""
    engine = _engine()
    inference = engine.LazyPropagation(_compiled(net))
    inference.setEvidence({node: [one / max(row) for one in row] for node, row in findings.items()})
    if target and len(target) > 1:
        inference.addJointTarget(target)
    try:
        inference.makeInference()
        is_possible = inference.evidenceProbability() > 0
    except engine.IncompatibleEvidence:
        is_possible = False
    if not is_possible:
        raise Impossible(f"findings that cannot all be true: {', '.join(findings)}")
    return inference


def posterior(
    net: Network, evidence: Evidence | None = None, *, nodes: Sequence[str] | None = None
) -> pd.DataFrame:
    """Probability of every state, given what was found.

    Parameters
    ----------
    net : Network
        The network.
    evidence : mapping of str to (str or mapping of str to float), optional
        By node: the state found, or a likelihood for each state (states left out have none). A truth value
        finds the state that is called true or yes, or false or no; a whole number the state called by it.
    nodes : sequence of str, optional
        Which nodes; all of them otherwise.

    Returns
    -------
    DataFrame
        node, state, p, prior (without the evidence).

    Raises
    ------
    InputFaults
        With every unknown node or state.
    Impossible
        When the findings cannot all be true.

    References
    ----------
    .. [1] Lauritzen & Spiegelhalter (1988) (``lauritzen_1988``), pp. 157–224 (the method and its
       chest-clinic example); Madsen & Jensen (1999), Lazy propagation.

    Examples
    --------
    >>> from riskkit.assessment.trees.bayes_net_file import network
    >>> net = network({"nodes": {
    ...     "flaw": {"states": ["yes", "no"], "table": [0.5, 0.5]},
    ...     "test": {"states": ["bad", "good"], "parents": ["flaw"], "table": [[0.75, 0.25], [0.25, 0.75]]}}})
    >>> posterior(net, {"test": "bad"}, nodes=["flaw"])["p"].tolist()
    [0.75, 0.25]
    """
    states, findings = net.states(), _likelihoods(net, {} if evidence is None else evidence)
    wanted = list(states) if nodes is None else list(nodes)
    refuse("nodes", [Fault("nodes", shown(one), "the id of a node") for one in wanted if one not in states])
    rows = [(node, state) for node in wanted for state in states[node]]
    return pd.DataFrame(
        {
            "node": [node for node, _ in rows],
            "state": [state for _, state in rows],
            "p": np.concatenate(_marginals(net, wanted, findings)),
            "prior": np.concatenate(_marginals(net, wanted, {})),
        }
    )


def _marginals(net: Network, nodes: Sequence[str], findings: Mapping[str, list[float]]) -> list[Floats]:
    inference, states = _inference(net, findings), net.states()
    return [
        np.array(inference.posterior(node).as_nparray()[: len(states[node])], dtype=np.float64)
        for node in nodes
    ]


def evidence_probability(net: Network, evidence: Evidence) -> float:
    """Probability of finding all this; 0 where it cannot all be true.

    Examples
    --------
    >>> from riskkit.assessment.trees.bayes_net_file import network
    >>> net = network({"nodes": {"flaw": {"states": ["yes", "no"], "table": [0.25, 0.75]}}})
    >>> evidence_probability(net, {"flaw": "yes"})
    0.25
    """
    findings = _likelihoods(net, evidence)
    scale = math.prod(max(row) for row in findings.values())  # a finding goes in with its best state at 1
    try:
        return scale * float(_inference(net, findings).evidenceProbability())
    except Impossible:
        return 0.0


@dataclass(frozen=True)
class Conflict:
    """How far findings disagree.

    Parameters
    ----------
    value : float
        ln(∏P(eᵢ) / P(e)); above 0 they disagree, infinite when they cannot all be true.
    p_evidence : float
        P(e).
    findings : DataFrame
        finding, p (alone), without (conflict of the others when it is left out).
    explanations : DataFrame
        node, state, value: single hypotheses under which the findings no longer disagree (value ≤ 0), so
        that a rare case and not a wrong finding may be the reason; lowest first.
    """

    value: float
    p_evidence: float
    findings: pd.DataFrame
    explanations: pd.DataFrame


def conflict(net: Network, evidence: Evidence) -> Conflict:
    """Whether findings go together, and if not, which one stands out and what would explain them.

    Parameters
    ----------
    net : Network
        The network.
    evidence : mapping
        As for `posterior`, at least one finding.

    Returns
    -------
    Conflict

    Raises
    ------
    InputFaults
        With every unknown node or state, or when there is no finding.

    References
    ----------
    .. [1] Jensen, Chamberlain, Nordahl & Jensen (1990) (``jensen_1990``).

    Examples
    --------
    >>> from riskkit.assessment.trees.bayes_net_file import network
    >>> net = network({"nodes": {
    ...     "flaw": {"states": ["yes", "no"], "table": [0.5, 0.5]},
    ...     "a": {"states": ["bad", "good"], "parents": ["flaw"], "table": [[0.9, 0.1], [0.1, 0.9]]},
    ...     "b": {"states": ["bad", "good"], "parents": ["flaw"], "table": [[0.9, 0.1], [0.1, 0.9]]}}})
    >>> round(conflict(net, {"a": "bad", "b": "good"}).value, 6)
    1.021651
    """
    findings = _likelihoods(net, evidence)
    refuse("evidence", [] if findings else [Fault("evidence", "{}", "at least one finding")])
    alone = {node: evidence_probability(net, {node: evidence[node]}) for node in findings}
    together = evidence_probability(net, evidence)
    value = _conflict(alone.values(), together)
    rest = {node: {one: evidence[one] for one in findings if one != node} for node in findings}
    without = [
        _conflict([alone[one] for one in rest[node]], evidence_probability(net, rest[node]))
        for node in findings
    ]
    table = pd.DataFrame({"finding": list(findings), "p": list(alone.values()), "without": without})
    return Conflict(value, together, table, _explanations(net, evidence, value))


def _conflict(alone: Any, together: float) -> float:
    if together == 0:
        return math.inf
    return math.fsum(math.log(p) for p in alone) - math.log(together)


def _explanations(net: Network, evidence: Evidence, value: float) -> pd.DataFrame:
    columns = ["node", "state", "value"]
    if not 0 < value < math.inf:
        return pd.DataFrame(columns=columns)
    rows = posterior(net, evidence)
    rows = rows[~rows["node"].isin(list(evidence)) & (rows["p"] > 0) & (rows["prior"] > 0)]
    rows = rows.assign(value=value + np.log(rows["prior"]) - np.log(rows["p"]))
    return rows.loc[rows["value"] <= 0, columns].sort_values("value", kind="stable", ignore_index=True)


def all_states(net: Network, nodes: Sequence[str]) -> list[tuple[str, ...]]:
    """Combinations of states in the order in which tables and utilities list them.

    Examples
    --------
    >>> from riskkit.assessment.trees.bayes_net_file import network
    >>> net = network({"nodes": {"a": {"states": ["x", "y"], "table": [0.5, 0.5]}}})
    >>> all_states(net, ["a"])
    [('x',), ('y',)]
    """
    states = net.states()
    return list(itertools.product(*(states[node] for node in nodes)))
