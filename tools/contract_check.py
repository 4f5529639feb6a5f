"""Judge a recording of the tests' HTTP exchanges by the API contract, and hold what was reached.

    python -m tools.contract_check RECORDING [--update]

The judgement is the contract's own `check.py`, which lies outside the project (`../shared/contract`, or the folder named
by EARNEST_CONTRACT); a clone without it skips this step. `tests/contract_ratchet.json` keeps, for each endpoint file of
the contract, whether it holds and which share of its documented fields came back. An endpoint may not fall below that,
and the file itself may only rise against the merge base. `--update` writes what is new or has risen.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import msgspec
from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parent.parent
RATCHET = Path("tests/contract_ratchet.json")
PATHS_SHOWN_MAX = 8


class Standing(msgspec.Struct, frozen=True):
    """What an endpoint has reached: `fields` is a share from 0 to 1, cut (not rounded) to four decimals."""

    holds: bool
    fields: float


class Verdict(msgspec.Struct, frozen=True):
    """The part of check.py's `--json` result that this step reads."""

    endpoint: str
    method: str
    path: str
    holds: bool
    called: int
    succeeded: int
    fields: float
    missing: list[str]
    mistyped: list[str]
    parrot: bool

    @property
    def standing(self) -> Standing:
        return Standing(self.holds, int(self.fields * 10_000 + 1e-6) / 10_000)


Ratchet = dict[str, Standing]
NOTHING = Standing(holds=False, fields=0.0)


class CheckError(Exception):
    """The step cannot be carried out; the message says why."""


def judge(contract: Path, recording: Path) -> list[Verdict]:
    """Run the contract's check on a recording; one verdict for each endpoint of the contract."""
    with tempfile.TemporaryDirectory() as folder:
        answer = Path(folder) / "verdicts.json"
        # Its exit code is 1 whenever any endpoint of the whole contract does not hold, so the answer file decides.
        run = subprocess.run(
            [sys.executable, str(contract / "check.py"), str(recording), "--show", "none", "--json", str(answer)],
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        if not answer.exists():
            raise CheckError(f"{contract / 'check.py'} gave no answer:\n{run.stderr.strip()}")
        return msgspec.json.decode(answer.read_bytes(), type=list[Verdict])


def falls(floor: Ratchet, standing: Ratchet) -> dict[str, str]:
    """For each endpoint that stands lower than its floor: what fell. A missing endpoint stands at nothing."""
    fallen = {}
    for endpoint, least in floor.items():
        now = standing.get(endpoint, NOTHING)
        if least.holds and not now.holds:
            fallen[endpoint] = f"held before, does not hold now (fields {least.fields:.2%} → {now.fields:.2%})"
        elif now.fields < least.fields:
            fallen[endpoint] = f"fields fell from {least.fields:.2%} to {now.fields:.2%}"
    return fallen


def rises(floor: Ratchet, standing: Ratchet) -> dict[str, str]:
    """For each endpoint that succeeded and stands higher than its floor: what rose."""
    risen = {}
    for endpoint, now in standing.items():
        least = floor.get(endpoint)
        if least is None:
            risen[endpoint] = "new, holds" if now.holds else "new"
        elif now.holds and not least.holds:
            risen[endpoint] = "holds now"
        elif now.fields > least.fields and now.holds >= least.holds:
            risen[endpoint] = f"fields rose from {least.fields:.2%}"
    return risen


def read_ratchet(text: str | bytes, where: str) -> Ratchet:
    """Decode a ratchet file; CheckError when it is not one."""
    try:
        return msgspec.json.decode(text, type=Ratchet)
    except msgspec.DecodeError as error:
        raise CheckError(f"{where}: {error}") from None


def merge_base(root: Path) -> tuple[str, str] | None:
    """The commit that this work started from and how it was found; None when the checkout does not know one."""
    head = git(root, "rev-parse", "--verify", "HEAD")
    for branch in ("origin/main", "main"):
        base = git(root, "merge-base", "HEAD", branch)
        if base and base != head:
            return base.strip(), f"merge base with {branch}"
    parent = git(root, "rev-parse", "--verify", "HEAD^")
    return (parent.strip(), "first parent") if parent else None


def git(root: Path, *arguments: str) -> str | None:
    """What a git command prints; None when it fails or git is missing."""
    try:
        run = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, timeout=60, check=False)
    except OSError:
        return None
    return run.stdout if run.returncode == 0 else None


def lowered_since_base(root: Path, ratchet: Ratchet, console: Console) -> dict[str, str]:
    """Endpoints whose line in the ratchet file itself is lower than at the merge base."""
    found = merge_base(root)
    if found is None:
        console.print("No main branch and no parent commit here: the ratchet is not compared with an older one.")
        return {}
    commit, how = found
    before = git(root, "show", f"{commit}:{RATCHET.as_posix()}")
    if before is None:
        console.print(f"No {RATCHET} at the {how} ({commit[:9]}): nothing older to compare with.")
        return {}
    return falls(read_ratchet(before, f"{RATCHET} at {commit[:9]}"), ratchet)


def write_ratchet(file: Path, floor: Ratchet, standing: Ratchet, risen: dict[str, str]) -> None:
    """Store the raised floor, in the order of the endpoint files, one line each."""
    raised = floor | {endpoint: standing[endpoint] for endpoint in risen}
    lines = [f"  {msgspec.json.encode(e).decode()}: {msgspec.json.encode(raised[e]).decode()}" for e in sorted(raised)]
    file.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


def show(console: Console, verdicts: list[Verdict], floor: Ratchet, notes: dict[str, str]) -> None:
    """A line for each endpoint that was called or fell, and the fields that keep one from holding."""
    table = Table(title="Contract: endpoints called by the tests", title_justify="left")
    for column in ("endpoint", "called", "succeeded", "fields", "floor", "holds", ""):
        table.add_column(column, justify="right" if column in ("called", "succeeded", "fields", "floor") else "left")
    for v in verdicts:
        least = floor.get(v.endpoint)
        table.add_row(
            v.endpoint,
            str(v.called),
            str(v.succeeded),
            f"{v.fields:.2%}",
            f"{least.fields:.2%}" if least else "-",
            "yes" if v.holds else "no, repeats the sample" if v.parrot else "no",
            notes.get(v.endpoint, ""),
        )
    console.print(table)
    for v in verdicts:
        if v.succeeded and not v.holds and (wrong := [f"missing {p}" for p in v.missing] + v.mistyped):
            more = f", and {len(wrong) - PATHS_SHOWN_MAX} more" if len(wrong) > PATHS_SHOWN_MAX else ""
            console.print(f"{v.endpoint}: {', '.join(wrong[:PATHS_SHOWN_MAX])}{more}", markup=False)


def check(recording: Path, root: Path, contract: Path, *, update: bool, console: Console) -> bool:
    """True when no endpoint fell and the ratchet was not lowered. Raises CheckError when it cannot be told."""
    file = root / RATCHET
    if not recording.is_file():
        raise CheckError(f"{recording}: no such recording; run the tests with EARNEST_RECORD={recording}")
    floor = read_ratchet(file.read_bytes(), str(file)) if file.exists() else {}
    verdicts = judge(contract, recording)
    standing = {v.endpoint: v.standing for v in verdicts if v.succeeded}
    fallen, risen = falls(floor, standing), rises(floor, standing)
    notes = risen | {endpoint: f"FELL: {what}" for endpoint, what in fallen.items()}
    show(console, [v for v in verdicts if v.called or v.endpoint in fallen], floor, notes)
    for endpoint in sorted(fallen.keys() - {v.endpoint for v in verdicts}):
        console.print(f"{endpoint}: in {RATCHET}, but the contract has no such endpoint file", markup=False)
    lowered = lowered_since_base(root, floor, console)
    for endpoint, what in lowered.items():
        console.print(f"{RATCHET} was lowered: {endpoint}: {what}", markup=False)
    if risen and update and not fallen:
        write_ratchet(file, floor, standing, risen)
        console.print(f"{RATCHET}: {len(risen)} endpoints written.")
    elif risen:
        console.print(f"{len(risen)} endpoints stand above {RATCHET}; --update writes them.")
    held = sum(v.holds for v in verdicts)
    console.print(f"{held} of {len(verdicts)} endpoints of the contract hold; {len(fallen)} fell.")
    return not fallen and not lowered


def main(arguments: list[str] | None = None) -> int:
    """The command: 0 when nothing fell or there is no contract to judge by, 1 when something fell, 2 on misuse."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recording", type=Path)
    parser.add_argument("--update", action="store_true", help=f"write what is new or has risen to {RATCHET}")
    options = parser.parse_args(arguments)
    console = Console(soft_wrap=True, width=None if sys.stdout.isatty() else 150)
    contract = Path(os.environ.get("EARNEST_CONTRACT") or ROOT.parent / "shared" / "contract")
    if not (contract / "check.py").is_file():
        console.print("The API contract (../shared/contract) is not beside this clone: contract check skipped.")
        return 0
    try:
        return 0 if check(options.recording, ROOT, contract, update=options.update, console=console) else 1
    except CheckError as error:
        console.print(f"Contract check: {error}", style="red", markup=False)
        return 2


if __name__ == "__main__":
    sys.exit(main())
