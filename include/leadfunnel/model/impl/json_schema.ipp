// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

// Makes the JSON Schema of model files.

#include <leadfunnel/model/describe.hpp>
#include <leadfunnel/model/impl/json_out.ipp>
#include <leadfunnel/model/json_schema.hpp>
#include <leadfunnel/model/model.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace leadfunnel::inline v0 {
namespace detail {

class json_schema_maker {
  public:
    json_out make() {
        const type& about = language::type_of<model>();
        json_out properties = properties_of(about);
        json_out schema = json_out::object();
        schema.set("$schema", "http://json-schema.org/draft-07/schema#");
        schema.set("title", "leadfunnel model");
        schema.set("description", about.doc);
        schema.set("type", "object");
        properties.set("$schema", described(typed("string"), "Where this schema is; ignored."));
        schema.set("properties", std::move(properties));
        schema.set("required", required_of(about));
        schema.set("additionalProperties", json_out::truth(false));
        json_out definitions = json_out::object();
        for (auto& [name, definition] : definitions_) definitions.set(name, std::move(definition));
        schema.set("definitions", std::move(definitions));
        return schema;
    }

  private:
    using type = language::type_description;
    using member = language::member_description;

    static json_out typed(std::string_view type) {
        return std::move(json_out::object().set("type", type));
    }
    static json_out described(json_out schema, std::string_view text) {
        return std::move(schema.set("description", text));
    }
    static json_out reference(const std::string& name) {
        return std::move(json_out::object().set("$ref", "#/definitions/" + name));
    }
    static json_out constant(std::string_view text) {
        return std::move(json_out::object().set("const", text));
    }
    static json_out list_of(json_out items) {
        return std::move(typed("array").set("items", std::move(items)));
    }

    /// Adds a definition, unless it is there already or a caller is making it. Returns a reference
    /// to it.
    template<class F>
    json_out define(std::string name, F&& body) {
        for (char& c : name)
            if (c == ' ') c = '_';
        for (const auto& each : definitions_)
            if (each.first == name) return reference(name);
        const std::size_t at = definitions_.size();
        definitions_.emplace_back(name, json_out());
        json_out made = body();
        definitions_[at].second = std::move(made);
        return reference(name);
    }

    static json_out required_of(const type& t) {
        json_out list = json_out::list();
        if (!t.kind.empty()) list.add(json_out::quoted("kind"));
        for (const member& f : t.members)
            if (f.is_required) list.add(json_out::quoted(f.key));
        return list;
    }
    json_out properties_of(const type& t) {
        json_out o = json_out::object();
        if (!t.kind.empty()) o.set("kind", constant(t.kind));
        for (const member& f : t.members) o.set(f.key, member_schema(f));
        return o;
    }
    json_out member_schema(const member& f) {
        json_out o = json_out::object();
        o.set("description", f.doc);
        if (f.may_be_one) {
            json_out both = json_out::list();
            both.add(typed("string")).add(list_of(typed("string")));
            return std::move(o.set("anyOf", std::move(both)));
        }
        json_out schema = schema_of(*f.type);
        for (std::size_t i = 0; i < schema.of.size(); ++i) {
            // Draft-07 ignores what stands beside a $ref.
            if (schema.keys[i] == "\"$ref\"") {
                json_out all = json_out::list();
                all.add(std::move(schema));
                return std::move(o.set("allOf", std::move(all)));
            }
        }
        for (std::size_t i = 0; i < schema.of.size(); ++i)
            o.set(std::string_view(schema.keys[i]).substr(1, schema.keys[i].size() - 2),
                  std::move(schema.of[i]));
        if (f.stands_for == language::meaning::identifier) o.set("minLength", json_out::bare("1"));
        set_bounds(o, f);
        return o;
    }
    static void set_bounds(json_out& o, const member& f) {
        if (!f.bounds) return;
        const auto bound = [&](std::int64_t b) {
            return json_out::bare(language::measure_text(f, b));
        };
        switch (f.counts) {
        case language::measure::number:
        case language::measure::whole:
            o.set(f.bounds->above ? "exclusiveMinimum" : "minimum", bound(f.bounds->low));
            o.set("maximum", bound(f.bounds->high));
            return;
        case language::measure::length:
            o.set("minItems", bound(f.bounds->low));
            o.set("maxItems", bound(f.bounds->high));
            return;
        case language::measure::period: // texts, which a schema cannot compare
        case language::measure::none:
            return;
        }
    }

    json_out object_schema(const type& t) {
        json_out o = typed("object");
        o.set("description", t.doc);
        o.set("properties", properties_of(t));
        json_out required = required_of(t);
        if (!required.of.empty()) o.set("required", std::move(required));
        return std::move(o.set("additionalProperties", json_out::truth(false)));
    }

    json_out schema_of(const type& t) {
        using enum language::shape;
        switch (t.is) {
        case text:
            return typed("string");
        case truth:
            return typed("boolean");
        case number:
            return typed("number");
        case whole:
            return typed("integer");
        case period:
            return define("duration", [] { return duration_schema(); });
        case language::shape::time_of_day:
            return define("time_of_day", [] {
                json_out o = typed("string");
                return std::move(o.set("pattern", "^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$"));
            });
        case date:
            return define("date", [] {
                json_out o = typed("string");
                return std::move(o.set("pattern", "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"));
            });
        case facts:
            return define("facts", [] { return facts_schema(); });
        case language::shape::condition:
            return define("condition", [this] { return condition_schema(); });
        case choice:
            return define(std::string(t.noun), [&] { return choice_schema(t); });
        case structure:
            return define(t.kind.empty() ? std::string(t.noun)
                                         : std::string(t.noun).append("_").append(t.kind),
                          [&] { return structure_schema(t); });
        case variant:
            return define(std::string(t.noun), [&] { return variant_schema(t); });
        case optional:
            return schema_of(*t.element);
        case language::shape::list:
            break;
        }
        return list_of(schema_of(*t.element));
    }
    static json_out duration_schema() {
        json_out o = typed("string");
        o.set("description", "Numbers with the units w, d, h, m, s, ms, us, in this order.");
        return std::move(o.set("pattern", "^(?=.)([0-9]+w)?([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?"
                                          "([0-9]+ms)?([0-9]+us)?$"));
    }
    static json_out facts_schema() {
        json_out any = json_out::object();
        any.set("type", json_out::texts({"null", "boolean", "number", "string", "array"}));
        any.set("items", typed("string"));
        json_out o = typed("object");
        o.set("description", "Attributes and their values; null for none.");
        return std::move(o.set("additionalProperties", std::move(any)));
    }
    static json_out choice_schema(const type& t) {
        json_out names = json_out::list();
        for (const language::choice_description& each : t.choices)
            names.add(described(constant(each.name), each.doc));
        return std::move(json_out::object().set("oneOf", std::move(names)));
    }
    json_out structure_schema(const type& t) {
        if (t.shorthand == nullptr) return object_schema(t);
        json_out forms = json_out::list();
        forms.add(object_schema(t)).add(typed("string"));
        forms.add(list_of(typed("string")));
        return one_of_forms(t.doc, std::move(forms));
    }
    json_out variant_schema(const type& t) {
        json_out kinds = json_out::list();
        for (const type* each : t.alternatives) kinds.add(schema_of(*each));
        return one_of_forms(t.doc, std::move(kinds));
    }
    static json_out one_of_forms(std::string_view doc, json_out forms) {
        json_out o = json_out::object();
        o.set("description", doc);
        return std::move(o.set("oneOf", std::move(forms)));
    }

    static json_out only(std::string_view key, json_out member) {
        json_out o = typed("object");
        o.set("properties", std::move(json_out::object().set(key, std::move(member))));
        o.set("required", json_out::texts({key}));
        return std::move(o.set("additionalProperties", json_out::truth(false)));
    }
    json_out condition_schema() {
        const json_out condition = reference("condition");
        json_out forms = json_out::list();
        json_out empty = typed("object");
        forms.add(std::move(empty.set("maxProperties", json_out::bare("0"))));
        forms.add(only("all", list_of(condition)));
        forms.add(only("any", list_of(condition)));
        forms.add(only("not", condition));
        for (const auto& s : language::subjects) forms.add(test_schema(s));
        return one_of_forms(language::describe<leadfunnel::condition>::doc, std::move(forms));
    }
    json_out literal_schema(language::literal_kind k) {
        using enum language::literal_kind;
        const json_out any = define("value", [] {
            json_out types = json_out::texts({"boolean", "number", "string"});
            json_out o = json_out::object();
            o.set("description", "A truth value, a number, or a text; moments and durations are "
                                 "texts.");
            return std::move(o.set("type", std::move(types)));
        });
        switch (k) {
        case truth:
            return typed("boolean");
        case same:
            return any;
        case several:
            return list_of(any);
        case list_name:
        case text:
        case glob:
        case regex:
            break;
        }
        return typed("string");
    }
    json_out test_schema(const language::subject_description& s) {
        json_out properties = json_out::object();
        json_out required = json_out::texts({s.key});
        properties.set(s.key, described(typed("string"), s.doc));
        const auto further = [&](std::string_view key) {
            properties.set(key, typed("string"));
            required.add(json_out::quoted(key));
        };
        if (s.needs_funnel) further("funnel");
        if (s.needs_stage) further("stage");
        if (s.takes_part)
            properties.set("part", define("part", [] {
                               json_out names = json_out::list();
                               for (const auto& p : language::parts)
                                   names.add(described(constant(p.name), p.doc));
                               return std::move(json_out::object().set("oneOf", std::move(names)));
                           }));
        properties.set("exact",
                       described(typed("boolean"), "If true, text is compared byte by byte."));
        json_out one = json_out::list();
        for (const auto& o : language::operators) {
            if (s.type && !o.accepts.has(*s.type)) continue;
            if (s.is_only_ordered && !language::is_order(o.value)) continue;
            properties.set(o.name, define("operator_" + std::string(o.name), [&] {
                               json_out all = json_out::list();
                               all.add(literal_schema(o.literal));
                               json_out schema = json_out::object();
                               schema.set("description", o.doc);
                               return std::move(schema.set("allOf", std::move(all)));
                           }));
            one.add(std::move(json_out::object().set("required", json_out::texts({o.name}))));
        }
        json_out test = typed("object");
        test.set("properties", std::move(properties));
        test.set("required", std::move(required));
        test.set("additionalProperties", json_out::truth(false));
        return std::move(test.set("oneOf", std::move(one)));
    }

    std::vector<std::pair<std::string, json_out>> definitions_{};
};

} // namespace detail

LEADFUNNEL_DECL std::string model_schema() { return detail::json_schema_maker().make().print(); }

} // namespace leadfunnel::inline v0
