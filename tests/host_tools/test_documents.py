"""What README, CONTRIBUTING and docs/ refer to is there, and what is there is named."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from oracle import ROOT

from host_tools.operators import OPERATORS

DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
LINK = re.compile(r"\]\(([^)\s]+)\)")


def anchors(document: Path) -> set[str]:
    """The anchors of a document's headings, as git hosts make them."""
    headings = re.findall(r"^#+ (.*)$", document.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_of_a_document_resolves(document: Path) -> None:
    broken = []
    for link in LINK.findall(document.read_text()):
        name, _, anchor = link.partition("#")
        target = document.parent / name if name else document
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    assert broken == []


def test_contributing_names_every_room() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text()
    table = "\n".join(line for line in text.splitlines() if line.startswith("| `"))
    folders = [
        folder
        for room in ("firmware_module", "host_tools", "tests")
        for folder in sorted((ROOT / room).iterdir())
        if any(folder.glob("*.c")) or any(folder.glob("*.py")) or any(folder.glob("Makefile"))
    ]
    assert len(folders) > 20
    missing = [
        folder.name
        for folder in folders
        if f"`{folder.relative_to(ROOT)}/" not in table and f"`{folder.name}`" not in table
    ]
    assert missing == []


def test_the_readme_names_every_operator() -> None:
    named = set(re.findall(r"\b[A-Z][A-Z\d_]+\b", (ROOT / "README.md").read_text()))
    assert set(OPERATORS) <= named


def test_the_readme_gives_the_figures_of_performance_md() -> None:
    performance = (ROOT / "docs/performance.md").read_text()
    rows = re.findall(r"^\| [^|]+ \| [\d,]+ \| ([\d,]+) \| ([\d,]+) \|", performance, re.MULTILINE)
    measured = {tuple(int(text.replace(",", "")) / 1e6 for text in row) for row in rows}
    table = re.findall(
        r"^\| [^|]+ \| [^|]+ \| ([\d.]+) M \| ([\d.]+) M \|",
        (ROOT / "README.md").read_text(),
        re.MULTILINE,
    )
    assert len(table) == 6
    for row in table:
        digits = [len(text.partition(".")[2]) for text in row]
        assert row in {
            tuple(f"{value:.{places}f}" for value, places in zip(known, digits, strict=True))
            for known in measured
        }


def test_the_readme_gives_the_figures_beside_openmvs_ml() -> None:
    """As performance.md has them, in millions."""
    performance = (ROOT / "docs/performance.md").read_text()
    section = performance.partition("## Beside OpenMV's `ml`")[2].partition("\n## ")[0]
    row = r"^\| ([\w -]+) \| ([\d,.]+)(?: M)? \| ([\d,.]+)(?: M)? \| ([\d.]+) \| (\S+) \| (\S+) \|"
    known = {name: rest for name, *rest in re.findall(row, section, re.MULTILINE)}
    table = re.findall(row, (ROOT / "README.md").read_text(), re.MULTILINE)
    assert len(table) == 7
    for name, theirs, ours, *rest in table:
        for text, count in ((theirs, known[name][0]), (ours, known[name][1])):
            assert text == f"{int(count.replace(',', '')) / 1e6:.1f}"
        assert rest == known[name][2:]
