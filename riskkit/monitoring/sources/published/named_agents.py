"""Agents that free text names, in the words of ``hazard_words``: any serovar is a Salmonella."""

from __future__ import annotations

import re

_REMARK = r"\s{2,}|\s+-\s+"
_BEFORE = re.compile(
    r"^(?:(?:(?:too )?(?:high|low) (?:content|count|level|intake) of|migration of|undeclared|unauthorised"
    r"|use of|substance|colour|feed additive|food additive|food contact material|prohibited substance"
    r"|presence of|traces of|residues? of|residue level above mrl for|suspicion of|contaminated with)\s+)+",
    re.IGNORECASE,
)
_BEHIND = re.compile(
    r"\s+(?:unauthori[sz]ed|prohibited|undeclared|improperly|too high|too low|high|presence|migration"
    r"|suspicion|presumptive|unlabelled)\b.*$",
    re.IGNORECASE,
)
_ALLERGEN = re.compile(
    r"\b(?:milk|lactose|lactoprotein|eggs?|fish|crustaceans?|shellfish|molluscs?|soya?|soybeans?"
    r"|peanuts?|nuts?|almonds?|hazelnuts?|walnuts?|cashews?|pistachios?|sesame|mustard|celery"
    r"|lupin|gluten|wheat)\b",
    re.IGNORECASE,
)
_UNDECLARED = re.compile(r"\b(?:undeclared|improperly declared|not declared|non d[ée]clar)", re.IGNORECASE)
_KINDS = {
    "salmonella": r"\bsalmonella\b",
    "escherichia coli": r"\b(?:escherichia|e\.?) ?coli\b|\b[sv]tec\b|\behec\b|\bshiga\s?-?toxin"
    r"|\bvero\s?-?toxin|\bo157\b",
    "listeria monocytogenes": r"\blisteria\b",
    "bacillus cereus": r"\bbacillus\b",
    "clostridium botulinum": r"\bclostridium\b",
    "campylobacter": r"\bcampylobacter\b",
    "vibrio": r"\bvibrio\b",
    "anisakis": r"\banisakis\b",
    "norovirus": r"\bnorovirus\b",
    "sudan 1": r"\bsudan(?: (?:red|orange|black|dyes?|[1-4]|i{1,3}|iv|[gbr]))+\b|^sudan$",
}
"""A kind of agent, by its word in ``hazard_words``, and how its members are named."""


def agent_kind(hazard: str) -> str:
    """The kind of an agent in place of its name, or its name without the remarks around it.

    Examples
    --------
    >>> [agent_kind(one) for one in ("Salmonella Reading", "unauthorised colour Sudan IV", "STEC O157")]
    ['salmonella', 'sudan 1', 'escherichia coli']
    >>> agent_kind("almond  undeclared"), agent_kind("almond  too high content")
    ('allergens', 'almond')
    >>> agent_kind("too high content of nitrate"), agent_kind("cannabidiol unauthorised")
    ('nitrate', 'cannabidiol')
    """
    if _ALLERGEN.search(hazard) and _UNDECLARED.search(hazard):
        return "allergens"
    for kind, names in _KINDS.items():
        if re.search(names, hazard, re.IGNORECASE):
            return kind
    return _BEHIND.sub("", _BEFORE.sub("", re.split(_REMARK, hazard.strip())[0])).strip()


_PHRASE = re.compile(
    r"(?:risks? of|pos(?:e|es|ing)|present(?:s|ing)?|creat(?:e|es|ing)|due to|including)\s+(.{3,120}?)"
    r"(?:\bhazards?\b|[.;:]|$)|([\w ,/-]{3,60}?)\s+hazards?\b",
    re.IGNORECASE,
)
_HAZARDS = re.compile(
    r"\b(?:(fire|burn|thermal burn)|(electric(?:al)? shock|shock|electrocution)|(explosion|projectile)"
    r"|(laceration)|(choking|aspiration)|(suffocation|asphyxia\w*)|(strangulation)|(entrapment)|(fall(?:s|ing)?)"
    r"|(crash\w*)|(tip-?over|tipping)|(impact|injury)|(drowning)|(amputation|entanglement)|(magnet ingestion)"
    r"|(carbon monoxide|co poisoning)|(lead (?:paint|exposure|poisoning|content)|federal lead)|(cadmium)"
    r"|(chemical burn|poison\w*|phthalates?))",
    re.IGNORECASE,
)
_WORDS = (
    "Fire", "Shock", "Explosion", "Laceration", "Choking", "Suffocation", "Strangulation", "Entrapment",
    "Fall", "Crash", "Tip-Over", "Impact", "Drowning", "Amputation", "Magnet Ingestion", "Carbon Monoxide",
    "Lead", "Cadmium", "Poisoning",
)  # fmt: skip
"""The word of the agency's own list for each group of `_HAZARDS`."""


def hazards_in_sentence(description: str) -> str | None:
    """The hazards that a sentence of the CPSC names, in the words of its list.

    Examples
    --------
    >>> hazards_in_sentence("The heater can overheat, posing fire and shock hazards.")
    'Fire; Shock'
    >>> hazards_in_sentence("Wear can lead to trouble.") is None
    True
    """
    phrases = " ; ".join(one or two for one, two in _PHRASE.findall(description))
    found = {_WORDS[one.lastindex - 1] for one in _HAZARDS.finditer(phrases) if one.lastindex}
    return "; ".join(sorted(found - {"Impact"} or found)) or None


_IN_TITLES = {
    "Pathogen": r"salmonel|listeri|e\.? ?coli|escherichia|\bstec\b|\bo157|clostridi|botulin|trichin|staphyl"
    r"|campylobac",
    "Foreign body": r"(?:foreign|extraneous) (?:matter|material|object)|mate\w+ extra|cuerpos? extra"
    r"|objetos? extra|plastic|pl[aá]stic|\bmetal|rubber|\bglass|vidrio|\bwood|\bbones?\b|fragment",
    "Unreported Allergens": r"allerg|al[eé]rgen|undeclared (?:milk|soy|egg|wheat|peanut|sesame|fish|almond"
    r"|walnut|nut)",
    "Chemical residue": r"residue|residuo|\blead\b(?! to)|antibiotic|chemical|qu[ií]mic|ammonia|sanitizer"
    r"|clean(?:er|ing)|freon|lubricant|dioxin|nitrofuran",
}


def agents_in_title(title: str) -> str | None:
    """The kinds of agent that a title of the USDA names, in English or Spanish.

    Examples
    --------
    >>> agents_in_title("Firm Recalls Soup due to Possible Extraneous Material Contamination")
    'Foreign body'
    >>> agents_in_title("Firm Recalls Soup") is None
    True
    """
    found = [kind for kind, names in _IN_TITLES.items() if re.search(names, title, re.IGNORECASE)]
    return ", ".join(found) or None
