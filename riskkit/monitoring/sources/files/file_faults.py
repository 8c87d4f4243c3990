"""A file that is refused as a whole, with the rule it breaks."""

from __future__ import annotations

from riskkit.foundation.inputs.faults import Fault, InputFaults, shown
from riskkit.foundation.language import in_language
from riskkit.foundation.records.evidence import rule_text


def file_fault(name: str, value: object, rule_id: str) -> InputFaults:
    """The error that refuses a file; its rule stands in ``record_rules``.

    Parameters
    ----------
    name : str
        The file.
    value : object
        What was found.
    rule_id : str
        Which rule it breaks.

    Examples
    --------
    >>> print(file_fault("a.zip", "b/../c.csv", "zip_path_unsafe").faults[0])
    a.zip: 'b/../c.csv', must be: a member whose path stays inside the zip
    """
    return InputFaults(name, [Fault(name, shown(value), in_language("en", rule_text, rule_id))])
