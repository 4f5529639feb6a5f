"""What stops the program and needs its operator: told in one sentence, without a stack trace."""

from __future__ import annotations


class OperatorError(Exception):
    """The program cannot go on. The message says what is wrong and what to do about it."""
