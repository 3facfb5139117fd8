"""Who may import whom: imports point only up this list, and each foreign library has one door."""

import ast
from pathlib import Path

import pytest

ORDER = (
    "__init__",
    "problem_blocks",
    "errors",
    "sentences",
    "problem_reports",
    "files",
    "project_tables",
    "progress",
    "parallel",
    "codebook_faults",
    "codebook_rules",
    "codebook",
    "distinct",
    "expressions",
    "readers",
    "identifiers",
    "sources",
    "changes",
    "sidecar_faults",
    "waves",
    "references",
    "pseudonyms",
    "cells",
    "typed",
    "dialects",
    "questionnaire",
    "corrections",
    "harmonise",
    "missing",
    "schema",
    "register_tables",
    "register",
    "beside",
    "scores",
    "derive",
    "comparability",
    "cases",
    "models",
    "representations",
    "tidy",
    "weights",
    "agreement",
    "respondents",
    "panel",
    "checks_spells",
    "checks",
    "checked",
    "intake",
    "robustness",
    "estimates",
    "disclosure",
    "measurement",
    "wording",
    "asked",
    "places",
    "tables",
    "style",
    "trail",
    "ecosystem",
    "likeness",
    "uptake",
    "crossed",
    "study",
    "distributions",
    "claims",
    "quality",
    "evoked",
    "devices",
    "tied",
    "model_words",
    "pieces",
    "exhibits",
    "views",
    "annex_words",
    "annex_table",
    "annex",
    "glossary",
    "case_links",
    "case_pages",
    "facts",
    "synthetic",
    "case_skeleton",
    "power",
    "render",
    "variable_pages",
    "search",
    "revision",
    "provenance",
    "reproducibility",
    "data_stages",
    "stages",
    "checking",
    "trials",
    "step",
    "page_steps",
    "steps",
    "side_by_side",
    "pipeline",
    "cli",
    "__main__",
)
DOORS = {
    "pandera": {"schema"},
    "statsmodels": {"models"},
    "linearmodels": set(),
    "seaborn": {"style"},
    "matplotlib": {"style"},
    "pytask": {"pipeline", "side_by_side"},
    "_pytask": {"pipeline", "side_by_side"},
    "pypandoc": {"render", "pieces"},
    "typst": {"render"},
    "yaml": {"waves", "facts", "render", "synthetic"},
    "click": {"cli"},
    "rich": {"progress"},
    "pyarrow": {"readers"},
    "python_calamine": {"readers"},
    "pyreadstat": {"readers"},
    "openpyxl": {"questionnaire", "intake"},
    "pyxform": set(),
    "diff_diff": {"models"},
    "distributed": {"parallel"},
    "stdnum": {"identifiers"},
    "joblib": {"parallel"},
    "networkx": {"representations", "ecosystem"},
}
LONGEST_MODULE, LONGEST_FUNCTION = 320, 60
SOURCES = sorted((Path(__file__).parents[1] / "src" / "panel_eis").rglob("*.py"))


def _name(path):
    parts = path.relative_to(Path(__file__).parents[1] / "src" / "panel_eis").with_suffix("").parts
    return parts[0]


def _imports(path):
    """Modules imported at run time; those for type checkers alone do not count."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    typing_only = {
        id(node)
        for block in ast.walk(tree)
        if isinstance(block, ast.If) and getattr(block.test, "id", "") == "TYPE_CHECKING"
        for node in ast.walk(block)
    }
    for node in ast.walk(tree):
        if id(node) in typing_only:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            if node.module == "panel_eis":
                yield from (f"panel_eis.{alias.name}" for alias in node.names)


def test_every_module_has_its_place_in_the_order():
    """A new module is placed on purpose."""
    assert {_name(p) for p in SOURCES} == set(ORDER)


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(p.parents[1])))
def test_imports_point_only_up_the_list(path):
    """Data flow one way; nobody imports the command line."""
    own = _name(path)
    for module in _imports(path):
        parts = module.split(".")
        if parts[0] == "panel_eis" and len(parts) > 1 and parts[1] in ORDER:
            assert parts[1] == own or ORDER.index(parts[1]) < ORDER.index(own), f"{own} imports {parts[1]}"


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(p.parents[1])))
def test_each_foreign_library_has_one_door(path):
    """Swapping a library touches one module."""
    for module in _imports(path):
        library = module.split(".")[0]
        if library in DOORS:
            assert _name(path) in DOORS[library], f"{_name(path)} imports {library}"


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(p.parents[1])))
def test_modules_and_functions_stay_small(path):
    """A module and a function fit in a head."""
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= LONGEST_MODULE
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            docstring = (ast.get_docstring(node) or "").count("\n") + 1
            assert node.end_lineno - node.lineno + 1 - docstring <= LONGEST_FUNCTION, node.name


def test_there_is_no_drawer_for_odds_and_ends():
    """No utils, no helpers, no common."""
    assert not {p.stem for p in SOURCES} & {"utils", "helpers", "common", "misc"}


def test_the_command_line_offers_the_stages_of_the_build():
    """Said twice, so that --help need not load the build; never differently."""
    from panel_eis import cli, steps

    assert cli.STAGES == steps.STAGES
