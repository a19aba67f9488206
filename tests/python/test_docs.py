# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""The code of pages and notebooks runs and prints what they show, and their links work.

Of each page all ```python blocks run, one after the other; a ```text block behind one is what it
prints, where ``...`` stands for anything. Of ```sh blocks, the lines that call ``leadfunnel`` run.
Comments in a page say what it needs:

    <!-- run in: examples/quick_start -->    a copy of that folder is the working directory
    <!-- needs: polars, sklearn -->          modules without which the page is skipped

A comment before a block says which file it is a part of:

    <!-- from: examples/quick_start.cpp -->  its lines stand there, maybe with more indentation
"""

import contextlib
import doctest
import io
import os
import re
import shlex
import shutil
import subprocess
import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path

import pytest

import leadfunnel as lf

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"

FENCED = re.compile(
    r"^(?P<fence>`{3,})(?P<info>[^\n`]*)\n(?P<body>.*?)^(?P=fence)[ \t]*$", re.MULTILINE | re.DOTALL
)


def pages():
    """All pages, with generated ones, without their templates."""
    found = [p for p in DOCS.rglob("*.md") if not p.name.endswith(".in.md")]
    return sorted([*found, *ROOT.glob("*.md")])


def name_of(path):
    return path.relative_to(ROOT).as_posix()


@dataclass
class Block:
    language: str
    body: str
    page: Path
    line: int

    @property
    def place(self):
        return f"{name_of(self.page)}:{self.line}"


def blocks(page, text=None, before=0):
    """The fenced blocks of a page, with those of included files."""
    text = page.read_text("utf-8") if text is None else text
    for found in FENCED.finditer(text):
        info, body = found["info"].strip(), found["body"]
        line = before + text.count("\n", 0, found.start()) + 2
        if info.startswith("{include}"):
            path = (page.parent / info.removeprefix("{include}").strip()).resolve()
            options = dict(re.findall(r"^:([a-z-]+): (.*)$", body, re.MULTILINE))
            whole = path.read_text("utf-8")
            part = whole.partition(options["start-after"])[2] if "start-after" in options else whole
            skipped = whole.count("\n", 0, len(whole) - len(part))
            if "end-before" in options:
                part = part.partition(options["end-before"])[0]
            yield from blocks(path, part, skipped)
        else:
            yield Block(info.split()[0] if info else "", body, page, line)


def said(page, what):
    found = re.search(rf"<!-- {what}: (.*?) -->", page.read_text("utf-8"))
    return found[1].strip() if found else ""


# test_readme.py runs those of the READMEs.
RUNNING = [
    p
    for p in pages()
    if p.is_relative_to(DOCS) and any(b.language == "python" for b in blocks(p))
]


@pytest.mark.parametrize("page", RUNNING, ids=name_of)
def test_snippets_run_and_print_what_the_page_says(page, tmp_path, monkeypatch):
    for module in filter(None, said(page, "needs").split(", ")):
        pytest.importorskip(module, reason=f"{name_of(page)} needs {module}")
    folder = tmp_path / "here"
    if source := said(page, "run in"):
        shutil.copytree(ROOT / source, folder)
    else:
        folder.mkdir()
    monkeypatch.chdir(folder)
    names = {"__name__": "__main__"}
    printed = None
    for block in blocks(page):
        if block.language == "sh":
            call_leadfunnel(block)
            printed = None
        elif block.language == "python":
            out = io.StringIO()
            code = compile("\n" * (block.line - 1) + block.body, str(block.page), "exec")
            with contextlib.redirect_stdout(out):
                exec(code, names)  # noqa: S102
            printed = out.getvalue()
        elif block.language == "text" and printed is not None:
            compare(block, printed)
            printed = None
        elif block.language:
            printed = None


def call_leadfunnel(block):
    for line in block.body.replace("\\\n", " ").splitlines():
        words = shlex.split(line, comments=True)
        if words[:1] == ["leadfunnel"]:
            done = subprocess.run(
                [sys.executable, "-m", "leadfunnel", *words[1:]], capture_output=True, text=True
            )
            assert done.returncode == 0, f"{block.place}: {line}\n{done.stdout}{done.stderr}"


def compare(block, printed):
    def trimmed(text):
        return "\n".join(line.rstrip() for line in text.strip("\n").splitlines()) + "\n"

    want, got = trimmed(block.body), trimmed(printed)
    same = doctest.OutputChecker().check_output(want, got, doctest.ELLIPSIS)
    assert same, f"{block.place} says\n{want}\nbut this is printed:\n{got}"


def test_pages_that_must_run_do():
    running = {name_of(p) for p in RUNNING}
    assert {"docs/quickstart.md", "docs/ja/quickstart.md", "docs/year.md"} <= running
    assert sum(n.startswith("docs/cookbook/") for n in running) >= 4


# ---- parts of files ---------------------------------------------------------------------------

FROM = re.compile(r"^<!-- from: (?P<path>\S+) -->\n(?=```)", re.MULTILINE)


def parts_of_files(page):
    """The blocks of a page that a comment says are a part of a file, each with that file."""
    text = page.read_text("utf-8")
    for mark in FROM.finditer(text):
        found = FENCED.match(text, mark.end())
        yield found["info"], found["body"], ROOT / mark["path"]


def stands_in(part, whole):
    """Whether the lines of `part` follow one another in `whole`, all indented by the same amount."""
    wanted = textwrap.dedent(part).splitlines()
    lines = whole.splitlines()
    return any(
        textwrap.dedent("\n".join(lines[i : i + len(wanted)])).splitlines() == wanted
        for i, line in enumerate(lines)
        if line.strip() == wanted[0].strip()
    )


@pytest.mark.parametrize("page", [p for p in pages() if FROM.search(p.read_text("utf-8"))], ids=name_of)
def test_parts_of_files_stand_in_those_files(page):
    for _, body, path in parts_of_files(page):
        assert stands_in(body, path.read_text("utf-8")), f"{name_of(path)} does not contain\n{body}"


def test_cpp_is_shown_from_programs_that_are_tests():
    """The C++ of these pages is a part of a compiled program; ctest checks the tutorial's."""
    shown = 0
    for page in [DOCS / "quickstart.md", *(DOCS / "cookbook").glob("*.md")]:
        compiled = [
            body
            for info, body, path in parts_of_files(page)
            if info == "cpp" and (path == ROOT / "README.md" or path.parent == ROOT / "examples")
        ]
        for block in blocks(page):
            if block.language == "cpp":
                assert block.body in compiled, f"{block.place} has C++ of its own"
                shown += 1
    assert shown >= 3


# ---- notebooks ----------------------------------------------------------------------------------

NOTEBOOKS = sorted((DOCS / "cookbook").glob("*.ipynb"))


def printed_by(cell):
    """The text output of a cell. Pictures differ between versions of libraries."""
    out = []
    for output in cell.get("outputs", []):
        if output["output_type"] == "stream" and output["name"] == "stdout":
            out.append(output["text"])
        elif output["output_type"] in ("execute_result", "display_data"):
            data = output["data"]
            if "image/png" not in data:
                out.append(data["text/plain"])
    return "".join("".join(o) for o in out)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=name_of)
def test_notebooks_give_the_results_that_they_show(path, data):
    nbformat = pytest.importorskip("nbformat", reason="notebooks need nbformat and nbclient")
    nbclient = pytest.importorskip("nbclient", reason="notebooks need nbformat and nbclient")
    shown = nbformat.read(path, as_version=4)
    folder = said_by(shown)
    if not (data / folder).is_dir():
        pytest.skip(f"there is no folder {folder} in LEADFUNNEL_DATA")
    fresh = nbformat.reads(nbformat.writes(shown), as_version=4)
    environment = {**os.environ, "LEADFUNNEL_DATA": str(data.resolve())}
    client = nbclient.NotebookClient(
        fresh, timeout=600, kernel_name="python3", resources={"metadata": {"path": path.parent}}
    )
    client.execute(env=environment)
    for before, now in zip(shown.cells, fresh.cells, strict=True):
        if before.cell_type == "code":
            assert printed_by(now) == printed_by(before), before.source


def said_by(notebook):
    """The folder of public data that a notebook reads."""
    return notebook.metadata["leadfunnel"]["data"]


def test_there_are_notebooks():
    assert {p.stem for p in NOTEBOOKS} == {"bpic2012", "olist"}


# ---- links --------------------------------------------------------------------------------------

LINK = re.compile(r"\[[^\]\[]*\]\(([^()\s]+)\)")


def prose(text):
    """A page without its code, where brackets are no links."""
    text = FENCED.sub(lambda m: m["body"] if ":::" in m["body"] else "", text)
    return re.sub(r"`[^`\n]*`(?!\])", "``", text)


def anchors(page):
    """The anchors of headings, as GitHub and the site make them, and explicit labels."""
    text = FENCED.sub("", page.read_text("utf-8"))
    out = set(re.findall(r"^\(([\w-]+)\)=$", text, re.MULTILINE))
    for heading in re.findall(r"^#+ +(.*?)\s*$", text, re.MULTILINE):
        plain = re.sub(r"[^\w\- ]", "", re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower())
        out.add(plain.replace(" ", "-"))
    return out


@pytest.mark.parametrize("page", pages(), ids=name_of)
def test_links_lead_somewhere(page):
    broken = []
    for target in LINK.findall(prose(page.read_text("utf-8"))):
        if re.match(r"[a-z]+:", target):
            continue  # external: see `./dev docs linkcheck`
        path, _, anchor = target.partition("#")
        to = (page.parent / path).resolve() if path else page
        if path and not to.exists() and not to.with_suffix(".ipynb").exists():
            broken.append(f"{target}: there is no such file")
        elif path and not to.is_relative_to(ROOT):
            broken.append(f"{target}: leads out of the repository")
        elif anchor and to.suffix == ".md" and anchor not in anchors(to):
            broken.append(f"{target}: no such heading")
    assert not broken, "\n".join(broken)


def test_every_page_of_the_site_is_in_its_contents():
    """Each page is in a toctree."""
    listed = {"index"}
    for page in DOCS.rglob("*.md"):
        text = page.read_text("utf-8")
        for body in re.findall(r"^```\{toctree\}\n(.*?)^```", text, re.M | re.S):
            for line in body.splitlines():
                if line and not line.startswith(":"):
                    listed.add((page.parent / line).relative_to(DOCS).as_posix())
    there = {
        p.relative_to(DOCS).with_suffix("").as_posix()
        for p in [*DOCS.rglob("*.md"), *DOCS.rglob("*.ipynb")]
        if not p.name.endswith(".in.md")
    }
    assert there == listed


def test_every_name_of_the_package_is_in_its_reference():
    text = "".join(p.read_text("utf-8") for p in (DOCS / "python").glob("*.md"))
    documented = re.findall(r"^\.\. auto\w+:: (?:leadfunnel\.)?(?:parts\.)?(\w+)$", text, re.M)
    assert set(lf.__all__) <= set(documented)


def test_every_public_header_is_in_the_reference():
    text = "".join(p.read_text("utf-8") for p in (DOCS / "cpp").glob("*.md"))
    documented = set(re.findall(r"^```\{doxygenfile\} (\S+)$", text, re.M))
    public = {p.name for p in (ROOT / "include/leadfunnel").glob("*/*.hpp")}
    # Macros, and the description of the model language, which users do not call.
    assert public == documented | {"config.hpp", "describe.hpp"}
