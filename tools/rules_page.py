"""Write `docs/rules.md` anew: the hand-written introduction and the reference from the catalogue of the rule language.

python -m tools.rules_page
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from earnest.engine.expression.activities import EVERY_ACTIVITY, Activity
from earnest.engine.expression.catalogue import PROFILES
from earnest.engine.expression.catalogue.row import Attribute, Parameter, Profile
from earnest.engine.expression.methods import METHODS
from earnest.engine.expression.types import Type

PAGE = Path(__file__).resolve().parent.parent / "docs" / "rules.md"
MARK = "<!-- From here on written by `python -m tools.rules_page` from the catalogue; a test compares the two. -->\n"


def page(introduction: str) -> str:
    """The page as it should be, after the hand-written introduction."""
    parts = [
        introduction,
        MARK,
        "\n# Reference\n\n## Profiles\n\n| profile | what it is | activities |\n| --- | --- | --- |\n",
    ]
    parts.extend(f"| [`{p.name}`](#{p.name.lower()}) | {p.meaning} | {_activities(p)} |\n" for p in PROFILES)
    for profile in PROFILES:
        parts.append(_profile(profile))
    parts.append("\n## Methods of values\n\nAttributes and arguments of these types know the following methods.\n")
    for kind in (Type.STRING, Type.NUMBER, Type.DATE, Type.BOOLEAN):
        parts.append(f"\n### {kind.title()}\n\n| method | gives | meaning |\n| --- | --- | --- |\n")
        parts.extend(
            f"| {_forms(m.name, m.signatures)} | {m.result} | {_cell(m.meaning)} |\n" for m in METHODS if m.on is kind
        )
    return "".join(parts)


def introduction() -> str:
    """The hand-written part of the page as it stands."""
    return PAGE.read_text(encoding="utf-8").partition(MARK)[0]


def _profile(profile: Profile) -> str:
    lines = [
        f"\n## {profile.name}\n\n{profile.meaning[0].upper()}{profile.meaning[1:]} (rules.md {profile.section}).\n"
    ]
    if profile.aliases:
        lines.append("Also written " + ", ".join(f"`{alias}`" for alias in profile.aliases) + ".\n")
    if profile.default_only:
        lines.append("It has values in the default programme only.\n")
    if profile.fields:
        lines.append("`extField_NAME` reads the extended field NAME with the type it was declared with.\n")
    lines.append("\n| attribute | type | meaning |\n| --- | --- | --- |\n")
    lines.extend(
        f"| {_forms(a.name, a.signatures)} | {_type(a)} | {_cell(a.meaning + _remarks(a))} |\n"
        for a in profile.attributes
    )
    return "".join(lines)


def _remarks(attribute: Attribute) -> str:
    remark = ""
    if attribute.aliases:
        remark += "; also " + ", ".join(f"`{alias}`" for alias in attribute.aliases)
    if attribute.set_in:
        remark += "; set in " + ", ".join(attribute.set_in)
    return remark


def _type(attribute: Attribute) -> str:
    return "whole number" if attribute.whole else str(attribute.type)


def _forms(name: str, signatures: Iterable[tuple[Parameter, ...]]) -> str:
    forms = (name + (f"({', '.join(p.name for p in each)})" if each else "") for each in signatures)
    return "<br>".join(f"`{form}`" for form in forms)


def _activities(profile: Profile) -> str:
    if profile.activities == EVERY_ACTIVITY:
        listed = "all"
    elif not profile.activities:
        listed = "none"
    else:
        listed = ", ".join(activity for activity in Activity if activity in profile.activities)
    if profile.unrolled is None:
        return listed
    free = ", ".join(activity for activity in Activity if activity in profile.free_in)
    repeated = {
        "LINES": "sets repeated for lines",
        "TENDERS": "sets repeated for payments",
        "TRACKER": "sets of tracker cases",
    }
    return f"{listed}; only in {repeated[profile.unrolled]}" + (f" (except in {free})" if free else "")


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


if __name__ == "__main__":
    PAGE.write_text(page(introduction()), encoding="utf-8")
    print(f"wrote {PAGE.name}")
