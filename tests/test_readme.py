"""The documents tell the truth: the README's numbers, commands and tree, and where links lead."""

import re
from pathlib import Path

import pytest

from fer_core.cli.main import build_parser
from fer_core.experiments.model_card import results_table
from fer_core.experiments.runs import list_runs

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCUMENTS = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
CODE = [*sorted((ROOT / "fer_core").rglob("*.py")), *sorted((ROOT / "pages").rglob("*.py"))]


def test_the_results_table_is_that_of_the_committed_runs():
    runs = list_runs(ROOT / "models")
    if not runs:
        pytest.skip("no run is committed yet")
    assert results_table(runs) in README, "paste the output of: python -m fer_core results"


def test_the_two_commands_are_on_the_first_screen():
    first_screen = "\n".join(README.splitlines()[:40])
    assert "make app" in first_screen
    assert "make test" in first_screen
    targets = re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert {"app", "test"} <= set(targets)


@pytest.mark.parametrize("command", sorted(set(re.findall(r"^fer ([^\n`#]+)", README, re.MULTILINE))))
def test_every_command_shown_is_understood(command):
    build_parser().parse_args(command.split())


def headings(text):
    """The anchors that GitHub gives a document's headings."""
    titles = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_link_leads_somewhere(path):
    text = path.read_text(encoding="utf-8")
    for link in re.findall(r"\]\(([^)]+)\)", text):
        target, _, anchor = link.partition("#")
        if not target.startswith("https://"):
            assert (path.parent / target).exists(), link
        if not target:
            assert anchor in headings(text), link


@pytest.mark.parametrize("path", CODE, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_documents_that_the_code_refers_to_are_there(path):
    for document in re.findall(r"\bdocs/[\w/.-]+\.md", path.read_text(encoding="utf-8")):
        assert (ROOT / document).is_file(), document


def test_the_tree_names_what_is_there():
    tree = README.split("```text")[1].split("```")[0].strip().splitlines()
    assert len(tree) <= 20
    for line in tree:
        names = re.findall(r"[\w./]+", re.split(r" {2,}", line.strip())[0])
        for name in names:
            assert (
                any((ROOT / "fer_core" / f"{name}{end}").exists() for end in ("", ".py"))
                or (ROOT / name).exists()
            ), f"{name} is not there"


def test_the_tree_names_every_room():
    tree = README.split("```text")[1].split("```")[0]
    for room in (ROOT / "fer_core").glob("*/__init__.py"):
        assert f"  {room.parent.name}/ " in tree
