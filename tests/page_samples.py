"""A made report, as a notebook would leave it behind: three sections, two pictures, zh and en.

The case is invented; the texts carry markup on purpose, which must be shown as text.
"""

from __future__ import annotations

import json
from typing import Any

from riskkit.workbench.blocks import (
    RESULT_MIME,
    Badge,
    Details,
    Items,
    Paragraph,
    Picture,
    Section,
    Table,
)
from riskkit.workbench.level_marks import level_badge

HOSTILE = "<script>document.title='owned'</script><img src=x onerror=alert(1)> & \"quoted\" {{ 7*7 }}"

TITLES = {
    "zh": "进口磁力珠玩具误吞风险评估",
    "en": "Swallowed high-powered magnets from imported desk toys",
}

_SECTIONS: dict[str, dict[str, Any]] = {
    "zh": {
        "summary": "摘要与级别",
        "lead": "按本项目自拟方案，预警级别为Ⅱ级；在 200 000 次模拟中有 83 % 为Ⅱ级，若受影响口岸超过 4 个则升为Ⅰ级。",
        "body": "磁力珠直径约 5 毫米，磁通量指数远高于玩具标准限值。儿童吞入两颗以上时，磁珠隔着肠壁互相吸引，可造成穿孔、肠扭转和败血症。"
        "本次评估依据监管机构公开的事故统计、口岸抽检结果和网络平台在售情况，事实与评估人的判断分列。",
        "caution": "分级所用门槛值多为本项目自拟，未能查阅 SN/T 4838—2017 的级别规则；不得作为官方标准引用。",
        "basis": "级别的依据",
        "rules": "分级规则与证据",
        "columns": ("因素", "等级", "触发的规则", "证据", "距上一级"),
        "rows": (
            (
                "危害性",
                "4",
                "EU 2024/3173 附件二 表 3：致命或永久性重大损伤",
                "死亡 1 例；手术 1 700 例",
                "已为最高级",
            ),
            (
                "紧急程度",
                "3",
                "仍在销售，且事故报告较上年增长 32 %",
                "平台在售链接 214 条",
                "增长率再高 18 个百分点",
            ),
            ("影响范围", "3", "涉及 4 个口岸、3 个关区", "报关单 1 126 票", "再增加 1 个口岸"),
        ),
        "scenarios": "伤害情景",
        "scenario_caption": "三个情景的概率与风险等级",
        "scenario_columns": ("情景", "严重程度", "P(伤害) 中位数", "90 % 区间", "风险等级"),
        "scenario_rows": (
            ("幼儿吞入两颗以上磁珠", "4", "1.2 × 10⁻⁴", "4.1 × 10⁻⁵ – 3.3 × 10⁻⁴", "严重"),
            ("少年模仿穿环饰物时误吞", "3", "6.0 × 10⁻⁵", "1.5 × 10⁻⁵ – 2.2 × 10⁻⁴", "高"),
            ("磁珠脱落后被学步儿童捡食", "4", "8.5 × 10⁻⁶", "1.0 × 10⁻⁶ – 5.0 × 10⁻⁵", "中"),
        ),
        "open": "需要委员会讨论的问题",
        "questions": (
            "在售存量能否由平台在 24 小时内下架并留证？",
            "急诊监测数据是否覆盖县级医院？",
            f"企业自述：{HOSTILE}",
        ),
        "details": "推算过程",
        "source": "来源：CPSC，16 CFR part 1262（2022），https://www.ecfr.gov/current/title-16/part-1262",
        "levels": (
            "各级别的概率",
            "Ⅱ级的概率为 83 %，Ⅰ级 12 %，Ⅲ级 5 %，Ⅳ级不到 1 %。",
            ("级别", "概率"),
            "各级别概率",
        ),
        "tornado": (
            "输入的影响（龙卷风图）",
            "吞入概率的影响最大：其取值从低到高，风险值变化约 8 倍。",
            ("输入", "低", "高"),
            "各输入的影响",
        ),
        "inputs": ("吞入两颗以上的概率", "每户磁珠套数", "就医延误", "就医后致死率"),
        "scale": "产品风险等级",
        "serious": "严重",
        "markdown": "# 案例评估\n\n## 如何阅读本报告\n\n级别由**规则**得出；先看“级别的依据”，再看[方法](https://eur-lex.europa.eu/eli/reg_del/2024/3173/oj)。\n\n- 事实须有来源\n- 判断须有说明\n",
    },
    "en": {
        "summary": "Summary and level",
        "lead": "Under the house profile the warning level is Ⅱ, in 83 % of 200,000 draws; it becomes Ⅰ if more than 4 ports are affected.",
        "body": "The magnets are about 5 mm across and far above the flux limit for toys. If a child swallows two or more, they attract each other "
        "across the wall of the gut, which may end in perforation, volvulus and sepsis. Facts and the assessor's judgements are listed apart.",
        "caution": "Most cut points are choices of this project: the level rule of SN/T 4838—2017 could not be read. Do not cite them as an official standard.",
        "basis": "What the level rests on",
        "rules": "Rules that fired, and their evidence",
        "columns": ("Factor", "Grade", "Rule that fired", "Evidence", "To the next grade"),
        "rows": (
            (
                "Severity",
                "4",
                "EU 2024/3173 Annex II, Table 3: fatal or lasting major injury",
                "1 death; 1,700 operations",
                "highest already",
            ),
            (
                "Urgency",
                "3",
                "Still on sale, and reports up 32 % on the year before",
                "214 live listings",
                "18 points more growth",
            ),
            ("Scope", "3", "4 ports, 3 customs districts", "1,126 declarations", "1 more port"),
        ),
        "scenarios": "Injury scenarios",
        "scenario_caption": "Probability and risk level of three scenarios",
        "scenario_columns": ("Scenario", "Severity", "P(harm), median", "90 % interval", "Risk level"),
        "scenario_rows": (
            ("Toddler swallows two or more magnets", "4", "1.2 × 10⁻⁴", "4.1 × 10⁻⁵ – 3.3 × 10⁻⁴", "serious"),
            (
                "Teenager imitates a piercing and swallows",
                "3",
                "6.0 × 10⁻⁵",
                "1.5 × 10⁻⁵ – 2.2 × 10⁻⁴",
                "high",
            ),
            ("Lost magnet picked up by an infant", "4", "8.5 × 10⁻⁶", "1.0 × 10⁻⁶ – 5.0 × 10⁻⁵", "medium"),
        ),
        "open": "Questions for the committee",
        "questions": (
            "Can platforms delist the stock within 24 hours and keep the evidence?",
            "Do the emergency data cover county hospitals?",
            f"The maker states: {HOSTILE}",
        ),
        "details": "How it was derived",
        "source": "Source: CPSC, 16 CFR part 1262 (2022), https://www.ecfr.gov/current/title-16/part-1262",
        "levels": (
            "Probability of each level",
            "Level Ⅱ has a probability of 83 %, Ⅰ 12 %, Ⅲ 5 % and Ⅳ below 1 %.",
            ("Level", "Probability"),
            "Probability of each level",
        ),
        "tornado": (
            "What moves the result (tornado)",
            "The chance of swallowing matters most: from its low to its high value the risk changes about 8-fold.",
            ("Input", "Low", "High"),
            "Influence of each input",
        ),
        "inputs": (
            "P(two or more swallowed)",
            "Sets per household",
            "Delay before care",
            "P(death) after care",
        ),
        "scale": "Product risk level",
        "serious": "serious",
        "markdown": "# Assess a case\n\n## How to read this report\n\nA level follows from **rules**: read “What the level rests on” first, then the [method](https://eur-lex.europa.eu/eli/reg_del/2024/3173/oj).\n\n- a fact has a source\n- a judgement says why\n",
    },
}


def sections(lang: str) -> tuple[Section, ...]:
    """Three sections of the made report."""
    w = _SECTIONS[lang]
    summary = Section(
        "summary",
        w["summary"],
        1,
        (
            level_badge("Ⅱ", lang),
            Badge(w["scale"], "serious", w["serious"], "▲", "#b3261e"),
            Paragraph(w["lead"], "lead"),
            Paragraph(w["body"]),
            Paragraph(w["caution"], "caution"),
        ),
    )
    basis = Section(
        "basis",
        w["basis"],
        1,
        (Table(w["rules"], w["columns"], w["rows"], numeric=(1,)), Paragraph(w["source"], "source")),
    )
    rows = tuple((*row[:4], Badge(w["scale"], "x", row[4], "◆", "#dd7a10")) for row in w["scenario_rows"])
    scenarios = Section(
        "scenarios",
        w["scenarios"],
        2,
        (
            Table(w["scenario_caption"], w["scenario_columns"], rows, numeric=(1, 2, 3)),
            Details(w["details"], (Paragraph(w["body"]), Items(w["questions"]))),
            Items(w["questions"], ordered=True),
        ),
    )
    return summary, basis, scenarios


def pictures(lang: str) -> tuple[Picture, ...]:
    """Two pictures of the made report."""
    w = _SECTIONS[lang]
    title, alt, columns, caption = w["levels"]
    shares = (("Ⅰ", 0.12), ("Ⅱ", 0.83), ("Ⅲ", 0.045), ("Ⅳ", 0.005))
    levels = Picture(
        "levels",
        title,
        alt,
        Table(caption, columns, tuple((level, f"{p:.1%}") for level, p in shares), numeric=(1,)),
        {
            "data": [
                {
                    "type": "bar",
                    "x": [s[0] for s in shares],
                    "y": [s[1] for s in shares],
                    "marker": {"color": "#173a63"},
                }
            ],
            "layout": {
                "title": {"text": title},
                "height": 340,
                "yaxis": {"tickformat": ".0%", "title": {"text": columns[1]}},
                "xaxis": {"type": "category"},
                "margin": {"t": 30, "r": 20},
            },
        },
    )
    title, alt, columns, caption = w["tornado"]
    spans = ((0.4, 3.2), (0.6, 1.9), (0.8, 1.4), (0.9, 1.1))
    tornado = Picture(
        "tornado",
        title,
        alt,
        Table(
            caption,
            columns,
            tuple((name, f"{lo}", f"{hi}") for name, (lo, hi) in zip(w["inputs"], spans, strict=True)),
            numeric=(1, 2),
        ),
        {
            "data": [
                {
                    "type": "bar",
                    "orientation": "h",
                    "y": list(w["inputs"]),
                    "base": [lo for lo, _ in spans],
                    "x": [hi - lo for lo, hi in spans],
                    "marker": {"color": "#5c7fa8"},
                }
            ],
            "layout": {
                "height": 320,
                "yaxis": {"automargin": True, "autorange": "reversed"},
                "xaxis": {"type": "log"},
                "margin": {"t": 30, "r": 20},
            },
        },
    )
    return levels, tornado


def result(
    lang_titles: dict[str, str] | None = None, *, case_id: str = "magnets-2022", level: str | None = "Ⅱ"
) -> dict[str, Any]:
    """A result record of the made case."""
    return {
        "schema": 1,
        "case": {
            "id": case_id,
            "title": lang_titles or TITLES,
            "goods": "consumer_product",
            "direction": "export",
            "jurisdiction": "US",
            "origin": ["CN"],
            "channels": ["online_marketplace", "cross_border_ecommerce"],
            "hazard_classes": ["physical"],
            "assessed_on": "2022-08-31",
        },
        "route": "graded",
        "profile": {"id": "house_2017_43", "status": "house"},
        "risk": {"level": "serious", "presumed": False},
        "warning": {
            "level": level,
            "lo": level,
            "hi": "Ⅰ",
            "colour": "orange",
            "probability": {"Ⅰ": 0.12, "Ⅱ": 0.83, "Ⅲ": 0.045, "Ⅳ": 0.005},
        },
        "robustness": {"zh": _SECTIONS["zh"]["lead"], "en": _SECTIONS["en"]["lead"]},
        "profiles": [],
        "scenarios": [],
        "inputs": {"case_sha256": "9f2c" * 16, "draws": 200000, "seed": 20170943, "riskkit": "0.1.0"},
        "house_rows": [],
    }


def display(thing: Any) -> dict[str, Any]:
    """The output a cell leaves when it shows a Section, a Picture or a bundle."""
    bundle = thing if isinstance(thing, dict) else thing._repr_mimebundle_()
    return {"output_type": "display_data", "data": json.loads(json.dumps(bundle)), "metadata": {}}


def code(*outputs: dict[str, Any], tags: tuple[str, ...] = ()) -> dict[str, Any]:
    """A code cell with its outputs."""
    return {
        "cell_type": "code",
        "source": "secret_source_of_a_cell()",
        "metadata": {"tags": list(tags)},
        "outputs": list(outputs),
        "execution_count": 1,
    }


def markdown(text: str, *, tags: tuple[str, ...] = ()) -> dict[str, Any]:
    """A Markdown cell."""
    return {"cell_type": "markdown", "source": text, "metadata": {"tags": list(tags)}}


def notebook(lang: str, *more: dict[str, Any]) -> dict[str, Any]:
    """The executed notebook of the made report."""
    other = {"zh": "en", "en": "zh"}[lang]
    summary, basis, scenarios = sections(lang)
    levels, tornado = pictures(lang)
    cells = [
        code(display(summary)),
        code(display(levels)),
        code(
            display(basis),
            {
                "output_type": "stream",
                "name": "stderr",
                "text": "\x1b[33mUserWarning: kernel spoke over TCP\x1b[0m\n",
            },
        ),
        code(display(scenarios)),
        code(display(tornado)),
        markdown(_SECTIONS[lang]["markdown"], tags=(f"lang-{lang}",)),
        markdown(_SECTIONS[other]["markdown"], tags=(f"lang-{other}",)),
        code(display({RESULT_MIME: result(), "text/plain": "result"})),
        *more,
    ]
    return {
        "cells": cells,
        "metadata": {"language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def failure(message: str = "no such case") -> dict[str, Any]:
    """The output of a cell that failed."""
    return {
        "output_type": "error",
        "ename": "ValueError",
        "evalue": message,
        "traceback": ["\x1b[31mTraceback …\x1b[0m", f"ValueError: {message}"],
    }
