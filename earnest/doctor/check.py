"""What a check comes to."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Outcome(StrEnum):
    """WARN: it works, and somebody should look at it. FAIL: it does not work, or data are at risk."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


class Check(msgspec.Struct, frozen=True):
    """`found` is what is the case, `advice` what to do about it; empty when there is nothing to do."""

    subject: str
    outcome: Outcome
    found: str
    advice: str = ""


def ok(subject: str, found: str) -> Check:
    return Check(subject, Outcome.OK, found)


def warn(subject: str, found: str, advice: str) -> Check:
    return Check(subject, Outcome.WARN, found, advice)


def fail(subject: str, found: str, advice: str) -> Check:
    return Check(subject, Outcome.FAIL, found, advice)
