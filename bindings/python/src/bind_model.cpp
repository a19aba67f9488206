// Distributed under the Boost Software License, Version 1.0. See LICENSE.

#include "common.hpp"

#include <leadfunnel/core/detail/json_comments.hpp>
#include <leadfunnel/core/zone_folder.hpp>
#include <leadfunnel/io/mapping.hpp>
#include <leadfunnel/model/describe.hpp>

#include <pybind11/stl/filesystem.h>

#include <algorithm>
#include <filesystem>
#include <type_traits>

namespace leadfunnel_python {

namespace {

using namespace py::literals;

// ---- the language, for the builders -------------------------------------------------------------

template<class T>
inline constexpr bool is_vector = false;
template<class T>
inline constexpr bool is_vector<std::vector<T>> = true;
template<class T>
inline constexpr bool is_optional = false;
template<class T>
inline constexpr bool is_optional<std::optional<T>> = true;

/// The name of a described C++ type, of which the Python class name is made.
template<class T>
std::string cpp_name() {
    const std::string_view all = __PRETTY_FUNCTION__;
    std::string_view name = all.substr(all.find("T = ") + 4);
    name = name.substr(0, name.find_first_of(";]"));
    return std::string{name.substr(name.rfind(':') + 1)};
}

class language_writer {
  public:
    py::dict types{}; ///< in the order in which the model refers to them

    template<class T>
    py::object type_of() {
        if constexpr (std::is_same_v<T, std::string>)
            return py::str("text");
        else if constexpr (std::is_same_v<T, bool>)
            return py::str("bool");
        else if constexpr (std::is_same_v<T, std::int64_t>)
            return py::str("int");
        else if constexpr (std::is_same_v<T, lf::decimal>)
            return py::str("decimal");
        else if constexpr (std::is_same_v<T, lf::duration>)
            return py::str("duration");
        else if constexpr (std::is_same_v<T, lf::time_of_day>)
            return py::str("time_of_day");
        else if constexpr (std::is_same_v<T, std::chrono::year_month_day>)
            return py::str("date");
        else if constexpr (std::is_same_v<T, lf::value_map>)
            return py::str("values");
        else if constexpr (std::is_same_v<T, lf::condition>)
            return py::str("condition");
        else if constexpr (is_optional<T>)
            return type_of<typename T::value_type>();
        else if constexpr (is_vector<T>)
            return py::make_tuple("list", type_of<typename T::value_type>());
        else if constexpr (lf::language::described_enum<T>) {
            py::list names;
            for (const auto& n : lf::language::describe<T>::names)
                names.append(py::make_tuple(std::string{n.name}, std::string{n.doc}));
            return py::make_tuple("enum", names);
        } else if constexpr (lf::language::described_variant<T>) {
            py::list alternatives;
            lf::language::for_each_alternative<T>(
                [&]<class A>(std::type_identity<A>) { alternatives.append(type_of<A>()); });
            return py::make_tuple("variant", std::string{lf::language::describe<T>::noun},
                                  alternatives);
        } else {
            return py::make_tuple("struct", write<T>());
        }
    }

    template<class T>
    std::string write() {
        using d = lf::language::describe<T>;
        const std::string name = cpp_name<T>();
        if (types.contains(name)) return name;
        types[name.c_str()] = py::none(); // keeps the place, and ends recursion
        py::list fields;
        lf::language::for_each_field<T>([&](const auto& f) {
            using member = typename std::remove_cvref_t<decltype(f)>::member_type;
            fields.append(py::dict("key"_a = std::string{f.key}, "doc"_a = std::string{f.doc},
                                   "required"_a = f.is_required, "one_or_many"_a = f.may_be_one,
                                   "type"_a = type_of<member>(),
                                   "range"_a = lf::language::range_text(f)));
        });
        py::dict out("doc"_a = std::string{d::doc}, "fields"_a = fields);
        if constexpr (requires { d::kind; }) out["kind"] = std::string{d::kind};
        types[name.c_str()] = out;
        return name;
    }
};

py::dict language() {
    language_writer w;
    w.write<lf::model>();
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
