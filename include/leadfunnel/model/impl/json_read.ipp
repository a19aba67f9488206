// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

// Reads models: walks the tables of the language beside the tree of the text.

#include <leadfunnel/model/describe.hpp>
#include <leadfunnel/model/impl/json_conditions.ipp>
#include <leadfunnel/model/model.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace leadfunnel::inline v0::detail {

/// Reads a model member by member, as the tables describe it. What is wrong is reported, and keeps
/// its default.
class json_reader : json_condition_reader {
  public:
    json_reader(json_tree& tree, std::vector<issue>& issues, std::string_view file)
        : json_condition_reader(tree, issues, file) {}

    void read_root(model& out) {
        if (!is(0, json_kind::object)) {
            wrong_type(0, "an object, `{…}`");
            return;
        }
        read_members(0, language::type_of<model>(), &out);
    }

  private:
    using type = language::type_description;
    using member = language::member_description;
    using shape = language::shape;

    /// Reads a value into `out`, which points to a default value of type `t`. False if it cannot be
    /// read, which is then reported.
    bool read_any(std::uint32_t n, const type& t, void* out) {
        switch (t.is) {
        case shape::text:
            return read(n, *static_cast<std::string*>(out));
        case shape::truth:
            return read(n, *static_cast<bool*>(out));
        case shape::number:
            return read(n, *static_cast<decimal*>(out));
        case shape::whole:
            return read(n, *static_cast<std::int64_t*>(out));
        case shape::period:
            return read(n, *static_cast<duration*>(out));
        case shape::time_of_day:
            return read(n, *static_cast<time_of_day*>(out));
        case shape::date:
            return read(n, *static_cast<std::chrono::year_month_day*>(out));
        case shape::facts:
            return read_facts(n, *static_cast<value_map*>(out));
        case shape::condition:
            return read_condition(n, *static_cast<condition*>(out));
        case shape::choice:
            return read_choice(n, t, *static_cast<std::uint8_t*>(out));
        case shape::structure:
            return read_structure(n, t, out);
        case shape::variant:
            return read_variant(n, t, out);
        case shape::optional:
            if (read_any(n, *t.element, t.append(out))) return true;
            t.pop(out);
            return false;
        case shape::list:
            return read_list(n, t, out);
        }
        return false;
    }

    bool read_list(std::uint32_t n, const type& t, void* out) {
        if (!is(n, json_kind::list)) return not_a_list(n);
        const std::size_t size = element_count(n);
        t.reserve(out, size);
        read_elements(n, [&](std::uint32_t each) {
            if (read_any(each, *t.element, t.append(out))) return true;
            t.pop(out);
            return false;
        });
        if (t.size(out) < size) t.shrink(out);
        return true;
    }

    /// Enumerations are stored in one byte.
    bool read_choice(std::uint32_t n, const type& t, std::uint8_t& out) {
        std::vector<std::string_view> names;
        for (const language::choice_description& each : t.choices) {
            names.push_back(each.name);
            if (is(n, json_kind::text) && each.name == text(n)) {
                out = each.value;
                return true;
            }
        }
        return wrong_choice(n, t.noun, names);
    }

    bool read_variant(std::uint32_t n, const type& t, void* out) {
        const std::string noun(t.noun);
        if (!is(n, json_kind::object))
            return wrong_type(n, json_article(noun) + ", an object `{…}` with a 'kind'");
        std::vector<std::string_view> kinds;
        for (const type* each : t.alternatives) kinds.push_back(each->kind);
        std::uint32_t kind = n + 1;
        while (kind < node(n).end && key(kind) != "kind") kind = node(kind).end;
        if (kind >= node(n).end)
            return missing(n, "kind", "the " + noun + " has no 'kind'", one_of(kinds));
        for (std::size_t i = 0; is(kind, json_kind::text) && i < kinds.size(); ++i) {
            if (kinds[i] != text(kind)) continue;
            read_members(n, *t.alternatives[i], t.choose(out, i));
            return true;
        }
        const step s(*this, "kind");
        return wrong_choice(kind, noun + " kind", kinds);
    }

    bool read_structure(std::uint32_t n, const type& t, void* out) {
        const bool is_object = is(n, json_kind::object);
        if (t.shorthand != nullptr) {
            tree_.nodes[n].is_short = !is_object;
            if (is(n, json_kind::list) || is(n, json_kind::text)) {
                read_one_or_many(n, *t.shorthand, out);
                return true;
            }
        }
        if (!is_object)
            return wrong_type(n, json_article(t.noun) + ", an object `{…}`" +
                                     (t.shorthand ? ", or a text, or a list of texts" : ""));
        read_members(n, t, out);
        return true;
    }

    /// Reads what it can of an object. Members that cannot be read keep their defaults.
    void read_members(std::uint32_t n, const type& t, void* out) {
        const bool is_root = n == 0;
        std::vector<std::string_view> keys;
        for (const member& f : t.members) keys.push_back(f.key);
        // One more key that is not a member: the kind, or the root's "$schema".
        if (!t.kind.empty()) keys.push_back("kind");
        if (is_root) keys.push_back("$schema");
        std::vector<std::uint32_t> found(keys.size(), absent);
        match(n, keys, found);
        for (std::size_t i = 0; i < t.members.size(); ++i) {
            read_member(n, found[i], t.members[i], t.noun, out);
            if (is_root) note_types(*static_cast<const model*>(out));
        }
    }

    void read_member(std::uint32_t object, std::uint32_t n, const member& f, std::string_view noun,
                     void* out) {
        if (n == absent) {
            if (f.is_required)
                missing(object, f.key, "the " + std::string(noun) + " has no " + quote(f.key));
            return;
        }
        if (n == misspelt) return;
        const step s(*this, f.key);
        if (f.may_be_one)
            read_one_or_many(n, f, out);
        else
            read_any(n, *f.type, f.writable_in(out));
    }

    /// A list of texts, or a single text.
    void read_one_or_many(std::uint32_t n, const member& f, void* owner) {
        void* const texts = f.writable_in(owner);
        if (is(n, json_kind::list))
            read_list(n, *f.type, texts);
        else if (is(n, json_kind::text))
            read(n, *static_cast<std::string*>(f.type->append(texts)));
        else
            wrong_type(n, "a text, or a list of texts");
    }
};

} // namespace leadfunnel::inline v0::detail
