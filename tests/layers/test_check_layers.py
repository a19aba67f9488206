# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""Shows the layer check a house with one thing wrong at a time."""

import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from check_layers import LICENCE, check  # noqa: E402

GOOD = {
    "include/leadfunnel/leadfunnel.hpp": "#include <leadfunnel/plan/p.hpp>",
    "include/leadfunnel/core/a.hpp": "#include <leadfunnel/core/impl/a.ipp>",
    "include/leadfunnel/model/m.hpp": "#include <leadfunnel/core/a.hpp>",
    "include/leadfunnel/plan/p.hpp": "#include <leadfunnel/model/m.hpp>",
    "include/leadfunnel/core/impl/a.ipp": "#include <leadfunnel/core/a.hpp>\n#include <fmt/format.h>",
    "src/core/a.cpp": "#include <leadfunnel/core/impl/a.ipp>",
}


class CheckLayers(unittest.TestCase):
    def problems(self, **changed):
        files = GOOD | {name: text for name, text in changed.get("files", {}).items()}
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder).resolve()
            for name, text in files.items():
                if text is None:
                    continue
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                (root / name).write_text(f"// {LICENCE}\n{text}\n", encoding="utf-8")
            for name, text in changed.get("bare", {}).items():
                (root / name).write_text(text, encoding="utf-8")
            return check(root)

    def refused(self, name, text, why):
        problems = self.problems(files={name: text})
        self.assertEqual(len(problems), 1, problems)
        self.assertIn(why, problems[0])
        self.assertIn(name, problems[0])

    def test_a_good_house_passes(self):
        self.assertEqual(self.problems(), [])

    def test_upward(self):
        self.refused("include/leadfunnel/model/m.hpp", "#include <leadfunnel/plan/p.hpp>",
                     "'model' may not include 'plan'")

    def test_upward_from_a_body(self):
        self.refused("include/leadfunnel/core/impl/a.ipp", "#include <leadfunnel/model/m.hpp>",
                     "'core' may not include 'model'")

    def test_sideways(self):
        self.refused("include/leadfunnel/history/e.hpp", "#  include <leadfunnel/model/m.hpp>",
                     "'history' may not include 'model'")

    def test_the_umbrella(self):
        self.refused("include/leadfunnel/plan/p.hpp", "#include <leadfunnel/leadfunnel.hpp>",
                     "umbrella")

    def test_another_header_s_body(self):
        self.refused("include/leadfunnel/model/m.hpp", "#include <leadfunnel/core/impl/a.ipp>",
                     "own body")

    def test_a_dependency_in_a_public_header(self):
        for name in ("fmt/core.h", "boost/json.hpp", "re2/re2.h", "simdjson.h",
                     "utf8proc.h", "xxhash.h"):
            self.refused("include/leadfunnel/core/b.hpp", f"#include <{name}>", "public header")

    def test_a_relative_include(self):
        self.refused("include/leadfunnel/core/b.hpp", '#include "a.hpp"', "spelt")

    def test_an_unknown_layer(self):
        self.refused("include/leadfunnel/misc/b.hpp", "", "not a known layer")
        self.refused("include/leadfunnel/detail/b.hpp", "", "not a known layer")

    def test_an_unknown_room(self):
        for name in ("core/misc/b.hpp", "core/detail/more/b.hpp", "core/impl/b.hpp", "core/b.ipp"):
            self.refused(f"include/leadfunnel/{name}", "", "no such room")

    def test_upward_in_a_private_header(self):
        self.refused("include/leadfunnel/core/detail/d.hpp", "#include <leadfunnel/plan/p.hpp>",
                     "'core' may not include 'plan'")

    def test_another_layers_private_header(self):
        files = {
            "include/leadfunnel/core/detail/d.hpp": "",
            "include/leadfunnel/plan/p.hpp": "#include <leadfunnel/core/detail/d.hpp>",
        }
        self.assertEqual(self.problems(files=files), [])

    def test_two_headers_of_one_body(self):
        problems = self.problems(files={"include/leadfunnel/core/detail/a.hpp": ""})
        self.assertTrue(problems)
        self.assertIn("two headers", problems[0])

    def test_a_dependency_by_way_of_detail(self):
        files = {
            "include/leadfunnel/core/detail/d.hpp": "#include <re2/re2.h>",
            "include/leadfunnel/core/b.hpp": "#include <leadfunnel/core/detail/d.hpp>",
        }
        problems = self.problems(files=files)
        self.assertEqual(len(problems), 1, problems)
        self.assertIn("by way of", problems[0])

    def test_parts_of_a_body(self):
        part = {"include/leadfunnel/core/impl/a_part.ipp": "#include <leadfunnel/core/a.hpp>"}
        uses = {"include/leadfunnel/core/impl/a.ipp": "#include <leadfunnel/core/impl/a_part.ipp>"}
        self.assertEqual(self.problems(files=part | uses), [])
        wrong = {"include/leadfunnel/core/b.hpp": "#include <leadfunnel/core/impl/a_part.ipp>"}
        problems = self.problems(files=part | wrong)
        self.assertEqual(len(problems), 1, problems)
        self.assertIn("part of a body", problems[0])

    def test_an_include_of_nothing(self):
        self.refused("include/leadfunnel/core/b.hpp", "#include <leadfunnel/core/c.hpp>",
                     "is not there")

    def test_a_body_without_source(self):
        problems = self.problems(files={"src/core/a.cpp": None})
        self.assertEqual(len(problems), 1, problems)
        self.assertIn("src/core/a.cpp is missing", problems[0])

    def test_a_source_with_code(self):
        self.refused("src/core/a.cpp",
                     "#include <leadfunnel/core/impl/a.ipp>\n#include <leadfunnel/core/a.hpp>",
                     "nothing else")

    def test_a_source_of_no_body(self):
        self.refused("src/core/b.cpp", "#include <leadfunnel/core/a.hpp>", "no body")

    def test_no_licence(self):
        problems = self.problems(bare={"src/core/a.cpp": "#include <leadfunnel/core/impl/a.ipp>\n"})
        self.assertEqual(len(problems), 1, problems)
        self.assertIn("licence", problems[0])


if __name__ == "__main__":
    unittest.main()
