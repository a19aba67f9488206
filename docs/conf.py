# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""The documentation site. `./dev docs` builds it."""

import re
from pathlib import Path

import leadfunnel
from docutils import nodes
from sphinx import addnodes
from sphinx.transforms import SphinxTransform

HERE = Path(__file__).parent
ROOT = HERE.parent
REPOSITORY = "https://github.com/leadfunnel/leadfunnel"

version_header = (ROOT / "include/leadfunnel/core/version.hpp").read_text("utf-8")

project = "leadfunnel"
author = "the leadfunnel authors"
copyright = author
release = re.search(r'LEADFUNNEL_VERSION_STRING "([0-9.]+)"', version_header)[1]
version = release.rpartition(".")[0]

extensions = [
    "myst_nb",
    "breathe",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.napoleon",
    "sphinx_copybutton",
    "sphinxcontrib.mermaid",
]
exclude_patterns = ["*.in.md", "_build"]
nitpicky = True

# ---- Markdown

myst_enable_extensions = ["colon_fence", "deflist", "fieldlist", "substitution"]
myst_heading_anchors = 4
myst_fence_as_directive = ["mermaid"]
myst_links_external_new_tab = False
mermaid_version = "11"

# Notebooks show their stored results; the tests run them.
nb_execution_mode = "off"

# Blocks of C++ and JSON may be parts of files.
highlight_language = "text"
suppress_warnings = [
    "mystnb.unknown_mime_type",  # a notebook has a diagram in several forms
    "misc.highlighting_failure",
    "duplicate_declaration.cpp",  # every header opens the namespace
]

# The copy button leaves out prompts.
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True

# ---- Python

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
autosummary_generate = True
napoleon_google_docstring = False
napoleon_numpy_docstring = True
napoleon_use_rtype = False
napoleon_custom_sections = [("Attributes", "params_style")]  # several names in a line
default_role = "py:obj"  # `score` in a docstring
# Type aliases that are shown by name instead of their definition.
TYPE_NAMES = {
    name: f"leadfunnel.{name}"
    for name in ("Event", "Instant", "Mapped", "Progress", "TableLike", "Value")
}
autodoc_type_aliases = dict(TYPE_NAMES)
TYPE_NAMES |= {name: f"leadfunnel.parts.{name}" for name in ("ConditionLike", "Duration", "Number")}
for name in leadfunnel.__all__:  # documented under the public module, not where they are defined
    thing = getattr(leadfunnel, name)
    if getattr(thing, "__module__", "").startswith("leadfunnel."):
        thing.__module__ = "leadfunnel"

# ---- C++

breathe_projects = {"leadfunnel": str(ROOT / "build/docs/xml")}  # doxygen docs/Doxyfile
breathe_default_project = "leadfunnel"
breathe_default_members = ("members", "undoc-members")
breathe_show_include = False  # the headings name the header
nitpick_ignore_regex = [
    # Documented elsewhere (Python's and other libraries' types), or private.
    ("py:class", r"(abc|collections|date|datetime|decimal|os|time)(\..*)?"),
    ("py:class", r"(leadfunnel\._core|leadfunnel\._\w+\._\w+|np|numpy|pandas|polars|pyarrow)(\..*)?"),
    # Words of docstrings: kinds of things, choices, and defaults.
    ("py:class", r"optional|array|callable|data frame|instant|iterable|path|sequence|table|timedelta|str to \w+"),
    ("py:class", r"""default( .*)?|\{?".*"\}?"""),
    ("cpp:identifier", r"(detail|boost|whole_number)(::.*)?"),
    ("cpp:identifier", r"instant::(min|max)"),
]

# ---- External links, which `./dev docs linkcheck` checks

linkcheck_ignore = [rf"{REPOSITORY}/(blob|tree)/.*"]  # files of the repository, which the tests check

# ---- HTML

html_theme = "furo"
html_title = f"leadfunnel {release}"
html_copy_source = False
html_theme_options = {
    "source_repository": REPOSITORY,
    "source_branch": "main",
    "source_directory": "docs/",
}

# ---- Links that also work in the repository

# Files outside docs/ that are pages of the site.
PAGES = {
    "README.md": "index",
    "README.ja.md": "ja/quickstart",
    "CHANGELOG.md": "changelog",
    "CONTRIBUTING.md": "contributing",
}


class RepositoryLinks(SphinxTransform):
    """Points relative links at files on the repository's site, or at their pages here."""

    default_priority = 5  # before downloads are collected

    def apply(self, **kwargs):
        here = (HERE / self.env.docname).parent
        for node in list(self.document.findall(addnodes.download_reference)):
            self.lead(node, here)
        for node in list(self.document.findall(addnodes.pending_xref)):
            if node.get("reftype") == "myst" and node.get("refdomain") in (None, "doc"):
                self.lead(node, here)

    def lead(self, node, here):
        target = node["reftarget"].partition("#")[0]
        if node.get("refdomain") == "doc":
            if target in self.env.found_docs:
                return
            path = (HERE / (target + ".md")).resolve()
        else:
            path = (here / target).resolve()
        if not path.exists():
            path = ROOT / target  # the page is included from the root
        if not target or not path.is_relative_to(ROOT) or not path.exists():
            return
        inside = path.relative_to(ROOT).as_posix()
        if inside in PAGES:
            link = addnodes.pending_xref(
                refdomain="doc", reftarget=PAGES[inside], reftargetid=None, reftype="myst",
                refdoc=self.env.docname, refexplicit=True,
            )
        else:
            kind = "tree" if path.is_dir() else "blob"
            link = nodes.reference(refuri=f"{REPOSITORY}/{kind}/main/{inside}", internal=False)
        link["classes"] = [c for c in node.get("classes", []) if c not in ("xref", "download")]
        link += [c.deepcopy() for c in node.children]
        node.replace_self(link)


# ---- Names of types in signatures

def name_types(app, what, name, obj, options, signature, returns):
    """Shortens names of types, and removes private arguments."""

    def named(text):
        text = re.sub(r"TypeAliasForwardRef\('([\w.]+)'\)", r"\1", text)
        text = re.sub(r"(?<![\w.~])(leadfunnel\.\w+)", r"~\1", text)
        return re.sub(r", _\w+: [^,()]*(?=[,)])", "", text)

    return signature and named(signature), returns and named(returns)


def find_type(app, env, node, content):
    """Resolves type aliases, which are documented as data."""
    target = node.get("reftarget", "").rpartition(".")[2]
    if node.get("refdomain") == "py" and target in TYPE_NAMES:
        return env.get_domain("py").resolve_xref(
            env, node["refdoc"], app.builder, "data", TYPE_NAMES[target], node, content
        )
    return None


def setup(app):
    app.add_transform(RepositoryLinks)
    app.connect("autodoc-process-signature", name_types)
    app.connect("missing-reference", find_type)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
