"""Grading against decisions of authorities: print the figures and write docs/validation(.zh).md again.

Run it by ``make validate``. It needs the public records of ``../shared/data`` (or RISKKIT_SHARED); no row of
them is shipped. A hazard's words go through ``hazard_priors`` and then through riskkit's own functions; the
authority's class, its measures and its audience are never read by a predictor.
"""

from __future__ import annotations

import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from riskkit.assessment.consensus.ordinal_agreement import (
    auc,
    confusion,
    fit_cuts,
    kappa_interval,
    weighted_kappa,
)
from riskkit.assessment.hazard_priors import hazard_priors
from riskkit.assessment.scenarios import risk_level
from riskkit.foundation.standards.risk_matrices import risk_matrix
from riskkit.foundation.standards.standards import table
from riskkit.warning.grading import grade_probability, grade_severity, warning_level
from riskkit.warning.profiles import profile
from riskkit.workbench.doc_pages.methods import markdown_table, write_pages

DOCS = Path(__file__).resolve().parent
SHARED = Path(os.environ.get("RISKKIT_SHARED", DOCS.parents[1] / "shared")) / "data"
PER_DECADE = 0.25  # severity levels per factor of ten in probability; chosen on the early parts
PER_SCOPE = 0.25  # severity levels for national distribution; chosen on the early part of CFIA
PREDICTORS = ("severity", "combined", "eu_grid", "profile")
SPANISH = re.compile(r"retira|productos|debido|empresa|retiro|alerta|firma|reporte", re.IGNORECASE)
NAMED = re.compile(
    r"listeria|salmonell|e\. ?coli|allerg|foreign|extraneous|plastic|metal|glass|bone|rubber|wood|stone|"
    r"staphylo|botulin|clostrid|trichin|residue|misbrand|mislabel|temperature|underprocess|processing",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Records:
    """Decisions of one authority.

    Parameters
    ----------
    name, zh, en : str
        Key and names.
    table : DataFrame
        day, hazard, product, level (0 mildest), cluster, is_national.
    levels : tuple of str
        The authority's classes from the mildest to the gravest.
    later_from : str
        First day of the later part; cut points are fitted before it.
    goal : tuple of (str, float)
        What is to be reached on the later part: ``kappa`` or ``exact``, and how much.
    """

    name: str
    zh: str
    en: str
    table: pd.DataFrame
    levels: tuple[str, ...]
    later_from: str
    goal: tuple[str, float] | None


def _records(frame: pd.DataFrame, order: dict[str, int], columns: dict[str, pd.Series]) -> pd.DataFrame:
    table = pd.DataFrame(columns, index=frame.index)
    table["level"] = table["level"].map(order)
    return table.dropna(subset=["level"]).astype({"level": "int64"}).reset_index(drop=True)


def rasff() -> Records:
    """EU food and feed notifications with their risk decision, first half of 2024."""
    frame = pd.read_csv(SHARED / "rasff" / "notifications_risk_2024h1.csv.gz")
    levels = ("no risk", "not serious", "potential risk", "potentially serious", "serious")
    head = frame["subject"].str.split(r"(?i)\s(?:in|from|dans|en|nei|di)\s", n=1, regex=True).str[0]
    table = _records(
        frame,
        {name: i for i, name in enumerate(levels)},
        {
            "day": frame["date"].str[:10],
            "hazard": frame["hazards"].fillna(head),
            "product": frame["type"].fillna("")
            + " "
            + frame["category"].fillna("")
            + " "
            + frame["subject"].fillna(""),
            "level": frame["risk_decision"],
            "cluster": frame["notifying_country"].fillna("?"),
            "is_national": pd.Series(False, index=frame.index),
        },
    )
    return Records(
        "rasff",
        "欧盟RASFF通报（2024年上半年）",
        "EU RASFF, first half of 2024",
        table,
        levels,
        "2024-05-01",
        ("kappa", 0.50),
    )


def fsis(*, is_named: bool) -> Records:
    """US meat and poultry recalls 2014–2021 with their class; Spanish twins left out."""
    frame = pd.read_csv(SHARED / "us_food_drug_recalls" / "usda_fsis_recalls_2014_2021.csv.gz")
    frame = frame[~frame["title"].str.contains(SPANISH)].drop_duplicates("notice_id_number")
    why = frame["title"].str.extract(r"(?i)(?:due to|because of|because)\s+(.*)$")[0]
    why = why.fillna(frame["title"].str.extract(r"(?i)(?:for|with)\s+(.*)$")[0]).fillna("")
    hazard = why + " " + frame["recall_reason"].fillna("")
    table = _records(
        frame,
        {"Marginal - Class III": 0, "Low - Class II": 1, "High - Class I": 2},
        {
            "day": frame["notification_date"],
            "hazard": hazard,
            "product": frame["title"],
            "level": frame["risk_level"],
            "cluster": frame["company_name"].fillna("?"),
            "is_national": pd.Series(False, index=frame.index),
        },
    )
    levels = ("Class III", "Class II", "Class I")
    if not is_named:
        return Records(
            "fsis_all", "美国FSIS召回（全部）", "US FSIS recalls, all", table, levels, "2018-01-01", None
        )
    named = table[table["hazard"].str.contains(NAMED)].reset_index(drop=True)
    return Records(
        "fsis",
        "美国FSIS召回（写明危害）",
        "US FSIS recalls, hazard stated",
        named,
        levels,
        "2018-01-01",
        ("kappa", 0.58),
    )


def cfia() -> Records:
    """Canadian food recalls 2011 to mid-2018 with their class."""
    frame = pd.read_csv(SHARED / "grading_truth" / "canada_cfia_food_2011_2018h1.csv.gz")
    where = frame["distribution"].fillna("")
    table = _records(
        frame,
        {"Class 3": 0, "Class 2": 1, "Class 1": 2},
        {
            "day": frame["date"],
            "hazard": frame["hazard"],
            "product": frame["title"].fillna("") + " " + frame["product"].fillna(""),
            "level": frame["recall_class"],
            "cluster": frame["company"].fillna("?"),
            "is_national": where.str.contains("Nation") | (where.str.count(",") >= 4),
        },
    )
    return Records(
        "cfia",
        "加拿大CFIA食品召回（2011–2018）",
        "Canadian food recalls (CFIA), 2011–2018",
        table,
        ("Class 3", "Class 2", "Class 1"),
        "2016-01-01",
        ("exact", 0.65),
    )


def fda() -> Records:
    """US FDA recalls 2024 to early 2025, one row a recall."""
    frame = pd.read_csv(SHARED / "grading_truth" / "fda_recalls_2024_2025q1.csv.gz").drop_duplicates(
        "recall_id"
    )
    table = _records(
        frame,
        {"Class III": 0, "Class II": 1, "Class I": 2},
        {
            "day": frame["recall_date"],
            "hazard": frame["reason_for_recall"],
            "product": frame["product_description"],
            "level": frame["recall_class"],
            "cluster": frame["recalling_firm"].fillna("?"),
            "is_national": pd.Series(False, index=frame.index),
        },
    )
    return Records(
        "fda",
        "美国FDA召回（2024–2025）",
        "US FDA recalls, 2024–2025",
        table,
        ("Class III", "Class II", "Class I"),
        "2024-10-01",
        None,
    )


def scores(table: pd.DataFrame) -> pd.DataFrame:
    """What each predictor says of each record; missing where the hazard is unknown. No label is read."""
    prior = hazard_priors(table["hazard"], table["product"])
    known = prior["severity"].notna()
    facts = pd.DataFrame(
        {
            "injury_severity": prior["severity"].astype("float64"),
            "user_vulnerability": prior["is_vulnerable"].astype("float64"),
            "is_lasting_agent": prior["is_lasting"].astype("float64"),
        }
    )
    risk = risk_level(prior["p"], prior["severity"], matrix=risk_matrix("eu_2024_3173"))
    severity = pd.Series(grade_severity(facts)["lo"].to_numpy(), index=table.index)
    lowest = pd.Series(1, index=table.index)
    likely = pd.Series(grade_probability(prior["p"].fillna(0.0)), index=table.index)
    level = warning_level(severity, lowest, lowest, risk=risk, probability=likely, profile=profile())
    combined = (
        prior["severity"].astype("float64")
        + PER_DECADE * np.log10(prior["p"])
        + PER_SCOPE * table["is_national"]
    )
    return pd.DataFrame(
        {
            "severity": prior["severity"].astype("float64"),
            "combined": combined,
            "eu_grid": pd.Series(risk, index=table.index).cat.codes.astype("float64"),
            "profile": pd.Series(level, index=table.index).cat.codes.astype("float64"),
        }
    ).where(known)


def measured(records: Records) -> pd.DataFrame:
    """Agreement on the later part: one row a predictor."""
    table, given = records.table, scores(records.table)
    is_early = table["day"] < records.later_from
    by = records.goal[0] if records.goal else "kappa"
    rows = []
    for name in PREDICTORS:
        known = given[name].notna()
        fit, later = is_early & known, ~is_early & known
        cuts = fit_cuts(given.loc[fit, name], table.loc[fit, "level"], n_levels=len(records.levels), by=by)
        predicted = np.searchsorted(cuts, given.loc[later, name], side="right")
        decided = table.loc[later, "level"].to_numpy()
        kappa, lo, hi = kappa_interval(
            predicted,
            decided,
            table.loc[later, "cluster"],
            n_levels=len(records.levels),
            rng=np.random.default_rng(43),
        )
        gravest = decided == len(records.levels) - 1
        rows.append(
            (
                name,
                int(later.sum()),
                kappa,
                lo,
                hi,
                float((predicted == decided).mean()),
                auc(given.loc[later, name], gravest),
            )
        )
    return pd.DataFrame(rows, columns=["predictor", "n", "kappa", "lo", "hi", "exact", "auc"]).set_index(
        "predictor"
    )


def predicted_levels(records: Records, *, unknown: int | None = None) -> pd.DataFrame:
    """The combined predictor on the later part: predicted, decided, group; unknown hazards as `unknown`."""
    table, given = records.table, scores(records.table)["combined"]
    is_early = table["day"] < records.later_from
    by = records.goal[0] if records.goal else "kappa"
    fit = is_early & given.notna()
    cuts = fit_cuts(given[fit], table.loc[fit, "level"], n_levels=len(records.levels), by=by)
    found = table.assign(score=given, predicted=np.searchsorted(cuts, given.fillna(0), side="right"))[
        ~is_early
    ]
    if unknown is None:
        return found[found["score"].notna()]
    return found.assign(predicted=found["predicted"].where(found["score"].notna(), unknown))


def ceiling(records: Records) -> tuple[float, float]:
    """κ of two authorities, and of one authority with itself, on records of the same hazard words."""
    table = records.table.assign(key=records.table["hazard"].fillna("").str.casefold().str.strip())
    n = len(records.levels)
    same, other = np.zeros((n, n)), np.zeros((n, n))
    for _, group in table[table["key"] != ""].groupby("key"):
        whole = np.bincount(group["level"], minlength=n).astype(float)
        for _, own in group.groupby("cluster"):
            mine = np.bincount(own["level"], minlength=n).astype(float)
            if len(own) > 1:
                same += (np.outer(mine, mine) - np.diag(mine)) / (len(own) - 1)
            if len(group) > len(own):
                other += np.outer(mine, whole - mine) / (len(group) - len(own))
    return float(weighted_kappa(other)), float(weighted_kappa(same))


def calibration(records: Records) -> pd.DataFrame:
    """Share of the gravest class by predicted score: expected from the early part, observed in the later."""
    table, score = records.table, scores(records.table)["combined"]
    gravest = table["level"] == len(records.levels) - 1
    edges = np.unique(np.nanquantile(score[table["day"] < records.later_from], [0, 0.2, 0.4, 0.6, 0.8, 1]))
    band = pd.Series(
        np.clip(np.searchsorted(edges, score, side="right") - 1, 0, len(edges) - 2), index=table.index
    )
    known, is_early = score.notna(), table["day"] < records.later_from
    expected = gravest[known & is_early].groupby(band).mean()
    later = gravest[known & ~is_early].groupby(band).agg(["mean", "size"])
    return pd.DataFrame({"expected": expected, "observed": later["mean"], "n": later["size"]}).dropna()


def worst_hazards(records: Records, *, most: int = 6) -> pd.DataFrame:
    """Hazard groups of the later part with the largest mean error in classes; at least ten records each."""
    found = predicted_levels(records)
    prior = hazard_priors(found["hazard"], found["product"])["prior_id"]
    groups = GROUPS.reindex(prior).to_numpy()
    error = found["predicted"] - found["level"]
    by = error.groupby(groups).agg(["mean", "size"])
    by = by[by["size"] >= 10]
    return by.reindex(by["mean"].abs().sort_values(ascending=False).index)[:most]


GROUPS = table("hazard_priors").set_index("prior_id")["hazard_group"]

TEXTS = {
    "en": {
        "title": "Grading compared with decisions of authorities",
        "intro": "This page is written by `make validate` from public records that are not part of this repository. It answers one question: given only the words of a hazard and of a product, how far does riskkit's grading agree with the class that an authority decided?",
        "how": "**Method.** The words go through the table `hazard_priors` (status *house*, one source a row) to a severity, a probability, vulnerable users and lasting agents, and from there through riskkit's own functions: the severity grade, the grid of (EU) 2024/3173, and the default profile `{profile}` at the lower end of what is known (urgency and scope are not in the records). *Severity with probability* adds a quarter of a level for each factor of ten in probability and for national distribution. The authority's class, measures and audience are read by no predictor. Cut points from a score to the authority's classes are fitted on the earlier records and applied to the later ones, which is what the tables show. κ has quadratic weights; its 95 % interval comes from resampling whole clusters (notifying country, or firm). AUC is for the gravest class.",
        "log": "**What was looked at, and when.** The rows were written from the literature before any class was looked at, then revised twice against classes of the earlier parts only (RASFF January to April 2024, FSIS 2014–2017, CFIA 2011–2015). The later parts were scored, and their overall figures seen, between the revisions; their single records were not looked at. FDA and Safety Gate records played no part.",
        "heads": ["predictor", "records", "weighted κ [95 %]", "exact agreement", "AUC"],
        "severity": "severity grade of the prior",
        "combined": "severity with probability",
        "eu_grid": "risk level, (EU) 2024/3173",
        "profile": "default profile",
        "goal": "Goal on the later part: {what} ≥ {goal:.2f}. Reached: {reached:.3f} by “{name}” – {verdict}.",
        "met": "met",
        "unmet": "not met",
        "what": {"kappa": "κ", "exact": "exact agreement"},
        "why": "The class of an undeclared allergen depends on its amount and of a foreign body on its size, and neither is in the records: among early records with the hazard “milk” classes 1, 2 and 3 have 44, 33 and 23 %. The rule “most frequent class of the same hazard words”, which is fitted to the classes, reaches 0.608. Fitting severities hazard by hazard to the classes would pass the goal and prove nothing.",
        "confusion": "Decided (rows) against predicted by severity with probability (columns), later part:",
        "cal": "Calibration: share of the gravest class by fifth of the score.",
        "cal_heads": [
            "fifth of the score",
            "expected from the earlier part",
            "observed in the later part",
            "records",
        ],
        "worst": "Hazard groups with the largest mean error (predicted minus decided, in classes; positive means graded too high):",
        "worst_heads": ["group", "mean error", "records"],
        "unknown": "**Unknown is not low.** Of all {n} later FSIS recalls {share:.0%} name no hazard that the table knows. Taken as the gravest class, κ over all is {possible:.3f}; taken as the mildest, {low:.3f}.",
        "ceiling": "**Noise ceiling.** On RASFF records with the same hazard words, two notifying countries agree with κ = {other:.2f}, and one country with itself with κ = {same:.2f}. No predictor that reads hazard words alone can be expected to exceed the latter by much.",
        "gate": "**EU Safety Gate.** Of {n} alerts with a stated risk type, {serious} are marked as serious. Nearly all alerts in the sample are serious, so that only an AUC can be given: {auc:.2f} for severity with probability.",
        "unused": "**Not used.** Health Canada's health-product recalls name a device and a class but no hazard; its consumer-product recalls have no class.",
        "reading": "**How to read this.** Agreement with an authority is not correctness: classes of different laws differ, and authorities disagree among themselves. A figure here says how far a first grade from words alone can be relied on before a case is worked out.",
        "records": "{n} records, {matched:.0%} with a hazard the table knows; later part from {day}.",
    },
    "zh": {
        "title": "分级结果与主管机构决定的比较",
        "intro": "本页由 `make validate` 根据公开记录生成，记录本身不在本仓库中。本页回答一个问题：仅凭危害和产品的文字描述，riskkit 的分级与主管机构作出的级别决定在多大程度上一致？",
        "how": "**方法。** 危害描述经 `hazard_priors` 表（性质：本项目设定，每行注明出处）得到严重程度、概率、是否易感人群和是否长期性因子，再由 riskkit 自身的函数分级：严重程度等级、(EU) 2024/3173 矩阵，以及默认方案 `{profile}` 在已知事实下的下限（记录中没有紧急程度和影响范围）。“严重程度结合概率”按概率每差十倍计四分之一级，全国销售另计四分之一级。主管机构的级别、措施和受众不作为任何预测的输入。由得分到主管机构级别的分界点在较早的记录上拟合，用于较晚的记录；下列各表均为较晚部分的结果。κ 为二次加权，95%区间按整群（通报国或企业）重抽样得到；AUC 针对最严重的级别。",
        "log": "**查看标签的情况。** 表中各行先依据文献写成，此前未查看任何级别；其后仅对照较早部分（RASFF 2024年1—4月、FSIS 2014—2017年、CFIA 2011—2015年）的级别修订两次。两次修订之间曾计算较晚部分的总体指标，未查看其单条记录。FDA 和 Safety Gate 的记录未参与修订。",
        "heads": ["预测方法", "记录数", "加权κ［95%区间］", "完全一致率", "AUC"],
        "severity": "先验严重程度等级",
        "combined": "严重程度结合概率",
        "eu_grid": "风险等级（(EU) 2024/3173）",
        "profile": "默认方案",
        "goal": "较晚部分的目标：{what} ≥ {goal:.2f}。达到：{reached:.3f}（“{name}”），{verdict}。",
        "met": "已达到",
        "unmet": "未达到",
        "what": {"kappa": "κ", "exact": "完全一致率"},
        "why": "未标示过敏原的级别取决于其含量，异物的级别取决于其大小，记录中均未载明：较早记录中危害为“奶”的，1、2、3级分别占44%、33%和23%。按“相同危害用语中最常见级别”的规则（需用级别拟合）为0.608。若按级别逐一拟合各危害的严重程度，可以超过目标，但不能说明任何问题。",
        "confusion": "较晚部分的决定级别（行）与“严重程度结合概率”预测级别（列）：",
        "cal": "校准：按得分五等分，最严重级别所占比例。",
        "cal_heads": ["得分五等分", "由较早部分预期", "较晚部分实际", "记录数"],
        "worst": "平均误差最大的危害类别（预测减决定，单位为级；正值表示偏高）：",
        "worst_heads": ["类别", "平均误差", "记录数"],
        "unknown": "**未知不等于低。** 较晚部分全部{n}条FSIS召回中，{share:.0%}未写明本表所知的危害。按最严重级别计，全部记录的κ为{possible:.3f}；按最轻级别计为{low:.3f}。",
        "ceiling": "**一致性上限。** RASFF中危害用语相同的记录，两个通报国之间的κ为{other:.2f}，同一通报国自身的κ为{same:.2f}。仅依据危害用语的预测难以明显超过后者。",
        "gate": "**欧盟Safety Gate。** 写明风险类型的{n}条通报中，{serious}条标为严重风险。样本中几乎全部为严重风险，因此只能给出AUC：“严重程度结合概率”为{auc:.2f}。",
        "unused": "**未采用的记录。** 加拿大卫生部的健康产品召回只有器械名称和级别，没有危害；其消费品召回没有级别。",
        "reading": "**如何理解。** 与主管机构一致不等于正确：不同法律的级别含义不同，主管机构之间也不一致。本页数字说明在案例评估之前，仅凭文字得出的初步分级可以信赖到什么程度。",
        "records": "{n}条记录，其中{matched:.0%}的危害为本表所知；较晚部分自{day}起。",
    },
}


def section(records: Records, lang: str) -> list[str]:
    """One authority's part of the page."""
    say, rows = TEXTS[lang], measured(records)
    known = scores(records.table)["severity"].notna().mean()
    cells = [
        (
            str(say[name]),
            f"{row.n:,.0f}",
            f"{row.kappa:.3f} [{row.lo:.3f}–{row.hi:.3f}]",
            f"{row.exact:.3f}",
            f"{row.auc:.3f}",
        )
        for name, row in rows.iterrows()
    ]
    lines = [
        f"## {records.en if lang == 'en' else records.zh}",
        "",
        say["records"].format(n=f"{len(records.table):,}", matched=known, day=records.later_from),
        "",
        markdown_table(say["heads"], cells),
        "",
    ]
    if records.goal:
        what, goal = records.goal
        best = rows[what].idxmax()
        reached = float(rows.loc[best, what])
        verdict = say["met"] if reached >= goal else say["unmet"]
        lines += [
            say["goal"].format(
                what=say["what"][what], goal=goal, reached=reached, name=say[best], verdict=verdict
            ),
            "",
        ]
        lines += [] if reached >= goal else [say["why"], ""]
    found = predicted_levels(records)
    counts = confusion(found["predicted"], found["level"], n_levels=len(records.levels))
    table_rows = [(level, *map(str, row)) for level, row in zip(records.levels, counts.tolist(), strict=True)]
    lines += [say["confusion"], "", markdown_table(["", *records.levels], table_rows), ""]
    bands = [
        (str(i + 1), f"{row.expected:.0%}", f"{row.observed:.0%}", f"{row.n:.0f}")
        for i, row in enumerate(calibration(records).itertuples())
    ]
    lines += [say["cal"], "", markdown_table(say["cal_heads"], bands), ""]
    worst = [
        (f"`{group}`", f"{row['mean']:+.2f}", f"{row['size']:.0f}")
        for group, row in worst_hazards(records).iterrows()
    ]
    return [*lines, say["worst"], "", markdown_table(say["worst_heads"], worst), ""]


def _safety_gate() -> tuple[int, int, float]:
    """Safety Gate alerts whose number says the risk level: how many, how many serious, AUC."""
    frame = pd.read_csv(SHARED / "eu_safety_gate" / "alerts_sample.csv.gz")
    frame = frame[frame["alert_prefix"].isin(["A12", "SR", "A11", "OR"]) & frame["risk_type"].notna()]
    words = pd.DataFrame(
        {"hazard": frame["risk_type"], "product": frame["product_name"], "is_national": False}
    )
    score, serious = scores(words)["combined"], frame["alert_prefix"].isin(["A12", "SR"])
    known = score.notna()
    return int(known.sum()), int(serious[known].sum()), auc(score[known], serious[known])


def page(lang: str) -> str:
    """The whole page in one language."""
    say = TEXTS[lang]
    every = fsis(is_named=False)
    later = predicted_levels(every, unknown=2)
    kappas = {
        end: float(weighted_kappa(confusion(found["predicted"], found["level"], n_levels=3)))
        for end, found in (("possible", later), ("low", predicted_levels(every, unknown=0)))
    }
    other, same = ceiling(rasff())
    gate = dict(zip(("n", "serious", "auc"), _safety_gate(), strict=True))
    lines = [
        f"# {say['title']}",
        "",
        say["intro"],
        "",
        say["how"].format(profile=profile().name),
        "",
        say["log"],
        "",
        say["reading"],
        "",
    ]
    for records in (rasff(), fsis(is_named=True), cfia(), fda()):
        lines += section(records, lang)
    unknown = say["unknown"].format(n=len(later), share=float(later["score"].isna().mean()), **kappas)
    lines += [
        unknown,
        "",
        say["ceiling"].format(other=other, same=same),
        "",
        say["gate"].format(**gate),
        "",
        say["unused"],
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Write both pages and print the English one."""
    if not (SHARED / "rasff").is_dir():
        sys.exit(
            f"The public records are not here ({SHARED.name}/rasff); set RISKKIT_SHARED to the folder above data/."
        )
    write_pages(DOCS, "validation", page)
    print((DOCS / "validation.md").read_text(encoding="utf-8"))  # noqa: T201 – the command prints its figures


if __name__ == "__main__":
    main()
