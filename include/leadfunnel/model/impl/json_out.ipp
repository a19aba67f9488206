// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

// JSON values to be printed.

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace leadfunnel::inline v0::detail {

/// A JSON value to be printed.
struct json_out {
    enum class kind : std::uint8_t { scalar, list, object };
    kind is = kind::scalar;
    std::string text{}; ///< of a scalar, as printed
    std::vector<std::string> keys{};
    std::vector<json_out> of{};
    std::size_t width = 0; ///< when printed on one line

    static json_out quoted(std::string_view s) {
        json_out o;
        o.text = "\"";
        for (const char c : s) {
            constexpr std::string_view hex = "0123456789abcdef";
            const auto byte = static_cast<unsigned char>(c);
            if (c == '"' || c == '\\') {
                o.text += '\\';
                o.text += c;
            } else if (c == '\n') {
                o.text += "\\n";
            } else if (c == '\t') {
                o.text += "\\t";
            } else if (byte < 0x20 || byte == 0x7f) {
                o.text += "\\u00";
                o.text += hex[byte >> 4U];
                o.text += hex[byte & 15U];
            } else {
                o.text += c;
            }
        }
        o.text += '"';
        o.width = o.text.size();
        return o;
    }
    static json_out bare(std::string s) {
        json_out o;
        o.text = std::move(s);
        o.width = o.text.size();
        return o;
    }
    static json_out truth(bool b) { return bare(b ? "true" : "false"); }
    static json_out list() { return {.is = kind::list, .width = 2}; }
    static json_out object() { return {.is = kind::object, .width = 2}; }
    /// A list of texts.
    static json_out texts(std::initializer_list<std::string_view> all) {
        json_out o = list();
        for (const auto t : all) o.add(quoted(t));
        return o;
    }

    json_out& add(json_out element) {
        width += element.width + 2;
        of.push_back(std::move(element));
        return *this;
    }
    json_out& set(std::string_view key, json_out member) {
        keys.push_back(quoted(key).text);
        width += keys.back().size() + 4;
        width += member.width;
        of.push_back(std::move(member));
        return *this;
    }
    json_out& set(std::string_view key, std::string_view member) {
        return set(key, quoted(member));
    }
    json_out& set(std::string_view key, const char* member) { return set(key, quoted(member)); }

    /// Short lists and objects are printed on one line, longer ones with a line for each element.
    /// `column` is where the value begins.
    void print(std::string& to, std::size_t indent, std::size_t column) const {
        constexpr std::size_t columns = 100;
        if (is == kind::scalar) {
            to += text;
            return;
        }
        const bool one_line = of.empty() || (indent > 0 && column + width <= columns);
        to += is == kind::list ? '[' : '{';
        for (std::size_t i = 0; i < of.size(); ++i) {
            if (i != 0) to += one_line ? ", " : ",";
            if (!one_line) to.append("\n").append(indent + 2, ' ');
            std::size_t before = indent + 2;
            if (is == kind::object) {
                to.append(keys[i]).append(": ");
                before += keys[i].size() + 2;
            }
            of[i].print(to, indent + 2, one_line ? 0 : before);
        }
        if (!one_line) to.append("\n").append(indent, ' ');
        to += is == kind::list ? ']' : '}';
    }
    [[nodiscard]] std::string print() const {
        std::string to;
        print(to, 0, 0);
        return to += '\n';
    }
};

} // namespace leadfunnel::inline v0::detail
