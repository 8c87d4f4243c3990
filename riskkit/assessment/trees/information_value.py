"""What it is worth to look before deciding: expected utility and the value of a finding."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from riskkit.assessment.trees.bayes_net_file import Network
from riskkit.assessment.trees.bayes_nets import Evidence, joint
from riskkit.foundation.inputs.faults import Fault, RuleText, one_of, refuse, shown


@dataclass(frozen=True)
class Decision:
    """Options and what each is worth in every state of the world.

    Parameters
    ----------
    nodes : tuple of str
        What the worth depends on.
    utility : mapping of str to tuple of float
        By option: a number [any one unit] for each combination of the nodes' states, the last node's
        changing fastest; costs are negative.
    """

    nodes: tuple[str, ...]
    utility: Mapping[str, tuple[float, ...]]


def decision(data: Mapping[str, Any], *, net: Network) -> Decision:
    """A decision from a mapping, checked against its network.

    Parameters
    ----------
    data : mapping
        ``depends_on`` (list of nodes) and ``utility`` (numbers by option).
    net : Network
        The network.

    Raises
    ------
    InputFaults
        With every fault.

    Examples
    --------
    >>> from riskkit.assessment.trees.bayes_net_file import network
    >>> net = network({"nodes": {"flaw": {"states": ["yes", "no"], "table": [0.25, 0.75]}}})
    >>> decision({"depends_on": ["flaw"], "utility": {"recall": [-9, -9], "wait": [-99, 0]}}, net=net).nodes
    ('flaw',)
    """
    states, nodes, utility = net.states(), data.get("depends_on"), data.get("utility")
    faults = [
        Fault(str(key), shown(data[key]), "a known key")
        for key in data
        if key not in ("depends_on", "utility")
    ]
    named = [one for one in nodes if isinstance(one, str)] if isinstance(nodes, list | tuple) else []
    if not named or len(set(named)) < len(nodes or ()):
        faults.append(Fault("depends_on", shown(nodes), "a list of at least one node, each once"))
    faults += [Fault("depends_on", shown(one), "the id of a node") for one in named if one not in states]
    if not isinstance(utility, Mapping) or not utility:
        faults.append(Fault("utility", shown(utility), "numbers for at least one option"))
        utility = {}
    n = math.prod(len(states.get(one, ())) for one in named)
    for option, numbers in utility.items():
        values = np.asarray(numbers, dtype=object).ravel().tolist()
        if any(not isinstance(v, int | float | np.number) or not math.isfinite(v) for v in values):
            faults.append(Fault(f"utility.{option}", shown(numbers), "finite numbers"))
        elif n and len(values) != n:
            faults.append(Fault(f"utility.{option}", f"{len(values)} numbers", RuleText("{} numbers", n)))
    refuse("decision", faults)
    return Decision(
        tuple(named), {str(k): tuple(float(v) for v in np.ravel(numbers)) for k, numbers in utility.items()}
    )


def expected_utilities(net: Network, choice: Decision, evidence: Evidence | None = None) -> pd.Series:
    """Expected worth of every option, best first.

    Raises
    ------
    InputFaults, Impossible
        As for `posterior`.

    Examples
    --------
    >>> from riskkit.assessment.trees.bayes_net_file import network
    >>> net = network({"nodes": {"flaw": {"states": ["yes", "no"], "table": [0.25, 0.75]}}})
    >>> utility = {"recall": [-10, -10], "wait": [-100, 0]}
    >>> choice = decision({"depends_on": ["flaw"], "utility": utility}, net=net)
    >>> expected_utilities(net, choice).to_dict()
    {'recall': -10.0, 'wait': -25.0}
    """
    p = joint(net, choice.nodes, evidence=evidence).ravel()
    worth = pd.Series(
        {option: float(p @ np.array(u)) for option, u in choice.utility.items()}, name="utility"
    )
    return worth.rename_axis("option").sort_values(ascending=False, kind="stable")


def value_of_information(
    net: Network,
    choice: Decision,
    *,
    findings: Sequence[str | tuple[str, ...]],
    costs: Mapping[str, float] | None = None,
    evidence: Evidence | None = None,
) -> pd.DataFrame:
    """What it is worth to look before deciding.

    Value of a finding F: Σ_f max_a E[U(a), F = f] − max_a E[U(a)], never negative. The first row,
    ``perfect``, knows everything the worth depends on and bounds all others.

    Parameters
    ----------
    net : Network
        The network.
    choice : Decision
        What is to be decided.
    findings : sequence of str or tuple of str
        Nodes that could be observed; a tuple is observed together (``"a + b"`` in the table).
    costs : mapping of str to float, optional
        Cost of each finding, by the name it has in the table [unit of the utilities].
    evidence : mapping, optional
        What is known already.

    Returns
    -------
    DataFrame
        finding, value, cost, net (value − cost), per_cost (value / cost, NaN without a cost),
        p_change (probability that another option than now becomes best), of_perfect (share of the value
        of perfect information, NaN where that is 0).

    Raises
    ------
    InputFaults
        With every unknown node.

    References
    ----------
    .. [1] Raiffa & Schlaifer (1961), Applied statistical decision theory; Howard (1966), Information
       value theory.

    Examples
    --------
    >>> from riskkit.assessment.trees.bayes_net_file import network
    >>> net = network({"nodes": {
    ...     "flaw": {"states": ["yes", "no"], "table": [0.5, 0.5]},
    ...     "test": {"states": ["bad", "good"], "parents": ["flaw"], "table": [[0.75, 0.25], [0.25, 0.75]]}}})
    >>> utility = {"recall": [-10, -10], "wait": [-40, 0]}
    >>> choice = decision({"depends_on": ["flaw"], "utility": utility}, net=net)
    >>> rows = value_of_information(net, choice, findings=["test"], costs={"test": 1})
    >>> rows[["finding", "value"]].values.tolist()
    [['perfect', 5.0], ['test', 0.0]]
    """
    groups = {"perfect": choice.nodes} | {" + ".join(_group(one)): _group(one) for one in findings}
    states, costs = net.states(), dict(costs or {})
    refuse(
        "findings",
        [
            Fault(name, shown(one), "the id of a node")
            for name, of in groups.items()
            for one in of
            if one not in states
        ]
        + [Fault("costs", shown(one), one_of(str(one), groups)) for one in costs if one not in groups]
        + [
            Fault(f"costs.{k}", shown(v), "a number that is not negative")
            for k, v in costs.items()
            if not v >= 0
        ],
    )
    rows = [(name, *_worth(net, choice, of, evidence=evidence)) for name, of in groups.items()]
    table = pd.DataFrame(rows, columns=["finding", "value", "p_change"])
    cost = pd.Series([float(costs.get(name, 0.0)) for name in groups], dtype=np.float64)
    perfect = rows[0][1]
    return table.assign(
        cost=cost,
        net=table["value"] - cost,
        per_cost=table["value"] / cost.where(cost > 0),
        of_perfect=table["value"] / perfect if perfect > 0 else np.nan,
    )[["finding", "value", "cost", "net", "per_cost", "p_change", "of_perfect"]]


def _group(finding: str | tuple[str, ...]) -> tuple[str, ...]:
    return (finding,) if isinstance(finding, str) else tuple(dict.fromkeys(finding))


def _worth(
    net: Network, choice: Decision, finding: tuple[str, ...], *, evidence: Evidence | None
) -> tuple[float, float]:
    """Value of a finding, and the probability that it changes what is best."""
    nodes = list(dict.fromkeys((*finding, *choice.nodes)))
    p = joint(net, nodes, evidence=evidence)
    utilities = np.array(list(choice.utility.values()))
    shape = [len(net.states()[node]) for node in choice.nodes]
    axes = {node: number for number, node in enumerate(nodes)}
    spread = utilities.reshape(len(utilities), *shape)
    order = np.argsort([axes[node] for node in choice.nodes])
    spread = np.transpose(spread, [0, *(order + 1)])
    for axis in sorted(axes[node] for node in nodes if node not in choice.nodes):
        spread = np.expand_dims(spread, axis + 1)
    over = tuple(range(len(finding) + 1, len(nodes) + 1))
    by_state = (spread * p).sum(axis=over).reshape(len(utilities), -1)
    weights = p.sum(axis=tuple(axis - 1 for axis in over)).ravel()
    now = by_state.sum(axis=1)
    best = int(now.argmax())
    gains = by_state.max(axis=0) - by_state[best]
    scale = float(np.abs(utilities).max()) or 1.0
    changed = gains > 1e-12 * scale * np.maximum(weights, 1e-300)
    return float(gains[changed].sum()), float(weights[changed].sum())
