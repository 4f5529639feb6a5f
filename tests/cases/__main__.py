"""`make cases`: plays the worked cases and ends with one line; exit code 1 unless all of them pass."""

from __future__ import annotations

import sys
from concurrent.futures import ProcessPoolExecutor

from tests.cases.files import cases_folder, read_cases, read_skips
from tests.cases.runner import chosen, play

PROCESSES = 2


def main() -> int:
    cases = chosen(read_cases(cases_folder()), read_skips())
    with ProcessPoolExecutor(PROCESSES) as pool:
        results = list(pool.map(play, cases, chunksize=16))
    for result in results:
        for line in result.differences:
            sys.stdout.write(f"{result.case.file} {line}\n")
    passed = sum(result.passed for result in results)
    leaves = sum(result.leaves for result in results)
    failed = len(results) - passed
    sys.stdout.write(f"cases: {len(results)} total, {passed} passed, {failed} failed, {leaves} leaves compared\n")
    return 0 if passed == len(results) and results else 1


if __name__ == "__main__":
    sys.exit(main())
