"""A file of programmes, tried with a file of examples."""

from __future__ import annotations

from earnest.programs.build.program import Setting, build
from earnest.programs.document.problems import InvalidDocument, Problem, Severity
from earnest.programs.reading import read_text
from earnest.programs.rehearsing import Finding, read_examples, rehearse

CURRENCY_DECIMALS = 2


def run(program: str | bytes, examples: str | bytes) -> list[tuple[str, list[Finding]]]:
    """Each example with what did not hold of it. InvalidDocument when one of the texts cannot be used."""
    wanted = read_examples(examples)
    programs = {}
    for number, read in enumerate(read_text(program), 1):
        setting = Setting(program_id=number, version=1, time_zone=wanted.time_zone, currency_decimals=CURRENCY_DECIMALS)
        programs[read.document.name] = build(read.document, read.reading, {}, setting).program
    first = next(iter(programs.values()))
    results = []
    for example in wanted.examples:
        one = first if example.program is None else programs.get(example.program)
        if one is None:
            message = f"there is no programme {example.program!r}, but {', '.join(programs)}"
            raise InvalidDocument([Problem(severity=Severity.ERROR, path=f"example {example.name}", message=message)])
        results.append((example.name, rehearse(one, example)))
    return results
