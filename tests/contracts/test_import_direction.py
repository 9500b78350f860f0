"""Who may import whom. The layers are in pyproject.toml; what is private to a slice cannot be said there for all slices
at once, and is said here.
"""

import subprocess
import sys
from pathlib import Path

import grimp
import pytest

PROJECT = Path(__file__).parents[2]
PRIVATE = {"repository", "router", "rules", "schemas", "tables"}


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph("app", "workers", cache_dir=None)


def slices(graph: grimp.ImportGraph) -> set[str]:
    """The packages of app that have a router, core apart."""
    return {child for child in graph.find_children("app") if f"{child}.router" in graph.modules} - {"app.core"}


def private_parts(graph: grimp.ImportGraph) -> set[str]:
    roots = {f"{package}.{name}" for package in slices(graph) for name in PRIVATE} & graph.modules
    return roots | {module for root in roots for module in graph.find_descendants(root)}


def may_see(importer: str, imported: str) -> bool:
    """The API mounts the routers; engagement alone reads other slices' tables."""
    part = imported.split(".")[2]
    owner = ".".join(imported.split(".")[:2])
    return (
        importer.startswith(f"{owner}.")
        or (importer == "app.main" and part == "router")
        or (importer.startswith("app.engagement.") and part == "tables")
    )


def test_layers_are_kept():
    # As a command: called as a library it switches off every logger that this process has.
    lint = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    found = subprocess.run(lint, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout


def test_what_is_private_to_a_slice_is_used_by_that_slice_alone(graph):
    offences = [
        f"{importer} imports {private}"
        for private in sorted(private_parts(graph))
        for importer in sorted(graph.find_modules_that_directly_import(private))
        if not may_see(importer, private)
    ]
    assert offences == []


def test_the_slices_are_found_by_their_routers(graph):
    assert {"app.organisations", "app.people", "app.access", "app.schemes", "app.payments"} <= slices(graph)
