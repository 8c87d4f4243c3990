"""riskkit: from evidence on a commodity to a graded, explained and reproducible warning.

The rooms follow 国发〔2017〕43号: monitoring → assessment → warning → response → application,
on a common foundation; ``workbench`` shows what they compute.
"""

__version__ = "0.1.0"
