"""The laws of the house, held over every file of riskkit/ and notebooks/ (CONTRIBUTING.md says why).

A new arrow between two files is a decision: it is written down here, with its reason, or this test fails.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import laws
import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = laws.read_package(ROOT / "riskkit")
NOTEBOOKS = sorted((ROOT / "notebooks").rglob("*.ipynb"))

FACTS = "the facts of a case are one record, read in one place"
LIST = "its lists are tables with a source"
TREE = "a fault tree is one record, read in one place"
NETWORK = "a network is one record, read in one place"
CHECKED = "what is read is checked first, all faults at once"
COMPOSES = "case.py composes its stream"
COMPARES = "compare.py puts one case through the methods of its stream"
METHODS = "the method itself is applied, never written a second time"
FINDING = "every method fills the same record"
COUNTED = "counts of a table are read and refused in one place"
SCORED = "answers are checked, binned and scored in one place"
DESIGN = "a survey is estimated from its whole design, never from a part cut out of it"
GAIN = "a budget is shared out by marginal gain in one place"
RECORD = "the columns of the record are described once"
REFUSED = "a file is refused in one way"
NATIVE = "every format gives its rows in the same shape"
DOOR = "all files come in through one door"
LOCK = "nobody sweeps a file away while it is read"
MANIFEST = "a register is what its manifest says"
IDS = "a row that is there already is known by its id"
PARTS = "the files of a register are written in one place"
VERSIONS = "of the rows of a notice the same one counts everywhere"
AGENTS = "an agent that free text names is recognised in one way"
READER = "a reader is one constant of one type"
CELLS = "cells of other people's files are picked and re-ordered in one place"
STEPS = "the steps of a warning's life are stated once"
MESSAGE = "a message is one record under the names of its protocol"
NOTICE = "everything that goes out is written from one notice"
ASKED = "what was asked is one set of questions, made from the case alone"
SESSION = "what a session has come to is worked out from its events in one place"
POOLED = "answers are pooled in one place"
SEALED = "a ballot is sealed and opened in one place"
OPENED = "a ledger is opened, locked and made in one place"
EVENTS = "what was decided is read through one door"
CUTS = "the best rule along an ordered number is found in one place"
RULES = "rules that are rows of a table are applied in one place"
SERIES = "counts are read, refused and answered for in one place"
FITTED = "many series are fitted at once in one place"
SHEET = "a sheet is described once, for its template, its reader and the made register"

# file → file it imports → why. Every room may import foundation; the workbench may import all.
ARROWS: dict[str, dict[str, str]] = {
    "foundation/codes.py": {"foundation/standards.py": LIST, "foundation/tables.py": "rows as records"},
    "foundation/choices.py": {"foundation/standards.py": LIST},
    "foundation/decision_table.py": {"foundation/faults.py": "all faults of a table are told at once"},
    "foundation/evidence.py": {
        "foundation/glossary.py": "a code is one of a list of words",
        "foundation/standards.py": LIST,
        "foundation/tables.py": "rows as records",
    },
    "foundation/record_cells.py": {
        "foundation/codes.py": "a goods code is one of the Harmonized System",
        "foundation/evidence.py": RECORD,
        "foundation/faults.py": "what hides in a text is known in one place",
        "foundation/foreign_words.py": "a country is looked up by its names",
        "foundation/written_dates.py": "how a day may be written is known in one place",
        "foundation/written_numbers.py": "how a number may be written is known in one place",
        "foundation/units_in_words.py": "units that notices tell in words are read in one way",
    },
    "foundation/written_numbers.py": {"foundation/standards.py": LIST},
    "foundation/record_checks.py": {
        "foundation/written_dates.py": "how a day may be written is known in one place",
        "foundation/written_numbers.py": "units are compared in one way",
        "foundation/evidence.py": RECORD,
        "foundation/faults.py": "what hides in a text is known in one place",
        "foundation/foreign_words.py": "an origin that names several countries is told from one that is unknown",
        "foundation/record_cells.py": "a row is checked cell by cell first",
    },
    "foundation/foreign_words.py": {
        "foundation/codes.py": "a two-letter code is looked up where all countries are",
        "foundation/standards.py": LIST,
        "foundation/tables.py": "rows as records",
    },
    "foundation/held_folders.py": {"foundation/faults.py": "a link in the way is refused as any other input"},
    "foundation/part_files.py": {
        "foundation/faults.py": "all files in the way are told at once",
        "foundation/held_folders.py": "files are put in place where no link can lead them elsewhere",
    },
    "foundation/glossary.py": {"foundation/standards.py": LIST, "foundation/tables.py": "rows as records"},
    "foundation/method_numbers.py": {"foundation/standards.py": LIST},
    "foundation/hazard_advice.py": {
        "foundation/standards.py": "advice by hazard is a standard table",
        "foundation/tables.py": "rows of a table as records",
    },
    "foundation/method_cards.py": {
        "foundation/scales.py": "what the levels of a method ask for is ordered by a scale",
        "foundation/standards.py": LIST,
    },
    "foundation/scales.py": {"foundation/standards.py": LIST},
    "foundation/standards.py": {
        "foundation/tables.py": "a standard is a table checked against the dictionary",
        "foundation/exact_numbers.py": "an edge is compared as an exact fraction",
    },
    "foundation/warning_levels.py": {
        "foundation/glossary.py": "a level may be named by its colour",
        "foundation/scales.py": "what is read is a level of the scale",
    },
    "foundation/tables.py": {"foundation/faults.py": "all faults of a table are told at once"},
    "foundation/picture_file.py": {"foundation/faults.py": "all faults of a file are told at once"},
    "foundation/toml_file.py": {"foundation/faults.py": "all faults of a file are told at once"},
    "foundation/number_columns.py": {"foundation/faults.py": "all faults of a table are told at once"},
    "foundation/plain_data.py": {
        "foundation/faults.py": "what cannot be converted is shown as in any message"
    },
    "foundation/units.py": {"foundation/faults.py": "all faults of an input are told at once"},
    "foundation/distribution_kinds.py": {
        "foundation/elicited.py": "a quantile-elicited quantity is one distribution"
    },
    "foundation/distributions.py": {
        "foundation/distribution_kinds.py": "the kinds of distributions are records",
        "foundation/elicited.py": "a quantile-elicited quantity is one distribution",
        "foundation/exact_numbers.py": "a known number is an exact fraction",
        "foundation/kept_quantiles.py": "a file may ask for a family that keeps the quantiles",
    },
    "foundation/elicited.py": {
        "foundation/kept_quantiles.py": "some families pass through the quantiles exactly",
        "foundation/method_numbers.py": "how far a fit may move a judged quantile is a row",
    },
    "foundation/toml_record.py": {
        "foundation/distributions.py": "a distribution is written the way it is read",
        "foundation/faults.py": "all faults of a file are told at once",
        "foundation/toml_file.py": "each fault is told with its line",
    },
    "foundation/designs.py": {
        "foundation/distributions.py": "points become draws through quantiles",
        "foundation/elicited.py": "one of the shapes that are looked up in a table is elicited",
    },
    "foundation/dependence.py": {
        "foundation/distributions.py": "one type for arrays of numbers",
        "foundation/faults.py": "all impossible correlations are told at once",
    },
    "foundation/convergence.py": {"foundation/distributions.py": "one type for arrays of numbers"},
    "foundation/two_dimensional.py": {
        "foundation/distributions.py": "what is known and what varies are distributions",
        "foundation/faults.py": "all names that are both are told at once",
        "foundation/uncertainty.py": "both dimensions are drawn in one place",
    },
    "foundation/uncertainty.py": {
        "foundation/dependence.py": "draws may be correlated",
        "foundation/designs.py": "draws may follow a design",
        "foundation/faults.py": "all impossible correlations are told at once",
        "foundation/distributions.py": "what is carried through a calculation are distributions",
        "foundation/elicited.py": "one of them is fitted to judged quantiles",
        "foundation/exact_numbers.py": "a known number is an exact fraction",
    },
    "monitoring/rates.py": {"monitoring/proportions.py": "a rate is shown with the interval of a method"},
    "monitoring/trends.py": {"monitoring/rates.py": COUNTED},
    "monitoring/disclosure.py": {"monitoring/rates.py": COUNTED},
    "monitoring/survey.py": {"monitoring/survey_design.py": DESIGN},
    "monitoring/survey_reporting.py": {
        "monitoring/survey.py": "domains are named in one way for totals and for changes",
        "monitoring/survey_design.py": DESIGN,
    },
    "monitoring/surveillance/reference_periods.py": {"monitoring/surveillance/series.py": SERIES},
    "monitoring/surveillance/farrington.py": {
        "monitoring/surveillance/prediction_bounds.py": "a bound follows from a fit in one place",
        "monitoring/surveillance/quasi_poisson.py": FITTED,
        "monitoring/surveillance/reference_periods.py": "the same season of earlier years is found in one way",
        "monitoring/surveillance/series.py": SERIES,
    },
    "monitoring/surveillance/ears.py": {"monitoring/surveillance/series.py": SERIES},
    "monitoring/surveillance/cusum.py": {
        "monitoring/surveillance/quasi_poisson.py": FITTED,
        "monitoring/surveillance/series.py": SERIES,
    },
    "monitoring/surveillance/bayes_counts.py": {
        "monitoring/surveillance/reference_periods.py": "the same season of earlier years is found in one way",
        "monitoring/surveillance/series.py": SERIES,
    },
    "monitoring/surveillance/weekly_scan.py": {
        "monitoring/surveillance/bayes_counts.py": "where history is short the weeks just before answer",
        "monitoring/surveillance/farrington.py": "the scan asks the detector of its settings",
        "monitoring/surveillance/settings.py": "settings are rows in force on a day",
    },
    "monitoring/surveillance/backtest.py": {
        "monitoring/proportions.py": "a rate is shown with the interval of a method"
    },
    "monitoring/sampling/allocation.py": {"monitoring/marginal_gain.py": GAIN},
    "monitoring/ebgm.py": {"monitoring/gamma_poisson.py": "scores are read under a prior that was fitted"},
    "monitoring/signal_warnings.py": {
        "monitoring/disproportionality.py": "a pair is looked at again with the same statistics",
        "monitoring/report_pairs.py": "reports are counted into pairs in one place",
    },
    "monitoring/plan.py": {
        "monitoring/marginal_gain.py": GAIN,
        "monitoring/plan_gains.py": "what a sample gains is said apart from how a plan is made",
        "monitoring/preposterior.py": "what testing is expected to teach is worked out in one place",
        "monitoring/random_draw.py": "the random share is drawn the way anybody can draw it again",
        "monitoring/rates.py": COUNTED,
        "monitoring/shrinkage.py": "past counts become what is known of a rate in one place",
    },
    "monitoring/plan_gains.py": {
        "monitoring/marginal_gain.py": GAIN,
        "monitoring/preposterior.py": "what testing is expected to teach is worked out in one place",
    },
    "monitoring/plan_table.py": {
        "monitoring/plan.py": "the table that is sent out shows the plan",
        "monitoring/reasons.py": "reasons are ids until somebody reads them",
    },
    "monitoring/sampling/switching.py": {
        "monitoring/sampling/attribute_plans.py": "each lot is judged by the plan of the inspection in force"
    },
    **{
        f"monitoring/sources/{name}.py": {
            "monitoring/sources/cells.py": CELLS,
            "monitoring/sources/source.py": READER,
        }
        for name in (
            "fda_caers",
            "fda_import_refusals",
            "fda_recalls",
            "neiss",
            "nhtsa_recalls",
            "opss",
            "safety_gate",
        )
    },
    **{
        f"monitoring/sources/{name}.py": {
            "monitoring/sources/sheets.py": SHEET,
            "monitoring/sources/source.py": READER,
        }
        for name in (
            "border_inspection",
            "complaint",
            "defect_report",
            "laboratory_report",
            "market_sampling",
        )
    },
    "monitoring/sources/injury_card.py": {
        "monitoring/sources/cells.py": CELLS,
        "monitoring/sources/sheets.py": SHEET,
        "monitoring/sources/source.py": READER,
    },
    **{
        f"monitoring/sources/{name}.py": {
            "monitoring/sources/cells.py": CELLS,
            "monitoring/sources/named_agents.py": AGENTS,
            "monitoring/sources/source.py": READER,
        }
        for name in ("rasff", "usda_fsis")
    },
    "monitoring/sources/cpsc_recalls.py": {
        "monitoring/sources/cells.py": CELLS,
        "monitoring/sources/named_agents.py": AGENTS,
        "monitoring/sources/source.py": READER,
        "monitoring/sources/stated_counts.py": "a number of items told in words is read in one way",
    },
    "monitoring/sources/canonical.py": {"monitoring/sources/source.py": READER},
    "monitoring/sources/delimited.py": {
        "monitoring/sources/file_faults.py": REFUSED,
        "monitoring/sources/native.py": NATIVE,
    },
    "monitoring/sources/encodings.py": {"monitoring/sources/file_faults.py": REFUSED},
    "monitoring/sources/child_reader.py": {
        "monitoring/sources/hidden_rows.py": "the library that reads cells does not say which rows are hidden",
    },
    "monitoring/sources/in_child.py": {
        "monitoring/sources/child_reader.py": "the process that it starts, and its exit code",
        "monitoring/sources/file_faults.py": REFUSED,
        "monitoring/sources/native.py": NATIVE,
    },
    "monitoring/sources/cells.py": {"monitoring/sources/file_faults.py": REFUSED},
    "monitoring/sources/reading_notes.py": {"monitoring/sources/file_faults.py": REFUSED},
    "monitoring/sources/intake.py": {
        "monitoring/sources/reading_notes.py": "what was read otherwise than written is said",
        "monitoring/sources/row_kinds.py": "rows that are no data are told in one place",
        "monitoring/sources/native.py": NATIVE,
        "monitoring/sources/native_file.py": DOOR,
        "monitoring/sources/opened.py": "a file that changed while it was read is refused",
        "monitoring/sources/row_digests.py": "a row is known by what it says",
        "monitoring/sources/source.py": READER,
    },
    "monitoring/sources/json_arrays.py": {
        "monitoring/sources/file_faults.py": REFUSED,
        "monitoring/sources/native.py": NATIVE,
    },
    "monitoring/sources/json_rows.py": {
        "monitoring/sources/json_arrays.py": "which arrays hold rows is known in one place",
        "monitoring/sources/file_faults.py": REFUSED,
        "monitoring/sources/native.py": NATIVE,
    },
    "monitoring/sources/mapping.py": {
        "monitoring/sources/cells.py": CELLS,
        "monitoring/sources/native.py": "among how many rows a header is looked for",
        "monitoring/sources/source.py": READER,
    },
    "monitoring/sources/native.py": {"monitoring/sources/file_faults.py": REFUSED},
    "monitoring/sources/native_file.py": {
        "monitoring/sources/delimited.py": DOOR,
        "monitoring/sources/encodings.py": DOOR,
        "monitoring/sources/in_child.py": DOOR,
        "monitoring/sources/json_rows.py": DOOR,
        "monitoring/sources/native.py": NATIVE,
        "monitoring/sources/opened.py": DOOR,
    },
    "monitoring/sources/opened.py": {"monitoring/sources/file_faults.py": REFUSED},
    "foundation/events.py": {
        "foundation/event_times.py": "the one act that may leave the last event's time is known in one place",
        "foundation/faults.py": "all faults of what shall be recorded are told at once",
    },
    "store/ledger.py": {
        "store/ledger_clock.py": "how far a clock may be off is decided in one place",
        "store/ledger_tables.py": OPENED,
    },
    "store/ledger_checks.py": {
        "store/ledger.py": EVENTS,
        "store/ledger_schema.py": "what the tables must be is compared in one place",
        "store/ledger_tables.py": OPENED,
    },
    "store/ledger_rebase.py": {
        "store/ledger.py": EVENTS,
        "store/ledger_clock.py": "how far a clock may be off is decided in one place",
    },
    "store/ledger_schema.py": {
        "store/ledger_tables.py": "the tables are compared with those that are made anew"
    },
    "store/ledger_copies.py": {
        "store/ledger.py": EVENTS,
        "store/ledger_checks.py": CHECKED,
        "store/ledger_tables.py": OPENED,
    },
    "monitoring/exchange.py": {
        "monitoring/exchange_rules.py": "what is written is what may be handed on",
    },
    "monitoring/exchange_rules.py": {
        "monitoring/disclosure.py": "small cells are hidden in one way",
    },
    "monitoring/exchange_reading.py": {
        "monitoring/exchange.py": "a package is named and described in one way",
        "monitoring/exchange_tables.py": "tables of other tools become records of ours in one place",
        "monitoring/sources/opened.py": DOOR,
        "monitoring/sources/source.py": READER,
    },
    "monitoring/exchange_tables.py": {"monitoring/sources/opened.py": DOOR},
    "response/credit.py": {
        "response/penalty_records.py": "penalties and credit codes are records read in one place",
        "response/rule_results.py": RULES,
    },
    "monitoring/exchange_compare.py": {
        "monitoring/triage.py": "which records tell of the same thing is settled in one place",
    },
    "store/quarantine_sheet.py": {
        "store/register_lock.py": LOCK,
        "store/register_manifest.py": MANIFEST,
    },
    "store/register_changes.py": {
        "store/register_ids.py": IDS,
        "store/register_lock.py": LOCK,
        "store/register_manifest.py": MANIFEST,
        "store/register_parts.py": PARTS,
        "store/register_versions.py": VERSIONS,
    },
    "store/register_versions.py": {
        "store/register_manifest.py": MANIFEST,
        "store/register_parts.py": PARTS,
    },
    "store/register_compaction.py": {
        "store/register_changes.py": "a compaction is a change like any other",
        "store/register_ids.py": IDS,
        "store/register_manifest.py": MANIFEST,
        "store/register_parts.py": PARTS,
    },
    "store/register_counts.py": {
        "store/register_lock.py": LOCK,
        "store/register_manifest.py": MANIFEST,
        "store/register_query.py": "DuckDB counts over the connection that can only look",
        "store/register_spark.py": "Spark counts over the same files",
    },
    "store/register_parts.py": {"store/register_manifest.py": MANIFEST},
    "store/register_query.py": {
        "store/register_lock.py": LOCK,
        "store/register_manifest.py": MANIFEST,
        "store/register_versions.py": VERSIONS,
    },
    "store/register_summary.py": {
        "store/register_lock.py": LOCK,
        "store/register_manifest.py": MANIFEST,
    },
    "monitoring/sources/source.py": {"monitoring/sources/cells.py": "headers are compared in one way"},
    "monitoring/sources/catalogue.py": dict.fromkeys(
        (
            "monitoring/sources/source.py",
            *(
                f"monitoring/sources/{name}.py"
                for name in (
                    "border_inspection",
                    "canonical",
                    "complaint",
                    "cpsc_recalls",
                    "defect_report",
                    "fda_caers",
                    "fda_import_refusals",
                    "fda_recalls",
                    "injury_card",
                    "laboratory_report",
                    "market_sampling",
                    "neiss",
                    "nhtsa_recalls",
                    "opss",
                    "rasff",
                    "safety_gate",
                    "usda_fsis",
                )
            ),
        ),
        "the catalogue lists all readers",
    ),
    "monitoring/sources/sheets.py": {"monitoring/sources/cells.py": CELLS},
    "monitoring/sources/templates.py": {"monitoring/sources/sheets.py": SHEET},
    "monitoring/sources/sample_files.py": {
        "monitoring/sample_register.py": "the door writes to files what was made without touching one"
    },
    "monitoring/sample_register.py": {
        "monitoring/sample_rows.py": "the made register is put together from made rows",
        "monitoring/sources/sheets.py": SHEET,
    },
    "assessment/elicitation/performance.py": {"assessment/elicitation/study.py": SCORED},
    "assessment/elicitation/pooling.py": {
        "assessment/elicitation/performance.py": SCORED,
        "assessment/elicitation/study.py": SCORED,
    },
    "assessment/elicitation/decision_makers.py": {
        "assessment/elicitation/performance.py": SCORED,
        "assessment/elicitation/pooling.py": "weighted answers are mixed in one place",
        "assessment/elicitation/study.py": SCORED,
    },
    "assessment/elicitation/robustness.py": {
        "assessment/elicitation/decision_makers.py": "the same pooled expert, with one piece left out",
        "assessment/elicitation/performance.py": SCORED,
        "assessment/elicitation/pooling.py": "weighted answers are mixed in one place",
        "assessment/elicitation/study.py": SCORED,
    },
    "warning/alerts/drafts.py": {
        "warning/alerts/choice.py": "who may publish is looked up in one place",
        "warning/alerts/notice_rules.py": "wording that is not allowed is listed in one place",
        "warning/publication/notices.py": NOTICE,
    },
    "assessment/committee/agreeing.py": {
        "assessment/committee/questions.py": ASKED,
        "assessment/committee/session.py": SESSION,
        "assessment/consensus/agreement.py": METHODS,
        "assessment/consensus/concordance.py": METHODS,
        "assessment/consensus/rounds.py": METHODS,
    },
    "assessment/committee/answers.py": {"assessment/committee/questions.py": ASKED},
    "assessment/committee/minutes.py": {
        "assessment/case_file.py": "a sentence exists in zh and en",
        "assessment/committee/pooling.py": POOLED,
        "assessment/committee/questions.py": ASKED,
        "assessment/committee/session.py": SESSION,
        "assessment/committee/visible.py": "an answer is put into words in one place",
    },
    "assessment/committee/next_steps.py": {
        "assessment/committee/order.py": "what may come next is decided by the rules that refuse what may not",
        "assessment/committee/questions.py": ASKED,
        "assessment/committee/session.py": SESSION,
        "assessment/committee/steps.py": "a step that is tried is made as one that is taken",
    },
    "assessment/committee/order.py": {
        "assessment/committee/questions.py": ASKED,
        "assessment/committee/sealing.py": SEALED,
        "assessment/committee/session.py": SESSION,
    },
    "assessment/committee/pooling.py": {
        "assessment/case_file.py": "a judged case is a case",
        "assessment/committee/answers.py": "the quantiles that are asked for are named once",
        "assessment/committee/questions.py": ASKED,
    },
    "assessment/committee/questions.py": {"assessment/case_file.py": "what is asked follows from the case"},
    "assessment/committee/session.py": {
        "assessment/committee/questions.py": ASKED,
        "assessment/committee/sealing.py": SEALED,
    },
    "assessment/committee/steps.py": {
        "assessment/committee/questions.py": ASKED,
        "assessment/committee/sealing.py": SEALED,
        "assessment/committee/session.py": SESSION,
    },
    "assessment/committee/visible.py": {
        "assessment/committee/questions.py": ASKED,
        "assessment/committee/session.py": SESSION,
    },
    "assessment/case.py": {
        "assessment/back_check.py": COMPOSES,
        "assessment/case_checks.py": COMPOSES,
        "assessment/case_file.py": COMPOSES,
        "assessment/experience_checks.py": COMPOSES,
        "assessment/experience_sentences.py": COMPOSES,
        "assessment/level_sentence.py": COMPOSES,
        "assessment/method_checks.py": COMPOSES,
        "assessment/robustness.py": COMPOSES,
        "assessment/sentences.py": COMPOSES,
    },
    "assessment/method_checks.py": {
        "assessment/case_checks.py": "checks of a case end alone where a field is absent, in one place",
        "assessment/case_file.py": FACTS,
        "assessment/chemical.py": "an exposure in a case is refused by the rules of the method that reads it",
        "assessment/scoring.py": "a factor in a case is refused by the scale of the method that reads it",
    },
    "assessment/compare.py": {
        "assessment/case.py": "what is compared is an assessment",
        "assessment/case_file.py": FACTS,
        "assessment/compare_doses.py": COMPARES,
        "assessment/compare_grids.py": COMPARES,
        "assessment/compare_scores.py": COMPARES,
        "assessment/differences.py": COMPARES,
        "assessment/findings.py": COMPARES,
        "assessment/scenarios.py": "draws of a scenario are multiplied as the assessment multiplied them",
        "assessment/severity_mix.py": "the governing harm of a mix is found as the assessment found it",
    },
    "assessment/compare_doses.py": {
        "assessment/case_file.py": FACTS,
        "assessment/chemical.py": METHODS,
        "assessment/findings.py": FINDING,
        "assessment/hazard_quotients.py": METHODS,
        "assessment/repeated_information.py": METHODS,
    },
    "assessment/compare_grids.py": {
        "assessment/case_file.py": FACTS,
        "assessment/findings.py": FINDING,
        "assessment/level_distance.py": METHODS,
        "assessment/scenarios.py": METHODS,
        "assessment/severity_mix.py": METHODS,
    },
    "assessment/compare_scores.py": {
        "assessment/case_file.py": FACTS,
        "assessment/findings.py": FINDING,
        "assessment/nonconformity.py": METHODS,
        "assessment/scoring.py": METHODS,
    },
    "assessment/differences.py": {
        "assessment/case_file.py": FACTS,
        "assessment/findings.py": FINDING,
        "assessment/sentences.py": "inputs and numbers are said in one way everywhere",
    },
    "assessment/preferences/pairwise.py": {
        "assessment/preferences/judgement_matrix.py": "judgements are read before they are weighed",
    },
    "assessment/preferences/judgement_groups.py": {
        "assessment/preferences/judgement_matrix.py": "judgements are read before they are weighed",
        "assessment/preferences/pairwise.py": "a group and a repair are judged by the same consistency ratio",
    },
    "foundation/set_families.py": {
        "foundation/decision_diagrams.py": "prime implicants are read off the diagram of a function"
    },
    "assessment/bayes_nets.py": {"assessment/bayes_net_file.py": NETWORK},
    "assessment/bow_ties.py": {"assessment/bow_tie_checks.py": CHECKED},
    "assessment/fault_tree_diagram.py": {"assessment/fault_tree_file.py": TREE},
    "assessment/fault_tree_file.py": {"assessment/fault_tree_checks.py": CHECKED},
    "assessment/fault_trees.py": {
        "assessment/fault_tree_diagram.py": "every question to a tree goes to the same diagram",
        "assessment/fault_tree_file.py": TREE,
    },
    "assessment/information_value.py": {
        "assessment/bayes_net_file.py": NETWORK,
        "assessment/bayes_nets.py": "what a finding is worth rests on its joint probability with the world",
    },
    "assessment/product_hazards.py": {
        "assessment/product_model_file.py": "what is known of a product is one record, read in one place"
    },
    "assessment/case_file.py": {
        "assessment/case_values.py": "what a field may hold is checked in one place",
        "assessment/product_identity.py": FACTS,
        "assessment/observations.py": "what is known of harm stands in the case",
    },
    "assessment/nearest_cases.py": {"assessment/case_file.py": FACTS},
    "assessment/product_identity.py": {
        "assessment/case_values.py": "what a field may hold is checked in one place"
    },
    "assessment/observations.py": {
        "assessment/case_values.py": "what a field may hold is checked in one place"
    },
    "assessment/severity_mix.py": {
        "assessment/scenarios.py": "the risk of each severity is read from the grid in one place"
    },
    "assessment/experience_checks.py": {
        "assessment/case_checks.py": "faults of a case with absent fields are found in one way",
        "assessment/case_file.py": FACTS,
    },
    "assessment/back_check.py": {
        "assessment/case_file.py": FACTS,
        "assessment/observations.py": "what is known of harm stands in the case",
    },
    "assessment/experience_sentences.py": {
        "assessment/back_check.py": "what is put into words is a back-check",
        "assessment/case_file.py": "a sentence exists in zh and en",
    },
    "assessment/case_checks.py": {"assessment/case_file.py": FACTS},
    "assessment/level_sentence.py": {
        "assessment/case_file.py": FACTS,
        "assessment/sentences.py": "inputs and numbers are said in one way everywhere",
    },
    "assessment/sentences.py": {"assessment/case_file.py": FACTS},
    "assessment/what_if.py": {"assessment/case_file.py": FACTS},
    "assessment/what_if_file.py": {
        "assessment/case_file.py": "a what-if makes one case into another",
        "assessment/planned_tests.py": "tests stand in the file of the what-ifs they would inform",
    },
    "assessment/planned_tests.py": {"assessment/case_file.py": FACTS},
    "assessment/sample_information.py": {
        "assessment/case_file.py": "a sentence exists in zh and en",
        "assessment/cut_points.py": CUTS,
        "assessment/level_information.py": "a test is worth at most what knowing its input is worth",
        "assessment/planned_tests.py": "it values the tests of a file",
    },
    "assessment/harm.py": {"assessment/case_file.py": "harm is counted over the scenarios of a case"},
    "assessment/level_information.py": {
        "assessment/case_file.py": "a sentence exists in zh and en",
        "assessment/cut_points.py": CUTS,
    },
    "assessment/what_if_effects.py": {
        "assessment/case_file.py": "before and after are cases",
        "assessment/harm.py": "harm before and after is counted in one place",
        "assessment/level_sentence.py": "graver levels are named in one way everywhere",
        "assessment/robustness.py": "the shares of the levels are counted in one place",
        "assessment/sentences.py": "a level is named in one way everywhere",
        "assessment/what_if_file.py": "it works out what a what-if does",
    },
    "warning/case_levels.py": {
        "assessment/case_file.py": FACTS,
        "warning/case_numbers.py": "a case is worked out once and graded under each profile",
        "warning/derived_facts.py": "which facts belong to one scenario is said in one place",
        "warning/grading.py": "a level is the grades and the risk, under a profile",
        "warning/profiles.py": "a profile is data that is handed through",
    },
    "warning/case_numbers.py": {
        "assessment/case_file.py": FACTS,
        "assessment/scenarios.py": "a level rests on the risk of the scenarios",
        "assessment/severity_mix.py": "of several severities the harm that governs gives the risk",
        "warning/derived_facts.py": "what follows from the facts of a case is worked out in one place",
        "warning/grading.py": "the probability grade belongs to the numbers that no profile changes",
    },
    "warning/derived_facts.py": {
        "assessment/case_file.py": FACTS,
        "assessment/chemical.py": "a dose by its route is worked out in one place",
    },
    "warning/case_tables.py": {
        "assessment/case_file.py": FACTS,
        "assessment/robustness.py": "the shares of the levels are counted in one place",
        "assessment/scenarios.py": "the scenarios table shows what the level used",
        "warning/case_levels.py": "profiles are compared by evaluating the same case under each",
        "warning/case_numbers.py": "a case is worked out once and graded under each profile",
        "warning/derived_facts.py": "which facts belong to one scenario is said in one place",
        "warning/level_badge.py": "the level under another profile is shown by the same rule",
        "warning/profiles.py": "a profile is data that is handed through",
        "warning/reasons.py": "a table row carries the reason of its grade",
    },
    "warning/dynamics/board.py": {"warning/dynamics/life.py": STEPS},
    "warning/dynamics/clocks.py": {"warning/dynamics/life.py": STEPS},
    "warning/dynamics/replayed.py": {
        "warning/alerts/choice.py": "what a level brings by default is said in one place",
        "warning/dynamics/clocks.py": "each step of a replayed life is taken when its clock runs out",
        "warning/dynamics/life.py": STEPS,
    },
    "warning/grading.py": {
        "warning/grading_rules.py": "a rule is one record",
        "warning/profile_laws.py": "a level table is looked up in one place, for its laws too",
        "warning/profiles.py": "a grade is looked up in the tables of a profile",
    },
    "warning/profile_laws.py": {"warning/grading_rules.py": "a rule is one record"},
    "warning/profiles.py": {
        "warning/grading_rules.py": "a rule is one record",
        "warning/profile_file.py": "a user's own profile is checked before its rows are read",
        "warning/profile_laws.py": "a profile that breaks a law is refused where it is made",
    },
    "warning/publication/cap_prose.py": {
        "warning/publication/cap_message.py": MESSAGE,
        "warning/publication/cap_structure.py": "a time of the protocol is known in one place",
    },
    "warning/publication/cap_structure.py": {"warning/publication/cap_message.py": MESSAGE},
    "warning/publication/cap_xml.py": {
        "warning/publication/cap_message.py": MESSAGE,
        "warning/publication/cap_prose.py": CHECKED,
        "warning/publication/cap_structure.py": CHECKED,
    },
    "warning/publication/feeds.py": {"warning/publication/notices.py": NOTICE},
    "warning/publication/notice_cap.py": {
        "warning/publication/cap_message.py": MESSAGE,
        "warning/publication/cap_prose.py": "what level and colour are called in a message is said once",
        "warning/publication/notices.py": NOTICE,
    },
    "warning/publication/notice_json.py": {"warning/publication/notices.py": NOTICE},
    "warning/reasons.py": {
        "warning/grading_rules.py": "how a rule compares is known in one place",
        "warning/profiles.py": "a reason cites the rows of a profile",
    },
    "response/effect.py": {"response/effect_series.py": "a verdict may be drawn from a fitted series"},
    "response/effect_series.py": {
        "response/effect_correlated.py": "correlated errors are fitted in one place"
    },
}
# Against the stream, on purpose.
CROSSINGS: dict[str, dict[str, str]] = {
    "assessment/case.py": dict.fromkeys(
        (
            "warning/case_levels.py",
            "warning/case_numbers.py",
            "warning/case_tables.py",
            "warning/level_badge.py",
            "warning/profiles.py",
        ),
        "one frozen Assessment carries both the risk and the level, so that no two documents can disagree",
    ),
    "assessment/what_if_effects.py": {
        "warning/level_badge.py": "before and after a measure the level is shown by the same rule",
    },
    "assessment/level_sentence.py": {
        "warning/level_badge.py": "the first sentence about a case names the level that is shown",
    },
    "assessment/compare.py": {
        "warning/case_levels.py": "methods are compared on the very draws behind the assessment",
        "warning/case_numbers.py": "the risk grid behind the level is the one compared with",
        "warning/case_tables.py": "a difference names the grades that a profile counted",
        "warning/profiles.py": "the warning profiles are among the methods compared",
    },
}
IMPURE: dict[str, dict[str, str]] = {
    "warning/profiles.py": {"t.to_csv": "a table as text, for its hash; no file is written"},
}
NAMES = {"ReportKernelManager": "Jupyter's word for what starts a kernel"}
WITHOUT_EXAMPLE: dict[str, str] = {}


def test_imports_run_one_way_and_each_is_written_down() -> None:
    assert list(laws.arrow_faults(PACKAGE, allowed=ARROWS, crossings=CROSSINGS)) == []


def test_no_import_comes_back_to_where_it_started() -> None:
    assert list(laws.circle_faults(PACKAGE)) == []


@pytest.mark.parametrize("path", PACKAGE)
def test_every_file_keeps_the_laws(path: str) -> None:
    source = PACKAGE[path]
    faults = [
        *laws.size_faults(path, source),
        *laws.name_faults(path, source, allowed=NAMES),
        *laws.purity_faults(path, source, allowed=IMPURE),
        *laws.word_faults(path, source, allowed=WITHOUT_EXAMPLE),
    ]
    assert faults == []


def test_every_folder_of_python_is_a_package_of_a_known_room() -> None:
    folders = {path.rpartition("/")[0] for path in PACKAGE}
    assert {f for f in folders if f and f"{f}/__init__.py" not in PACKAGE} == set()
    assert {laws.room(f) for f in folders if f} <= {*laws.ROOMS, "store", "workbench"}


def test_the_exceptions_are_still_needed_and_give_a_reason() -> None:
    every = {name: why for file in [*IMPURE.values(), NAMES, WITHOUT_EXAMPLE] for name, why in file.items()}
    assert all(every.values())
    text = "\n".join(PACKAGE.values())
    assert [name for name in NAMES if f"class {name}" not in text] == []
    unused = [p for p in IMPURE if not list(laws.purity_faults(p, PACKAGE.get(p, ""), allowed={}))]
    assert unused == []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_notebooks_are_thin_and_tracked_without_outputs(path: Path) -> None:
    assert list(laws.notebook_faults(path.name, json.loads(path.read_text(encoding="utf-8")))) == []


# Each check can fail: a small house that breaks the law.

HOUSE = {
    "foundation/scales.py": '"""Scales."""\n',
    "foundation/tables.py": '"""Tables."""\nfrom riskkit.foundation import scales\n',
    "assessment/case.py": '"""Case."""\nfrom riskkit.foundation.scales import scale\n',
    "warning/__init__.py": '"""Warning."""\n',
    "warning/grading.py": '"""Grading."""\nfrom riskkit.assessment import case\n',
    "store/ledger.py": '"""Ledger."""\n',
    "workbench/cli.py": '"""Commands."""\nfrom riskkit.warning import grading\n',
}
KNOWN = {
    "foundation/tables.py": {"foundation/scales.py": "why"},
    "warning/grading.py": {"assessment/case.py": "why"},
}


def _house(path: str, source: str) -> dict[str, str]:
    return {**HOUSE, path: f'"""New."""\n{source}\n'}


def test_the_small_house_itself_is_in_order() -> None:
    assert list(laws.arrow_faults(HOUSE, allowed=KNOWN, crossings={})) == []
    assert list(laws.circle_faults(HOUSE)) == []


@pytest.mark.parametrize(
    ("path", "source", "said"),
    [
        ("foundation/glossary.py", "from riskkit.foundation.tables import x", "a new arrow"),
        ("assessment/chemical.py", "import riskkit.assessment.case", "a new arrow"),
        ("response/recall.py", "from riskkit.warning.grading import level", "a new arrow"),
        ("response/recall.py", "def f():\n    from ..warning import grading", "a new arrow"),
        ("foundation/codes.py", "from riskkit.warning import grading", "one way"),
        ("assessment/chemical.py", "from ..warning.grading import level", "one way"),
        (
            "monitoring/rates.py",
            "if True:\n    import riskkit.response.recall, riskkit.assessment.case",
            "one way",
        ),
        ("store/register.py", "from riskkit.assessment.case import load", "one way"),
        ("warning/alerts.py", "from riskkit.store import ledger", "one way"),
        ("warning/alerts.py", "from riskkit.workbench import cli", "nobody imports workbench"),
        ("foundation/tables.py", "", "no longer there"),
    ],
)
def test_an_unlisted_arrow_is_a_fault(path: str, source: str, said: str) -> None:
    faults = list(laws.arrow_faults(_house(path, source), allowed=KNOWN, crossings={}))
    assert [fault for fault in faults if fault.startswith(path) and said in fault]


def test_a_package_that_hands_files_on_does_not_hide_an_arrow() -> None:
    house = _house("warning/__init__.py", "from riskkit.assessment import case")
    house["response/recall.py"] = "from riskkit.warning import anything"
    faults = list(laws.arrow_faults(house, allowed=KNOWN, crossings={}))
    assert any("response/recall.py → warning/__init__.py" in fault for fault in faults)


def test_an_arrow_needs_a_reason_and_a_crossing_must_be_called_one() -> None:
    house = _house("assessment/case.py", "from riskkit.warning.grading import level")
    house["warning/grading.py"] = ""
    crossing = {"assessment/case.py": {"warning/grading.py": "one record carries both"}}
    assert list(laws.arrow_faults(house, allowed={}, crossings=crossing)) == [
        "foundation/tables.py → foundation/scales.py: a new arrow; write it down with its reason"
    ]
    faults = list(laws.arrow_faults(house, allowed=crossing, crossings={}))
    assert any("arrows run one way" in fault for fault in faults)
    silent = {"assessment/case.py": {"warning/grading.py": " "}}
    assert any("no reason" in fault for fault in laws.arrow_faults(house, allowed={}, crossings=silent))


def test_an_import_circle_is_a_fault_however_long() -> None:
    house = _house("foundation/scales.py", "def f():\n    from riskkit.foundation import words")
    house["foundation/words.py"] = "import riskkit.foundation.tables"
    assert len(list(laws.circle_faults(house))) == 3


Check = Callable[[str, str], Iterator[str]]
IN_STREAM = "warning/grading.py"


def _pure(path: str, source: str) -> Iterator[str]:
    return laws.purity_faults(path, source, allowed={})


def _said(path: str, source: str) -> Iterator[str]:
    return laws.word_faults(path, source, allowed={})


def _said_of_a_page(_: str, source: str) -> Iterator[str]:
    return laws.word_faults("workbench/pages/html.py", source, allowed={})


def _lines(n: int) -> str:
    return "def f():\n" + "    x = 1\n" * n


@pytest.mark.parametrize(
    ("check", "source", "count"),
    [
        (laws.size_faults, _lines(40), 0),
        (laws.size_faults, _lines(41), 1),
        (laws.size_faults, 'def f():\n    """Say.\n' + "\n" * 60 + '    """\n    return 1\n', 0),
        (laws.size_faults, "class A:\n    async def f(self):\n" + "        x = 1\n" * 41, 1),
        (laws.size_faults, "x = 1\n" * 400, 0),
        (laws.size_faults, "x = 1\n" * 401, 1),
        (laws.size_faults, "def f(a, b, c, *, d, e): ...", 0),
        (laws.size_faults, "def _f(a, b, /, c, d): ...", 1),
        (laws.size_faults, "class A:\n    def f(self, a, b, c): ...", 0),
        (laws.size_faults, "class A:\n    @staticmethod\n    def f(a, b, c, d): ...", 1),
        (laws.name_faults, "class CaseManager: ...", 1),
        (laws.name_faults, "def load_v2(): ...", 1),
        (laws.name_faults, "def table_helper(): ...", 1),
        (laws.name_faults, "def manage(): ...\nclass Database: ...", 0),
        (_pure, "print(1)", 1),
        (_pure, "def f(p):\n    return open(p)", 1),
        (_pure, "x = datetime.datetime.now()", 1),
        (_pure, "x = dt.date.today()", 1),
        (_pure, "x = time.perf_counter()", 1),
        (_pure, "x = np.random.normal(0, 1)", 1),
        (_pure, "rng = np.random.default_rng(1)", 1),
        (_pure, "import random\nx = random.random()", 2),
        (_pure, "from random import choice", 1),
        (_pure, "import plotly.graph_objects as go", 1),
        (_pure, "x = Path('a').read_text()", 1),
        (_pure, "def f():\n    global x\n    x = 1", 1),
        (_pure, "def f(rng: np.random.Generator, now):\n    return rng.normal(0, 1)", 0),
        (_said, "x = 1", 1),
        (_said, '"""M."""\ndef f() -> int: ...', 1),
        (_said, '"""M."""\ndef f() -> int:\n    """Answer."""', 1),
        (_said, '"""M."""\ndef f(a) -> int:\n    """Answer.\n\n    >>> f(1)\n    """', 1),
        (_said, '"""M."""\ndef f(*, a: int):\n    """Answer.\n\n    >>> f(a=1)\n    """', 1),
        (_said, '"""M."""\ndef f(*a: int, **k: int) -> int:\n    """Answer.\n\n    >>> f(1)\n    """', 0),
        (_said, '"""M."""\ndef f() -> int:\n    """Answer.\n\n    >>> f.__name__\n    """', 1),
        (_said, '"""M."""\ndef _f(): ...', 0),
        (_said_of_a_page, '"""M."""\ndef f() -> int:\n    """Answer."""', 0),
        (_said_of_a_page, '"""M."""\ndef f() -> int: ...', 1),
    ],
)
def test_a_broken_law_is_found_and_a_kept_one_is_not(check: Check, source: str, count: int) -> None:
    assert len(list(check(IN_STREAM, source))) == count


@pytest.mark.parametrize("path", ["warning/utils.py", "helpers/words.py", "response/recall_v2.py"])
def test_a_file_named_after_nothing_is_found(path: str) -> None:
    assert len(list(laws.name_faults(path, ""))) == 1


def test_files_are_touched_only_at_the_doors() -> None:
    for path, count in {
        "monitoring/sources/cpsc.py": 0,
        "monitoring/exchange.py": 0,
        "monitoring/rates.py": 1,
        "workbench/cli.py": 0,
        "store/ledger.py": 0,
    }.items():
        assert len(list(_pure(path, "open('x')"))) == count


def _code(source: str, **more: Any) -> dict[str, Any]:
    return {"cell_type": "code", "id": f"i{abs(hash(source))}", "source": source, "metadata": {}, **more}


GOOD = _code('case: str = "x"  # the case', metadata={"tags": ["parameters"]})


def _notebook(*cells: dict[str, Any], minor: int = 5) -> dict[str, Any]:
    return {"nbformat": 4, "nbformat_minor": minor, "cells": list(cells)}


@pytest.mark.parametrize(
    ("notebook", "said"),
    [
        (_notebook(GOOD, _code("a", outputs=[{"output_type": "stream"}])), "outputs"),
        (_notebook(GOOD, _code("a", execution_count=3)), "outputs"),
        (_notebook(GOOD, _code("if a: b")), "If belongs"),
        (_notebook(GOOD, _code("[x for x in y]")), "comprehension belongs"),
        (_notebook(GOOD, _code("def f(): ...")), "FunctionDef belongs"),
        (_notebook(GOOD, _code("try:\n    a\nexcept E: b")), "Try belongs"),
        (_notebook(GOOD, _code("%matplotlib inline")), "not plain Python"),
        (_notebook(GOOD, _code("a\n" * 13)), "13 lines"),
        (_notebook(GOOD, GOOD), "id of its own"),
        (_notebook(GOOD, {**_code("a"), "id": None}), "id of its own"),
        (_notebook(GOOD, minor=4), "older than format 4.5"),
        (_notebook(_code("a")), "0 cells tagged parameters"),
        (_notebook(_code("case = 'x'  # c", metadata={"tags": ["parameters"]})), "name: type = value"),
        (_notebook(_code("case: str = f()  # c", metadata={"tags": ["parameters"]})), "name: type = value"),
        (_notebook(_code("case: str = 'x'", metadata={"tags": ["parameters"]})), "no help"),
    ],
)
def test_a_notebook_that_breaks_a_law_is_found(notebook: dict[str, Any], said: str) -> None:
    assert any(said in fault for fault in laws.notebook_faults("n", notebook))


def test_a_thin_notebook_is_in_order() -> None:
    assert list(laws.notebook_faults("n", _notebook(GOOD, _code("show(case)\nsave(case)")))) == []
