// Distributed under the Boost Software License, Version 1.0. See LICENSE.

#include "common.hpp"

#include <leadfunnel/core/detail/json_comments.hpp>
#include <leadfunnel/core/zone_folder.hpp>
#include <leadfunnel/io/mapping.hpp>
#include <leadfunnel/model/describe.hpp>

#include <pybind11/stl/filesystem.h>

#include <algorithm>
#include <filesystem>

namespace leadfunnel_python {

namespace {

using namespace py::literals;

// ---- the language, for the builders -------------------------------------------------------------

class language_writer {
  public:
    py::dict types{}; ///< in the order in which the model refers to them

    py::object type_of(const lf::language::type_description& t) {
        using lf::language::shape;
        switch (t.is) {
        case shape::text:
            return py::str("text");
        case shape::truth:
            return py::str("bool");
        case shape::whole:
            return py::str("int");
        case shape::number:
            return py::str("decimal");
        case shape::period:
            return py::str("duration");
        case shape::time_of_day:
            return py::str("time_of_day");
        case shape::date:
            return py::str("date");
        case shape::facts:
            return py::str("values");
        case shape::condition:
            return py::str("condition");
        case shape::optional:
            return type_of(*t.element);
        case shape::list:
            return py::make_tuple("list", type_of(*t.element));
        case shape::choice: {
            py::list names;
            for (const auto& n : t.choices)
                names.append(py::make_tuple(std::string{n.name}, std::string{n.doc}));
            return py::make_tuple("enum", names);
        }
        case shape::variant: {
            py::list alternatives;
            for (const auto* a : t.alternatives) alternatives.append(type_of(*a));
            return py::make_tuple("variant", std::string{t.noun}, alternatives);
        }
        case shape::structure:
            return py::make_tuple("struct", write(t));
        }
        return py::none();
    }

    /// Adds a struct to `types`, unless it is there. Returns its name in C++, which its Python
    /// class has in another spelling.
    std::string write(const lf::language::type_description& t) {
        const std::string name{t.name};
        if (types.contains(name)) return name;
        types[name.c_str()] = py::none(); // keeps the place, and ends recursion
        py::list fields;
        for (const lf::language::member_description& f : t.members)
            fields.append(py::dict("key"_a = std::string{f.key}, "doc"_a = std::string{f.doc},
                                   "required"_a = f.is_required, "one_or_many"_a = f.may_be_one,
                                   "type"_a = type_of(*f.type),
                                   "range"_a = lf::language::range_text(f)));
        py::dict out("doc"_a = std::string{t.doc}, "fields"_a = fields);
        if (!t.kind.empty()) out["kind"] = std::string{t.kind};
        types[name.c_str()] = out;
        return name;
    }
};

py::dict language() {
    language_writer w;
    w.write(lf::language::type_of<lf::model>());
    py::list operators;
    for (const auto& o : lf::language::operators)
        operators.append(py::dict("name"_a = std::string{o.name}, "doc"_a = std::string{o.doc},
                                  "literal"_a = static_cast<int>(o.literal)));
    py::list parts;
    for (const auto& p : lf::language::parts)
        parts.append(py::dict("name"_a = std::string{p.name}, "doc"_a = std::string{p.doc}));
    py::list subjects;
    for (const auto& s : lf::language::subjects)
        subjects.append(py::dict("name"_a = std::string{s.key}, "doc"_a = std::string{s.doc},
                                 "needs_funnel"_a = s.needs_funnel, "needs_stage"_a = s.needs_stage,
                                 "takes_part"_a = s.takes_part));
    return py::dict("types"_a = w.types, "operators"_a = operators, "parts"_a = parts,
                    "subjects"_a = subjects);
}

const lf::funnel& funnel_of(const model_holder& m, const std::string& name) {
    const auto& all = m.loaded.value.funnels;
    for (const lf::funnel& f : all)
        if (f.id == name) return f;
    std::vector<std::string_view> names;
    std::string list;
    for (const lf::funnel& f : all) {
        names.emplace_back(f.id);
        list += list.empty() ? "'" : ", '";
        list += f.id;
        list += '\'';
    }
    raise_unknown_name("the model has no funnel " + lf::detail::quote(name) + "; it has " +
                       (list.empty() ? "none" : list));
}

void bind_plan(py::module_& m) {
    py::class_<lf::plan>(m, "Plan", "A compiled model.")
        .def_property_readonly(
            "scores",
            [](const lf::plan& p) {
                py::list out;
                for (std::size_t i = 0; i < p.score_count(); ++i)
                    out.append(std::string{p.score_name(i)});
                return out;
            },
            "Names of the scores, derived ones last.")
        .def_property_readonly("bandings",
                               [](const lf::plan& p) {
                                   py::list out;
                                   for (const auto& b : p.source().bandings) out.append(b.id);
                                   return out;
                               })
        .def_property_readonly("matrices",
                               [](const lf::plan& p) {
                                   py::list out;
                                   for (const auto& b : p.source().matrices) out.append(b.id);
                                   return out;
                               })
        .def_property_readonly(
            "attributes",
            [](const lf::plan& p) {
                py::dict out;
                for (const auto& a : p.source().attributes)
                    out[py::str(a.id)] = std::string{lf::language::name_of(a.type)};
                return out;
            },
            "Declared attributes and their types.")
        .def_property_readonly(
            "properties",
            [](const lf::plan& p) {
                py::dict out;
                for (const auto& a : p.source().properties)
                    out[py::str(a.id)] = std::string{lf::language::name_of(a.type)};
                return out;
            },
            "Declared properties and their types.")
        .def_property_readonly("warnings",
                               [](const lf::plan& p) { return from_issues(p.warnings()); });
}

void bind_model_class(py::module_& m) {
    py::class_<model_holder>(m, "Model", "A model, and where its parts stand in its text.")
        .def_static(
            "parse",
            [](const py::bytes& text, const std::string& file) {
                const std::string_view json = text; // the caller keeps the object alive
                return released([&] { return model_holder{lf::parse_model(json, file)}; });
            },
            "text"_a, "file"_a = "")
        .def_property_readonly("file", [](const model_holder& h) { return h.loaded.file; })
        .def("check",
             [](const model_holder& h) {
                 return from_issues(released([&] { return lf::check(h.loaded); }));
             })
        .def("compile",
             [](const model_holder& h) { return released([&] { return lf::compile(h.loaded); }); })
        .def("write",
             [](const model_holder& h) {
                 return released([&] { return lf::write_model(h.loaded.value); });
             })
        .def(
            "diagram",
            [](const model_holder& h, const text_arg& funnel, const std::string& format,
               bool left_to_right, bool conditions) {
                return lf::diagram(funnel_of(h, funnel),
                                   format == "dot" ? lf::diagram_format::dot
                                                   : lf::diagram_format::mermaid,
                                   {.left_to_right = left_to_right, .conditions = conditions});
            },
            "funnel"_a, "format"_a, "left_to_right"_a, "conditions"_a)
        .def(
            "same",
            [](const model_holder& a, const model_holder& b) {
                return a.loaded.value == b.loaded.value;
            },
            "other"_a, "Whether two models are equal, wherever they come from.");
}

} // namespace

void bind_model(py::module_& m) {
    bind_plan(m);
    bind_model_class(m);
    m.def("language", &language,
          "The description of the model language: its types, operators, parts and subjects.");
    m.def(
        "mapping_json",
        [](const std::string& text) -> std::optional<std::string> {
            if (!lf::parse_mapping(text).issues.empty()) return std::nullopt;
            std::string json = text.starts_with("\xEF\xBB\xBF") ? text.substr(3) : text;
            (void)lf::detail::blank_comments(json);
            return json;
        },
        "text"_a,
        "A mapping file without its comments. None if it has a mistake, which reading by it "
        "reports.");
    m.def("model_schema", &lf::model_schema, "The JSON Schema of model files.");
    m.def(
        "to_instant", [](const py::object& at) { return from_instant(to_instant(at)); }, "at"_a,
        "An instant as an aware datetime in UTC.");
    m.def("use_zone_folder", &lf::use_zone_folder, "folder"_a,
          "Adds a folder of time zones, for those that the system lacks.");
}

} // namespace leadfunnel_python
