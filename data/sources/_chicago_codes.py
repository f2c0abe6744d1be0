"""How the codes of the Chicago release read in the contract's words, each table with what it rests on.

Categories, findings, ranks and races follow the meaning of the force's own labels. Roles by unit number, severities
and who complained are assumptions of ours where the release says nothing, and are marked so.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

CATEGORIES: Final[Mapping[str, str]] = MappingProxyType(
    {
        # 01 verbal abuse, 02 alcohol, 15 drugs, 08 and 09 crime and conduct off duty.
        "individual_behaviour": "01A 01C 05F 05K 05L 05M 05P 09A 09B 09C 10M 10S",
        "discrimination": "01B",
        # 03 arrest and search, 04 custody, 05 force: the use, or the limits, of police powers.
        "powers": "03A 03B 03C 03D 03G 04B 04C 04D 04H 05A 05B 05C 05D 05E 05G 05H 05N 05Q 05T 09G",
        # 07 traffic enforcement, 10 operations and personnel, 12 supervision: what an officer should have done.
        "duties": (
            "03F 04A 04F 04G 04J 07A 07B 07D 07E 07F 10A 10B 10C 10D 10E 10F 10H 10J 10K 10L 10N 10R 10T 10U 10Z "
            "12A 12B 12C 12D 12E 12F"
        ),
        "property": "04E 08F 08K 10P 10V",
        "disclosure": "10Q",
        "vehicles": "07C 07T 09D 09L 10W 10X",
        "discreditable": (
            "02A 02B 02C 02D 02E 02G 08A 08B 08H 08J 08L 08M 08N 09E 09H 09J 09K 15A 15B 15C 15D 15H 15J 15K"
        ),
        "corruption": "06A 06B 06C 06E 06F 06G 06H 06J 10Y",
        "sexual": "08C 09F",
        # Civil suits and records-keeping entries say nothing about the matter.
        "other": "05J 14A 14B",
    }
)
"""The contract's complaint categories and the codes of the force that fall under each."""

CLOSING_ONLY: Final = ("03P", "08P")
"""Codes the force gives when it closes a case. They read as `other`: the category is read from the first day on, and
these would tell at the start what was only known at the end."""

INTERNAL: Final = "10A 10B 10C 10E 10K 10L 10M 10N 10P 10Q 10R 10S 10W 10X 12B 12C 12D 12E 15H 15J"
"""Codes of matters that only the force itself sees, taken as raised inside it; all others are taken as raised by the
public. An assumption: the release does not say who complained."""

FINDINGS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "SU": "case_to_answer",  # sustained
        "NS": "no_action",  # not sustained: the evidence decides neither way
        "UN": "no_action",  # unfounded: it did not happen
        "EX": "service_acceptable",  # exonerated: it happened and was proper
        "NAF": "withdrawn",  # no affidavit: nobody swore to it, so it was not looked into
        "NC": "withdrawn",  # no cooperation by the complainant
    }
)
"""Outcomes by the force's final finding; another finding reads as no outcome and is listed in the notes."""

SEXES: Final[Mapping[str, str]] = MappingProxyType({"FEMALE": "female", "MALE": "male"})

ETHNICITIES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "WHITE": "white",
        "BLACK": "black",
        "ASIAN/PACIFIC ISLANDER": "asian",
        "HISPANIC": "hispanic",
        "NATIVE AMERICAN/ALASKAN NATIVE": "other",
    }
)
"""The contract's ethnicities by the release's race; another value reads as `not_stated`."""

RECORDS_BEGIN: Final = 2000
"""The first year of complaint records. An age band is the age in this year or in the year of appointment, whichever is
later: the first day on which the officer could be counted at all."""

RANKS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "chief_superintendent": (
            "DEPUTY CHIEF",
            "CHIEF",
            "DEPUTY SUPERINTENDENT",
            "ASST DEPUTY SUPERINTENDENT",
            "ASSISTANT SUPERINTENDENT",
            "FIRST DEPUTY SUPERINTENDENT",
            "SUPERINTENDENT",
            "SUPERINTENDENT OF POLICE",
        ),
        "superintendent": ("COMMANDER", "DISTRICT COMMANDER"),
        "chief_inspector": ("CAPTAIN", "CAPTAIN OF POLICE"),
        "inspector": ("LIEUTENANT", "LIEUTENANT OF POLICE"),
        "sergeant": ("SERGEANT", "SERGEANT OF POLICE"),
        "staff": (
            "SUPERINTENDENT'S CHIEF OF STAFF",
            "DIR OF MANAGEMENT/LABOR AFFAIRS",
            "DIR OF HUMAN RESOURCES",
            "GENERAL COUNSEL",
            "POLICE LEGAL OFFICER I",
            "POLICE LEGAL OFFICER II",
        ),
    }
)
"""The contract's ranks by the salary list's, highest first; every other rank, such as police officer assigned as
detective, reads as constable."""

ROLES: Final[tuple[tuple[str, tuple[tuple[int, int], ...]], ...]] = (
    ("response", ((1, 25), (50, 51), (701, 704))),  # patrol districts, airports, public transport
    ("training", ((44, 44), (124, 124))),  # recruits; education and training
    ("neighbourhood", ((135, 135),)),  # community policing
    ("roads", ((145, 148), (608, 608))),  # traffic; major accidents
    ("custody", ((171, 171),)),  # central detention
    ("public_protection", ((184, 184), (384, 384))),  # youth
    ("intelligence", ((191, 191),)),
    ("detective", ((177, 177), (180, 180), (188, 196), (277, 277), (600, 669))),  # forensics, organised crime, areas
    ("firearms", ((353, 353),)),  # special weapons
    ("public_order", ((55, 55), (136, 136), (153, 153), (253, 253), (311, 315), (710, 799))),  # tactical and gang teams
)
"""The contract's roles by ranges of unit numbers, the first that fits; any other unit reads as headquarters. The
release has numbers only: which unit does what is an assumption from the force's public organisation."""

SEVERITIES: Final[Mapping[tuple[str, bool], int]] = MappingProxyType(
    {
        ("firearm", True): 5,
        ("firearm", False): 5,
        ("taser", True): 4,
        ("taser", False): 3,
        ("other", True): 3,
        ("other", False): 2,
    }
)
"""How severe a use of force is, by tactic and whether the person was injured. An assumption."""


def codes(text: str) -> tuple[str, ...]:
    """Return the codes of a line of codes."""
    return tuple(text.split())
