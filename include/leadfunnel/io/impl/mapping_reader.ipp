// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

// Reads a mapping file: JSON text to a tree, the tree to a `mapping_file`.

#include <leadfunnel/core/detail/json_comments.hpp>
#include <leadfunnel/core/detail/messages.hpp>
#include <leadfunnel/core/text.hpp>
#include <leadfunnel/io/impl/json_tokens.ipp>
#include <leadfunnel/io/mapping.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace leadfunnel::inline v0::detail {

template<class E>
struct mapping_word {
    std::string_view word;
    E value;
};

inline constexpr std::array<mapping_word<input_format>, 2> input_format_words{
    {{"csv", input_format::csv}, {"ndjson", input_format::ndjson}}};
inline constexpr std::array<mapping_word<row_target>, 3> row_target_words{
    {{"attributes", row_target::attributes},
     {"touchpoint", row_target::touchpoint},
     {"stage", row_target::stage}}};
inline constexpr std::array<mapping_word<time_format>, 6> time_format_words{
    {{"rfc3339", time_format::rfc3339},
     {"iso8601", time_format::iso8601},
     {"local", time_format::local},
     {"date", time_format::date},
     {"unix_seconds", time_format::unix_seconds},
     {"unix_millis", time_format::unix_millis}}};
inline constexpr std::array<mapping_word<day_moment>, 3> day_moment_words{
    {{"start", day_moment::start}, {"noon", day_moment::noon}, {"end", day_moment::end}}};
inline constexpr std::array<mapping_word<local_choice>, 3> local_choice_words{
    {{"refuse", local_choice::refuse},
     {"earliest", local_choice::earliest},
     {"latest", local_choice::latest}}};
inline constexpr std::array<mapping_word<value_type>, 5> mapped_type_words{
    {{"bool", value_type::boolean},
     {"number", value_type::number},
     {"string", value_type::string},
     {"timestamp", value_type::timestamp},
     {"set", value_type::set}}};

struct mapping_node {
    enum class kind : std::uint8_t { null, truth, number, text, list, object };
    kind is = kind::null;
    std::string key{};
    std::string text{}; ///< of a text, a number or a truth value
    std::size_t key_at = 0;
    std::size_t at = 0; ///< offset in bytes
    std::vector<mapping_node> of{};
};

class mapping_reader {
  public:
    explicit mapping_reader(loaded_mapping& out) : out_(out) {}

    void run(std::string_view json) {
        text_ = json;
        if (json.size() > max_mapping_bytes) {
            report(issue_code::too_large, 0, {}, "the file is too large",
                   "at most " + std::to_string(max_mapping_bytes) + " bytes");
            return;
        }
        for (std::size_t i = 0; i < json.size(); ++i)
            if (json[i] == '\n') lines_.push_back(i + 1);
        mapping_node root;
        if (!parse(root)) return;
        read_file(root);
        std::vector<issue> more = check(out_.value);
        for (issue& i : more)
            if (!has_more_) locate(i);
        has_more_ = has_more_ || more.size() > max_mapping_issues;
        std::stable_sort(out_.issues.begin(), out_.issues.end(),
                         [](const issue& a, const issue& b) {
                             return std::pair(a.line, a.column) < std::pair(b.line, b.column);
                         });
        if (!has_more_) return;
        issue i;
        i.code = issue_code::too_large;
        i.file = out_.file;
        i.line = out_.issues.back().line;
        i.column = out_.issues.back().column;
        i.message = "there are more issues, which are not listed";
        out_.issues.push_back(std::move(i));
    }

  private:
    using kind = mapping_node::kind;

    void report(issue_code code, std::size_t at, std::string pointer, std::string message,
                std::string expected = {}, std::string hint = {}) {
        if (is_full()) return;
        issue i;
        i.code = code;
        i.file = out_.file;
        place(i, at);
        if (!pointer.empty()) said_.insert(pointer);
        i.pointer = std::move(pointer);
        i.message = std::move(message);
        i.expected = std::move(expected);
        i.hint = std::move(hint);
        out_.issues.push_back(std::move(i));
    }
    [[nodiscard]] bool is_full() {
        has_more_ = has_more_ || out_.issues.size() >= max_mapping_issues;
        return has_more_;
    }
    void place(issue& i, std::size_t at) const {
        const auto line = std::upper_bound(lines_.begin(), lines_.end(), at);
        i.line = static_cast<std::uint32_t>(line - lines_.begin());
        i.column = static_cast<std::uint32_t>(at - *(line - 1) + 1);
    }

    /// Adds an issue of `check`, unless reading has reported one there or above.
    void locate(issue& i) {
        for (std::string_view p = i.pointer; !p.empty(); p = p.substr(0, p.rfind('/')))
            if (said_.contains(p)) return;
        if (is_full()) return;
        std::string_view pointer = i.pointer;
        auto where = positions_.find(pointer);
        while (where == positions_.end() && !pointer.empty()) {
            pointer = pointer.substr(0, pointer.rfind('/'));
            where = positions_.find(pointer);
        }
        i.file = out_.file;
        place(i, where == positions_.end() ? 0 : where->second);
        out_.issues.push_back(std::move(i));
    }

    // -- the text as a tree --

    bool parse(mapping_node& root) {
        std::string json(text_);
        if (json.starts_with("\xEF\xBB\xBF")) json.replace(0, 3, "   ");
        if (!is_utf8(json)) {
            std::size_t line = 1;
            while (line < lines_.size() &&
                   is_utf8(text_.substr(lines_[line - 1], lines_[line] - lines_[line - 1])))
                ++line;
            report(issue_code::syntax, lines_[line - 1], {}, "text that is not UTF-8", {},
                   "save the file as UTF-8");
            return false;
        }
        if (const auto fault = blank_comments(json)) {
            if (fault->is_quotes)
                report(issue_code::syntax, fault->at, {}, "a line break within quotes", {},
                       "is the closing quote missing?");
            else
                report(issue_code::syntax, fault->at, {}, "a comment without end", "`*/`");
            return false;
        }
        if (json.find_first_not_of(" \t\r\n") == json.npos) {
            report(issue_code::syntax, 0, {}, "the file is empty");
            return false;
        }
        const std::size_t size = json.size();
        json.append(simdjson::SIMDJSON_PADDING + 1, '\n');
        begin_ = json.data();
        size_ = size;
        simdjson::ondemand::parser parser;
        simdjson::ondemand::json_iterator it;
        const auto code =
            parser.iterate_raw(simdjson::padded_string_view(json.data(), size, json.size()))
                .get(it);
        if (code != simdjson::SUCCESS) {
            report(issue_code::syntax, 0, {}, "a control character or an unclosed quote");
            return false;
        }
        json_tokens tokens(it);
        if (!parse_value(tokens, tokens.next(), root, 0)) return false;
        if (!tokens.at_end()) {
            unexpected(tokens.next());
            return false;
        }
        if (root.is != kind::object) {
            report(issue_code::wrong_type, root.at, {}, "the file is no object",
                   "an object, `{…}`");
            return false;
        }
        return true;
    }

    [[nodiscard]] std::size_t offset(std::string_view token) const {
        const auto n = static_cast<std::size_t>(token.data() - begin_);
        return token == "\n" || n > size_ ? size_ : n;
    }

    bool unexpected(std::string_view token) {
        const std::size_t at = offset(token);
        if (at >= size_)
            report(issue_code::syntax, at, {}, "the file ends too early", {},
                   "is a closing bracket missing?");
        else
            report(issue_code::syntax, at, {}, "unexpected " + quote(token));
        return false;
    }

    bool parse_value(json_tokens& tokens, std::string_view token, mapping_node& to,
                     std::size_t depth) {
        to.at = offset(token);
        if (depth > max_mapping_nesting) {
            report(issue_code::too_large, to.at, {}, "lists and objects are nested too deep",
                   "at most " + std::to_string(max_mapping_nesting) + " levels");
            return false;
        }
        if (token == "{" || token == "[") {
            const bool object = token == "{";
            const std::string_view close = object ? "}" : "]";
            to.is = object ? kind::object : kind::list;
            token = tokens.next();
            if (token == close) return true;
            for (;;) {
                mapping_node& each = to.of.emplace_back();
                if (object) {
                    const cell key = json_scalar_of(token, tokens);
                    if (key.is != cell::kind::text) return unexpected(token);
                    each.key = key.text;
                    each.key_at = offset(token);
                    token = tokens.next();
                    if (token != ":") return unexpected(token);
                    token = tokens.next();
                }
                if (!parse_value(tokens, token, each, depth + 1)) return false;
                token = tokens.next();
                if (token == close) return true;
                if (token != ",") return unexpected(token);
                token = tokens.next();
            }
        }
        const cell c = json_scalar_of(token, tokens);
        switch (c.is) {
        case cell::kind::text:
            to.is = kind::text;
            break;
        case cell::kind::number:
            to.is = kind::number;
            break;
        case cell::kind::boolean:
            to.is = kind::truth;
            break;
        case cell::kind::null:
            to.is = kind::null;
            break;
        case cell::kind::absent:
        case cell::kind::list:
        case cell::kind::other:
            return unexpected(token);
        }
        to.text = c.text;
        return true;
    }
    /// Like `json_scalar`, but padding after the end of the text is not a token.
    cell json_scalar_of(std::string_view token, json_tokens& tokens) const {
        return offset(token) >= size_ ? cell{} : json_scalar(token, tokens);
    }

    // -- the tree as a mapping --

    bool wrong_type(const mapping_node& n, const std::string& pointer, std::string expected) {
        constexpr std::array<std::string_view, 6> found{"null",   "true or false", "a number",
                                                        "a text", "a list",        "an object"};
        report(issue_code::wrong_type, n.at, pointer,
               "this is " + std::string(found[static_cast<std::size_t>(n.is)]),
               std::move(expected));
        return false;
    }

    template<class E, std::size_t N>
    void read_word(const mapping_node& n, const std::string& pointer,
                   const std::array<mapping_word<E>, N>& words, E& out) {
        std::vector<std::string_view> all;
        for (const auto& w : words) {
            all.push_back(w.word);
            if (n.is == kind::text && n.text == w.word) {
                out = w.value;
                return;
            }
        }
        if (n.is != kind::text) {
            wrong_type(n, pointer, one_of(all));
            return;
        }
        report(issue_code::wrong_value, n.at, pointer, quote(n.text) + " is no choice here",
               one_of(all), did_you_mean(n.text, all));
    }
    bool read(const mapping_node& n, const std::string& pointer, std::string& out) {
        if (n.is != kind::text) return wrong_type(n, pointer, "a text");
        out = n.text;
        return true;
    }
    void read(const mapping_node& n, const std::string& pointer, bool& out) {
        if (n.is != kind::truth)
            wrong_type(n, pointer, "true or false");
        else
            out = n.text == "true";
    }
    /// Reads one text, or a list of texts.
    void read(const mapping_node& n, const std::string& pointer, std::vector<std::string>& out) {
        out.clear();
        if (n.is == kind::text) {
            out.push_back(n.text);
            return;
        }
        if (n.is != kind::list) {
            wrong_type(n, pointer, "a text, or a list of texts");
            return;
        }
        for (std::size_t i = 0; i < n.of.size(); ++i) {
            std::string each;
            if (read(n.of[i], pointer + '/' + std::to_string(i), each))
                out.push_back(std::move(each));
        }
    }

    template<class F>
    struct member {
        std::string_view key;
        F read;
    };
    template<class F>
    static member<F> on(std::string_view key, F read) {
        return {key, std::move(read)};
    }

    /// Reads the members of an object. Reports those that are not among `known`.
    template<class... F>
    void members(const mapping_node& n, const std::string& pointer, const member<F>&... known) {
        positions_.emplace(pointer, n.at);
        const std::vector<std::string_view> keys{known.key...};
        std::set<std::string_view> there;
        for (const mapping_node& each : n.of) there.insert(each.key);
        std::vector<std::string_view> absent;
        for (const auto k : keys)
            if (!there.contains(k)) absent.push_back(k);
        std::set<std::string_view> seen;
        for (const mapping_node& each : n.of) {
            const std::string at = pointer + '/' + pointer_token(each.key);
            if (!seen.insert(each.key).second) {
                report(issue_code::duplicate_key, each.key_at, at,
                       quote(each.key) + " is given twice");
                continue;
            }
            positions_.emplace(at, each.at);
            const bool found = (... || (known.key == each.key && (known.read(each, at), true)));
            if (found) continue;
            report(issue_code::unknown_key, each.key_at, at, "unknown key " + quote(each.key),
                   one_of(keys), did_you_mean(each.key, absent));
        }
    }
    /// A function that reads a member into `out`, by an overload of `read`.
    template<class T>
    auto into(T& out) {
        return [this, &out](const mapping_node& n, const std::string& pointer) {
            read(n, pointer, out);
        };
    }
    template<class E, std::size_t N>
    auto into(E& out, const std::array<mapping_word<E>, N>& words) {
        return [this, &out, &words](const mapping_node& n, const std::string& pointer) {
            read_word(n, pointer, words, out);
        };
    }

    /// Whether a value is written in short form, as the names of its fields, which are then read.
    /// If not, it is an object, or reported.
    bool is_short(const mapping_node& n, const std::string& pointer,
                  std::vector<std::string>& from) {
        if (n.is == kind::object) return false;
        if (n.is == kind::text || n.is == kind::list)
            read(n, pointer, from);
        else
            wrong_type(n, pointer, "the name of a field, a list of names, or an object `{…}`");
        return true;
    }

    void read(const mapping_node& n, const std::string& pointer, mapped_text& out) {
        if (is_short(n, pointer, out.from)) return;
        members(n, pointer, on("from", into(out.from)), on("constant", into(out.constant)),
                on("translate",
                   [&](const mapping_node& table, const std::string& at) {
                       if (table.is != kind::object) {
                           wrong_type(table, at, "an object, `{\"old\": \"new\"}`");
                           return;
                       }
                       for (const mapping_node& each : table.of) {
                           const std::string here = at + '/' + pointer_token(each.key);
                           std::string to;
                           if (!read(each, here, to)) continue;
                           if (!out.translate.emplace(each.key, std::move(to)).second)
                               report(issue_code::duplicate_key, each.key_at, here,
                                      quote(each.key) + " is given twice");
                       }
                   }),
                on("otherwise",
                   [&](const mapping_node& word, const std::string& at) {
                       std::string to;
                       if (read(word, at, to)) out.otherwise = std::move(to);
                   }),
                on("optional", into(out.optional)));
    }

    /// Reads how an object says that instants are written; none if it says nothing. What it leaves
    /// out is taken from the file's `time`, if that fits its format.
    std::optional<time_reading> time_of(const mapping_node& n, const std::string& pointer) {
        const auto named = [&](std::string_view key) -> const mapping_node* {
            for (const mapping_node& each : n.of)
                if (each.key == key) return &each;
            return nullptr;
        };
        const mapping_node* const format = named("format");
        const mapping_node* const zone = named("zone");
        const mapping_node* const ambiguous = named("ambiguous");
        const mapping_node* const day = named("day");
        if (format == nullptr && zone == nullptr && ambiguous == nullptr && day == nullptr)
            return std::nullopt;
        time_reading out = out_.value.time;
        if (format != nullptr)
            read_word(*format, pointer + "/format", time_format_words, out.format);
        if (out.format != time_format::date) out.day = day_moment::start;
        if (out.format != time_format::date && out.format != time_format::local) {
            out.zone.clear();
            out.ambiguous = local_choice::refuse;
        }
        if (zone != nullptr) read(*zone, pointer + "/zone", out.zone);
        if (ambiguous != nullptr)
            read_word(*ambiguous, pointer + "/ambiguous", local_choice_words, out.ambiguous);
        if (day != nullptr) read_word(*day, pointer + "/day", day_moment_words, out.day);
        return out;
    }
    /// For members that `time_of` reads.
    static constexpr auto elsewhere = [](const mapping_node&, const std::string&) {};

    void read(const mapping_node& n, const std::string& pointer, mapped_time& out) {
        if (is_short(n, pointer, out.from)) return;
        members(n, pointer, on("from", into(out.from)), on("format", elsewhere),
                on("zone", elsewhere), on("ambiguous", elsewhere), on("day", elsewhere),
                on("optional", into(out.optional)));
        out.reading = time_of(n, pointer);
    }
    void read(const mapping_node& n, const std::string& pointer,
              std::optional<mapped_number>& optional) {
        mapped_number& out = optional.emplace();
        if (is_short(n, pointer, out.from)) return;
        members(n, pointer, on("from", into(out.from)),
                on("scale",
                   [&](const mapping_node& scale, const std::string& at) {
                       if (scale.is != kind::number) {
                           wrong_type(scale, at, "a number");
                           return;
                       }
                       if (const auto d = parse_decimal(scale.text))
                           out.scale = *d;
                       else
                           report(issue_code::out_of_range, scale.at, at,
                                  quote(scale.text) + " is too large");
                   }),
                on("optional", into(out.optional)));
    }
    void read_property(const mapping_node& n, const std::string& pointer, mapped_property& out) {
        if (is_short(n, pointer, out.from)) return;
        members(n, pointer, on("from", into(out.from)),
                on("type", into(out.type, mapped_type_words)), on("format", elsewhere),
                on("zone", elsewhere), on("ambiguous", elsewhere), on("day", elsewhere),
                on("optional", into(out.optional)));
        out.reading = time_of(n, pointer);
    }
    void read(const mapping_node& n, const std::string& pointer,
              std::vector<mapped_property>& out) {
        if (n.is != kind::object) {
            wrong_type(n, pointer, "an object, `{\"name\": \"field\"}`");
            return;
        }
        std::set<std::string_view> seen;
        for (const mapping_node& each : n.of) {
            const std::string at = pointer + '/' + pointer_token(each.key);
            positions_.emplace(at, each.at);
            if (!seen.insert(each.key).second) {
                report(issue_code::duplicate_key, each.key_at, at,
                       quote(each.key) + " is given twice");
                continue;
            }
            mapped_property p;
            p.name = each.key;
            read_property(each, at, p);
            out.push_back(std::move(p));
        }
    }
    void read_test(const mapping_node& n, const std::string& pointer, row_test& out) {
        if (n.is != kind::object) {
            wrong_type(n, pointer, "a test, `{\"field\": \"type\", \"is\": \"track\"}`");
            return;
        }
        members(n, pointer, on("field", into(out.field)), on("is", into(out.is)),
                on("is_not", into(out.is_not)),
                on("set",
                   [&](const mapping_node& set, const std::string& at) {
                       bool b = false;
                       read(set, at, b);
                       out.set = b;
                   }),
                on("optional", into(out.optional)));
    }
    void read(const mapping_node& n, const std::string& pointer, std::vector<row_test>& out) {
        if (n.is != kind::list) {
            read_test(n, pointer, out.emplace_back());
            return;
        }
        for (std::size_t i = 0; i < n.of.size(); ++i)
            read_test(n.of[i], pointer + '/' + std::to_string(i), out.emplace_back());
    }

    void read_mapping(const mapping_node& n, const std::string& pointer, mapping& out) {
        if (n.is != kind::object) {
            wrong_type(n, pointer, "a mapping, `{\"to\": …}`");
            return;
        }
        if (std::none_of(n.of.begin(), n.of.end(),
                         [](const mapping_node& each) { return each.key == "to"; }))
            report(issue_code::missing_key, n.at, pointer + "/to",
                   "the mapping does not say what rows become",
                   "one of 'attributes', 'touchpoint', 'stage'");
        members(n, pointer, on("to", into(out.to, row_target_words)), on("when", into(out.when)),
                on("and_more", into(out.and_more)), on("lead", into(out.lead)),
                on("at", into(out.at)), on("source", into(out.source)), on("id", into(out.id)),
                on("properties", into(out.properties)), on("attributes", into(out.properties)),
                on("type", into(out.type)), on("value", into(out.value)),
                on("campaign", into(out.campaign)), on("channel", into(out.channel)),
                on("funnel", into(out.funnel)), on("stage", into(out.stage)),
                on("reason", into(out.reason)), on("cause", into(out.cause)));
        for (const mapping_node& each : n.of) {
            const bool attributes = out.to == row_target::attributes;
            if (each.key == (attributes ? "properties" : "attributes"))
                report(issue_code::conflict, each.key_at, pointer + '/' + each.key,
                       attributes ? "leads have attributes, not properties"
                                  : "touchpoints have properties, not attributes",
                       {},
                       attributes ? "did you mean 'attributes'?" : "did you mean 'properties'?");
        }
    }

    void read_file(const mapping_node& root) {
        mapping_file& out = out_.value;
        // `time` holds for the whole file, so read it first, wherever it stands.
        for (const mapping_node& each : root.of)
            if (each.key == "time" && each.is == kind::object)
                if (auto t = time_of(each, "/time")) out.time = std::move(*t);
        members(root, "", on("$schema", elsewhere), on("description", into(out.description)),
                on("format", into(out.format, input_format_words)),
                on("delimiter",
                   [&](const mapping_node& n, const std::string& at) {
                       std::string text;
                       if (!read(n, at, text)) return;
                       if (text.size() == 1)
                           out.delimiter = text.front();
                       else
                           report(issue_code::wrong_value, n.at, at,
                                  quote(text) + " is not one character",
                                  "such as \";\" or \"\\t\"");
                   }),
                on("unset", into(out.unset)),
                on("time",
                   [&](const mapping_node& n, const std::string& at) {
                       if (n.is != kind::object) {
                           wrong_type(n, at, "an object, `{\"format\": …}`");
                           return;
                       }
                       members(n, at, on("format", elsewhere), on("zone", elsewhere),
                               on("ambiguous", elsewhere), on("day", elsewhere));
                   }),
                on("mappings", [&](const mapping_node& n, const std::string& at) {
                    if (n.is != kind::list) {
                        wrong_type(n, at, "a list, `[…]`");
                        return;
                    }
                    if (n.of.size() > max_mappings)
                        report(issue_code::too_large, n.of[max_mappings].at, at,
                               "there are " + std::to_string(n.of.size()) + " mappings",
                               "at most " + std::to_string(max_mappings));
                    for (std::size_t i = 0; i < std::min(n.of.size(), max_mappings); ++i) {
                        const std::string here = at + '/' + std::to_string(i);
                        positions_.emplace(here, n.of[i].at);
                        read_mapping(n.of[i], here, out.mappings.emplace_back());
                    }
                }));
    }

    loaded_mapping& out_;
    std::string_view text_{};
    std::vector<std::size_t> lines_{0};
    bool has_more_ = false;                     // not all issues are listed
    std::set<std::string, std::less<>> said_{}; // pointers of the issues of reading
    const char* begin_ = nullptr;
    std::size_t size_ = 0;
    std::map<std::string, std::size_t, std::less<>> positions_{};
};

} // namespace leadfunnel::inline v0::detail
