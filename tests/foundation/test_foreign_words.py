"""What other people's words mean here: countries, hazard classes, severities, injuries."""

from __future__ import annotations

import re

import pandas as pd
import pytest
from babel import Locale
from hypothesis import given
from hypothesis import strategies as st
from shared import shared

from riskkit.foundation.records.foreign_words import (
    countries_named,
    country_codes,
    hazard_classes,
    injury_codes,
    severities,
    word_key,
)
from riskkit.foundation.standards import glossary, standards
from riskkit.foundation.standards.codes import is_country


def texts(*values: str | None) -> pd.Series:
    return pd.Series(list(values), dtype="string")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_territory_name_of_the_locale_data_is_known(lang: str) -> None:
    names = {code: str(name) for code, name in Locale(lang).territories.items() if is_country(code)}
    left_out = {"EU", "AC", "CP", "CQ", "DG", "EA", "IC", "TA"}
    wanted = {code: name for code, name in names.items() if code not in left_out}
    assert country_codes(texts(*wanted.values())).tolist() == list(wanted)


def test_every_iso_name_another_package_lists_is_known_or_missing_never_wrong() -> None:
    rows = pd.read_csv(
        shared("data", "countries_ports", "iso3166_1_zh_en.csv"), dtype="string", keep_default_na=False
    )
    known = 0
    for column in ("name_en", "official_name_en", "name_zh", "official_name_zh"):
        found = country_codes(rows[column].replace("", pd.NA))
        assert (found.isna() | (found == rows["alpha_2"])).all(), rows[
            found.notna() & (found != rows["alpha_2"])
        ]
        known += int(found.notna().sum())
    assert country_codes(rows["name_en"]).notna().all()
    assert country_codes(rows["alpha_2"]).tolist() == rows["alpha_2"].tolist()
    assert known > 560


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("中国台湾", "TW"), ("Hong Kong SAR China", "HK"), ("Czech Republic (CZ)", "CZ"), (" türkiye ", "TR"),
        ("Northern Ireland", "GB"), ("Korea, Republic of", "KR"), ("Ｃｈｉｎａ", "CN"), ("cn", "CN"),
        ("Kosovo", None), ("unknown origin", None), ("不详", None), ("EU", None), ("Italy; China", None),
        ("China; China", "CN"), ("Italy; somewhere", None), ("", None), (";", None), ("XX", None), ("China (DE)", None),
        ("Czech Republic（CZ）", "CZ"),
    ],
)  # fmt: skip
def test_a_name_means_one_country_or_nothing(name: str, code: str | None) -> None:
    found = country_codes(texts(name)).iloc[0]
    assert (found is pd.NA) if code is None else (found == code)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("PRC", "CN"), ("P.R.C.", "CN"), ("CHN", "CN"), ("deu", "DE"), ("德國", "DE"), ("Hongkong", "HK"),
        ("日本国", "JP"), ("中国制造", "CN"), ("日本产", "JP"), ("泰国原装进口", "TH"), ("Turkiye", "TR"),
        ("原产国：中国", "CN"), ("产地:越南", "VN"), ("Made in China", "CN"), ("Product of Thailand", "TH"),
        ("China (PRC)", "CN"), ("China.", "CN"), ("Assembled in Mexico", "MX"), ("Deutschland", "DE"),
        ("대한민국", "KR"), ("Burma", "MM"), ("Bosnia and Herzegovina", "BA"), ("中国/越南", None),
        ("China and Vietnam", None), ("China and China", "CN"), ("Korea (North)", None), ("N/A", None),
        ("Guinea (Bissau)", None), ("国产", None), ("原装进口", None), ("制造", None), ("made in", None),
    ],
)  # fmt: skip
def test_a_country_is_known_by_codes_old_names_and_what_stands_around_it(name: str, code: str | None) -> None:
    found = country_codes(texts(name)).iloc[0]
    assert (found is pd.NA) if code is None else (found == code)


@pytest.mark.parametrize(
    ("numbers", "codes"),
    [
        (["142"], ["CN"]), (["156"], ["CN"]), (["116"], [None]), (["116", "142"], ["JP", "CN"]),
        (["116", "156"], ["KH", "CN"]), (["304"], [None]), (["304", "502", "德国"], ["DE", "US", "DE"]),
        (["999", "142"], [None, "CN"]), (["840", "392"], ["US", "JP"]),
    ],
)  # fmt: skip
def test_numbers_are_read_by_the_list_that_has_all_of_the_column(
    numbers: list[str], codes: list[str | None]
) -> None:
    found = country_codes(texts(*numbers)).tolist()
    assert found == [pd.NA if code is None else code for code in codes]


def test_several_countries_are_all_named() -> None:
    assert countries_named("China and Vietnam; 日本") == ("CN", "VN", "JP")
    assert countries_named("China and somewhere") == ()


def test_missing_stays_missing_and_the_rows_keep_their_place() -> None:
    found = country_codes(pd.Series(["DE", None, "nowhere"], index=[7, 8, 9], dtype="string"))
    assert found.index.tolist() == [7, 8, 9]
    assert found.isna().tolist() == [False, True, True]


@pytest.mark.parametrize(
    ("source", "words", "known"),
    [
        ("cpsc", "Lead", "chemical"), ("cpsc", "Fire & Fire-Related Burn; Fall", "physical"),
        ("cpsc", "Lead; Choking", None), ("safety_gate", "Microbiological", "biological"),
        ("safety_gate", "Environment", "environmental"), ("safety_gate", "Security", None),
        ("rasff", "Pathogenic micro-organisms", "biological"), ("rasff", "composition", None),
        ("opss", "Choking", "physical"), ("neiss", "57", "physical"), ("neiss", "OTHER", None),
        ("fda_import_refusals", "9", "biological"), ("fda_import_refusals", "9,249", None),
    ],
)  # fmt: skip
def test_hazard_words(source: str, words: str, known: str | None) -> None:
    found = hazard_classes(texts(words), source).iloc[0]
    assert (found is pd.NA) if known is None else (found == known)


@pytest.mark.parametrize(
    ("words", "known"),
    [
        ("lead  too high content", "chemical"), ("Salmonella - present", "biological"),
        ("lead  too high content,gluten  undeclared", None), ("lead  high,cadmium  high", "chemical"),
        ("3-monochlor-1,2-propanediol (3-MCPD)  ,glycidyl esters", "chemical"),
        ("E 210 - benzoic acid  undeclared", "chemical"), ("too high content  lead", None),
        ("leaden  too high content", None), ("high content of cyanide", None), ("  ", None),
    ],
)  # fmt: skip
def test_remarks_behind_a_word_are_passed_over_but_never_another_word(words: str, known: str | None) -> None:
    between, behind = r";|(?<![0-9]),|,(?![0-9])", r"\s{2,}|\s+-\s+"
    found = hazard_classes(texts(words), "rasff", between=between, behind=behind).iloc[0]
    assert (found is pd.NA) if known is None else (found == known)


def test_a_source_without_words_is_refused() -> None:
    with pytest.raises(KeyError, match="no words of 'nobody'"):
        hazard_classes(texts("Fire"), "nobody")


def test_the_classes_and_injuries_are_those_of_the_glossary() -> None:
    assert set(standards.table("hazard_words")["hazard_class"]) == set(glossary.codes("hazard_class"))
    assert set(standards.table("injury_words")["injury"]) <= set(glossary.codes("injury"))
    assert injury_codes(texts("54 - CRUSHING", "crushing", "54"), "neiss").nunique() == 1


@pytest.mark.parametrize("table", ["country_words", "hazard_words", "severity_words", "injury_words"])
def test_no_two_rows_are_looked_up_alike(table: str) -> None:
    rows = standards.table(table)
    rows["key"] = rows["word"].map(word_key)
    assert not rows.duplicated(["key"] if table == "country_words" else ["source", "key"]).any()


def test_the_uk_list_of_hazards_is_known_but_for_what_names_no_hazard() -> None:
    rows = pd.read_csv(shared("data", "uk_opss_taxonomy", "taxonomy.csv"), dtype="string")
    words = rows.loc[rows["list"] == "hazard_type", "value"]
    assert set(words[hazard_classes(words, "opss").isna()]) == {"Incorrect measurement", "Security"}


@pytest.mark.parametrize(
    ("source", "words", "level"),
    [
        ("neiss", "TREATED AND ADMITTED/HOSPITALIZED", "3"), ("neiss", "8", "4"), ("neiss", "6", None),
        ("neiss", "LEFT WITHOUT BEING SEEN", None), ("injury_card", "中度", "2"), ("injury_card", "不详", None),
        ("fda_caers", "DEATH, HOSPITALIZATION", "4"), ("fda_caers", "Other Outcome", None),
        ("fda_caers", "Visited an ER, Other Outcome", "2"), ("fda_caers", "Visited an ER, abducted", None),
    ],
)  # fmt: skip
def test_severity_is_the_worst_of_words_that_are_all_known(
    source: str, words: str, level: str | None
) -> None:
    found = severities(texts(words), source, between=",").iloc[0]
    assert (found is pd.NA) if level is None else (found == level)


_KNOWN = standards.table("hazard_words").query("source == 'rasff'")["word"].tolist()


@given(st.lists(st.sampled_from([*_KNOWN[:40], "never heard of"]), min_size=1, max_size=5))
def test_a_class_is_given_only_when_every_word_is_known_and_all_agree(words: list[str]) -> None:
    found = hazard_classes(texts("; ".join(words)), "rasff", between=";").iloc[0]
    apart = [hazard_classes(texts(word), "rasff", between=";").iloc[0] for word in words]
    if any(one is pd.NA for one in apart) or len(set(apart)) > 1:
        assert found is pd.NA
    else:
        assert found == apart[0]


@given(
    st.text(
        alphabet=st.characters(max_codepoint=0x9FFF, categories=["Lu", "Ll", "Lo", "Nd", "Zs"]), max_size=30
    )
)
def test_case_width_and_space_do_not_change_a_key(word: str) -> None:
    key = word_key(word)
    assert word_key(f"  {word}\u3000") == key
    assert not re.search(r"\s\s|^\s|\s$", key)
