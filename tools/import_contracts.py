"""An import rule of the house that import-linter has no contract for: domains are entered through their services."""

from __future__ import annotations

from typing import Any

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output

SERVICE = "service"


class DomainDoors(Contract):
    """Two rules for the folders below `domains`.

    A domain imports nothing of another one but its `service`. Modules named `routes…` stand at the top: no other module of
    a domain imports one, and they do without the database.
    """

    type_name = "domain_doors"
    domains = fields.ModuleField()

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        root = self.domains.name  # type: ignore[attr-defined]
        broken = [
            (importer, imported, line, rule)
            for importer in sorted(graph.find_descendants(root))
            for imported in sorted(graph.find_modules_directly_imported_by(importer))
            if (rule := broken_rule(root, importer, imported))
            for line in _lines(graph, importer, imported)
        ]
        return ContractCheck(kept=not broken, metadata={"broken": broken})

    def render_broken_contract(self, check: ContractCheck) -> None:
        for importer, imported, line, rule in check.metadata["broken"]:
            output.print_error(f"{importer} -> {imported} (l.{line}): {rule}", bold=False)


def broken_rule(root: str, importer: str, imported: str) -> str:
    """What is wrong with one import made by a module below `root`; empty when nothing is."""
    domain, *inside = importer.removeprefix(f"{root}.").split(".")
    is_route = any(part.startswith("routes") for part in inside)
    if is_route and (imported == "earnest.core.db" or imported.startswith("earnest.core.db.")):
        return "routes do without the database: that is the service's"
    if not imported.startswith(f"{root}."):
        return ""
    other, *door = imported.removeprefix(f"{root}.").split(".")
    if not is_route and any(part.startswith("routes") for part in door):
        return "only routes stand above routes"
    if other != domain and door[:1] != [SERVICE]:
        return f"a domain is entered through its {SERVICE}"
    return ""


def _lines(graph: ImportGraph, importer: str, imported: str) -> list[Any]:
    details = graph.get_import_details(importer=importer, imported=imported)
    return [detail["line_number"] for detail in details] or ["?"]
