// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// Time zones as systems store them, compiled (TZif, RFC 8536): a list of transitions, and a rule
/// that continues it. In many files the rule is all there is for the years from 2007 on. Not for
/// users.

#include <leadfunnel/core/detail/floor_quotient.hpp>
#include <leadfunnel/core/time.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace leadfunnel::inline v0::detail {

// ---- rules --------------------------------------------------------------------------------------

/// When clocks change each year: the begin or end of summer time.
struct clock_change {
    enum class day_kind : std::uint8_t { weekday, nth, nth_without_leap_day };
    day_kind kind = day_kind::weekday;
    int month = 1;
    int week = 1;                 ///< of the month; 5 is the last
    int day = 0;                  ///< of the week from Sunday, or of the year
    std::int64_t seconds = 7'200; ///< since midnight of that day, on the clocks before the change

    /// Seconds since the epoch, as the clocks before the change count them.
    [[nodiscard]] std::int64_t in(std::chrono::year year) const {
        namespace chrono = std::chrono;
        chrono::sys_days date{year / chrono::January / 1};
        if (kind == day_kind::weekday) {
            const chrono::year_month m = year / chrono::month{static_cast<unsigned>(month)};
            const chrono::weekday w{static_cast<unsigned>(day)};
            date = week == 5 ? chrono::sys_days{m / w[chrono::last]}
                             : chrono::sys_days{m / w[static_cast<unsigned>(week)]};
        } else if (kind == day_kind::nth) {
            date += chrono::days{day};
        } else {
            date += chrono::days{day - 1 + (year.is_leap() && day >= 60 ? 1 : 0)};
        }
        return chrono::seconds{date.time_since_epoch()}.count() + seconds;
    }
};

/// A zone's offsets from UTC, in seconds east, and when they change.
struct zone_rule {
    std::int64_t standard = 0;
    std::int64_t summer = 0;
    bool changes = false;
    clock_change begin{}; ///< to summer time
    clock_change end{};
};

/// Parses a rule in the form of POSIX's variable TZ: `CET-1CEST,M3.5.0,M10.5.0/3`.
class rule_text {
  public:
    explicit rule_text(std::string_view text) : rest_(text) {}

    [[nodiscard]] std::optional<zone_rule> read() {
        zone_rule r;
        if (!name()) return std::nullopt;
        const auto standard = clock();
        if (!standard) return std::nullopt;
        r.standard = r.summer = -*standard; // POSIX counts west
        if (rest_.empty()) return r;
        r.changes = true;
        r.summer += 3'600;
        if (!name()) return std::nullopt;
        if (!rest_.empty() && rest_.front() != ',') {
            const auto summer = clock();
            if (!summer) return std::nullopt;
            r.summer = -*summer;
        }
        if (!change(r.begin) || !change(r.end) || !rest_.empty()) return std::nullopt;
        return r;
    }

  private:
    bool take(char c) {
        if (rest_.empty() || rest_.front() != c) return false;
        rest_.remove_prefix(1);
        return true;
    }
    bool name() {
        if (take('<')) {
            const auto end = rest_.find('>');
            if (end == std::string_view::npos) return false;
            rest_.remove_prefix(end + 1);
            return true;
        }
        std::size_t n = 0;
        while (n < rest_.size() && ((rest_[n] | 0x20) >= 'a' && (rest_[n] | 0x20) <= 'z')) ++n;
        rest_.remove_prefix(n);
        return n >= 3;
    }
    /// Parses a number up to `most`; -1 if there is none or it is larger.
    int number(int most) {
        int n = 0;
        std::size_t digits = 0;
        for (; digits < rest_.size() && rest_[digits] >= '0' && rest_[digits] <= '9'; ++digits)
            if ((n = n * 10 + (rest_[digits] - '0')) > most) return -1;
        rest_.remove_prefix(digits);
        return digits == 0 ? -1 : n;
    }
    /// Parses `[±]h[:m[:s]]`; the result is in seconds.
    std::optional<std::int64_t> clock() {
        const bool negative = take('-');
        if (!negative) (void)take('+');
        std::int64_t total = 0;
        const int hours = number(167);
        if (hours < 0) return std::nullopt;
        total = hours * std::int64_t{3'600};
        for (const int unit : {60, 1}) {
            if (!take(':')) break;
            const int n = number(59);
            if (n < 0) return std::nullopt;
            total += n * std::int64_t{unit};
        }
        return negative ? -total : total;
    }
    /// Parses `,M3.5.0/2`, `,J60` or `,59`.
    bool change(clock_change& c) {
        if (!take(',')) return false;
        if (take('M')) {
            c.month = number(12);
            c.week = take('.') ? number(5) : -1;
            c.day = take('.') ? number(6) : -1;
            if (c.month < 1 || c.week < 1) return false;
        } else if (take('J')) {
            c.kind = clock_change::day_kind::nth_without_leap_day;
            c.day = number(365);
            if (c.day == 0) return false;
        } else {
            c.kind = clock_change::day_kind::nth;
            c.day = number(365);
        }
        if (c.day < 0) return false;
        if (!take('/')) return true;
        const auto at = clock();
        c.seconds = at.value_or(0);
        return at.has_value();
    }

    std::string_view rest_;
};

// ---- zones --------------------------------------------------------------------------------------

/// A count of seconds as an instant; `always` or `never` beyond their range.
[[nodiscard]] constexpr instant instant_of_seconds(std::int64_t s) noexcept {
    if (s <= always.time_since_epoch().count() / 1'000'000) return always;
    if (s >= never.time_since_epoch().count() / 1'000'000) return never;
    return instant{std::chrono::seconds{s}};
}

struct zone_file {
    std::string name{};
    std::vector<std::int64_t> changes{}; ///< seconds since the epoch, rising
    std::vector<std::int64_t> offsets{}; ///< before the first change, and from each on
    std::optional<zone_rule> rule{};     ///< after the last change

    [[nodiscard]] time_zone::span span_at(instant at) const {
        const std::int64_t count = at.time_since_epoch().count();
        const std::int64_t s = floor_quotient(count, 1'000'000);
        const auto next = std::upper_bound(changes.begin(), changes.end(), s);
        const auto i = static_cast<std::size_t>(next - changes.begin());
        const instant begin = i == 0 ? always : instant_of_seconds(changes[i - 1]);
        if (next != changes.end())
            return {begin, instant_of_seconds(*next), std::chrono::seconds{offsets[i]}};
        if (rule && rule->changes) return span_by_rule(s, begin);
        return {begin, never, std::chrono::seconds{rule ? rule->standard : offsets[i]}};
    }

  private:
    [[nodiscard]] time_zone::span span_by_rule(std::int64_t s, instant not_before) const {
        namespace chrono = std::chrono;
        // The calendar repeats every 400 years, weekdays included.
        constexpr std::int64_t cycle = std::int64_t{146'097} * 86'400;
        const std::int64_t later = floor_quotient(s, cycle) * cycle;
        s -= later;
        const chrono::year_month_day date{
            chrono::floor<chrono::days>(chrono::sys_seconds{chrono::seconds{s}})};
        using change = std::pair<std::int64_t, std::int64_t>; // when, and the offset from then on
        std::array<change, 6> all;
        for (int k = 0; k < 3; ++k) {
            const chrono::year y = date.year() + chrono::years{k - 1};
            const auto at = static_cast<std::size_t>(2 * k);
            all[at] = {rule->begin.in(y)-rule->standard, rule->summer};
            all[at + 1] = {rule->end.in(y)-rule->summer, rule->standard};
        }
        // If summer time never ends, its end coincides with the next begin.
        std::stable_sort(all.begin(), all.end(),
                         [](const change& a, const change& b) { return a.first < b.first; });
        const auto next =
            std::find_if(all.begin(), all.end(), [&](const change& c) { return c.first > s; });
        const change& last = next == all.begin() ? all.front() : *std::prev(next);
        return {std::max(not_before, instant_of_seconds(last.first + later)),
                next == all.end() ? never : instant_of_seconds(next->first + later),
                chrono::seconds{last.second}};
    }
};

/// Parses a compiled zone. Nothing for other or damaged bytes, and for zones that count leap
/// seconds.
class zone_bytes {
  public:
    explicit zone_bytes(std::string_view bytes) : rest_(bytes) {}

    [[nodiscard]] std::optional<zone_file> read() {
        header h = head();
        std::size_t size = 4; // bytes of an instant
        if (good_ && h.version >= '2') {
            skip(h.changes * 5 + h.types * 6 + h.letters + h.leaps * 8 + h.standard + h.utc);
            h = head();
            size = 8;
        }
        if (!good_ || h.types == 0 || h.leaps != 0) return std::nullopt;
        zone_file z;
        std::vector<std::size_t> types;
        for (std::size_t i = 0; i < h.changes && good_; ++i) {
            const std::uint64_t at = take(size);
            z.changes.push_back(size == 4 ? static_cast<std::int32_t>(at)
                                          : static_cast<std::int64_t>(at));
            if (i > 0 && z.changes[i] <= z.changes[i - 1]) good_ = false;
        }
        for (std::size_t i = 0; i < h.changes && good_; ++i)
            types.push_back(static_cast<std::size_t>(take(1)));
        std::vector<std::int64_t> offsets;
        for (std::size_t i = 0; i < h.types && good_; ++i) {
            offsets.push_back(static_cast<std::int32_t>(take(4)));
            if (offsets[i] < -93'600 || offsets[i] > 93'600) good_ = false; // 26 hours
            skip(2);
        }
        skip(h.letters + h.standard + h.utc);
        if (!good_) return std::nullopt;
        z.offsets.push_back(offsets[0]);
        for (const std::size_t type : types) {
            if (type >= offsets.size()) return std::nullopt;
            z.offsets.push_back(offsets[type]);
        }
        if (size == 8 && rest_.size() > 2 && rest_.front() == '\n') {
            const auto end = rest_.find('\n', 1);
            if (end == std::string_view::npos) return std::nullopt;
            z.rule = rule_text{rest_.substr(1, end - 1)}.read();
            if (!z.rule) return std::nullopt;
        }
        return z;
    }

  private:
    struct header {
        char version = 0;
        std::size_t utc = 0;
        std::size_t standard = 0;
        std::size_t leaps = 0;
        std::size_t changes = 0;
        std::size_t types = 0;
        std::size_t letters = 0;
    };
    header head() {
        header h;
        if (rest_.substr(0, 4) != "TZif") good_ = false;
        skip(4);
        h.version = static_cast<char>(take(1));
        skip(15);
        for (std::size_t* const n :
             {&h.utc, &h.standard, &h.leaps, &h.changes, &h.types, &h.letters}) {
            *n = static_cast<std::size_t>(take(4));
            if (*n > rest_.size()) good_ = false;
        }
        return h;
    }
    std::uint64_t take(std::size_t bytes) {
        std::uint64_t n = 0;
        if (bytes > rest_.size()) good_ = false;
        if (!good_) return n;
        for (std::size_t i = 0; i < bytes; ++i) n = n << 8U | static_cast<unsigned char>(rest_[i]);
        rest_.remove_prefix(bytes);
        return n;
    }
    void skip(std::size_t bytes) {
        if (bytes > rest_.size()) good_ = false;
        if (good_) rest_.remove_prefix(bytes);
    }

    std::string_view rest_;
    bool good_ = true;
};

// ---- the database -------------------------------------------------------------------------------

/// Zones by name. Each is read once in the process and then stays. Thread-safe.
class zone_database {
  public:
    [[nodiscard]] static zone_database& get() {
        static zone_database& all = *new zone_database; // never destroyed
        return all;
    }

    [[nodiscard]] const zone_file* find(std::string_view name) {
        if (!is_name(name)) return nullptr;
        const std::lock_guard guard{lock_};
        if (const auto it = known_.find(name); it != known_.end()) return it->second.get();
        for (const auto& folder : folders()) {
            auto z = read(folder / std::filesystem::path{std::string{name}});
            if (!z) continue;
            z->name = name;
            auto kept = std::make_unique<const zone_file>(*std::move(z));
            return known_.emplace(std::string{name}, std::move(kept)).first->second.get();
        }
        return nullptr;
    }

    [[nodiscard]] std::vector<std::string> names() {
        namespace fs = std::filesystem;
        const std::lock_guard guard{lock_};
        std::vector<std::string> out;
        for (const auto& folder : folders()) {
            std::error_code error;
            fs::recursive_directory_iterator it{
                folder, fs::directory_options::skip_permission_denied, error};
            for (; !error && it != fs::recursive_directory_iterator{}; it.increment(error)) {
                std::string name = it->path().lexically_relative(folder).generic_string();
                std::error_code ignored;
                if (it->is_directory(ignored)) {
                    if (!is_name(name)) it.disable_recursion_pending();
                } else if (is_name(name) && read(it->path())) {
                    out.push_back(std::move(name));
                }
            }
        }
        std::sort(out.begin(), out.end());
        out.erase(std::unique(out.begin(), out.end()), out.end());
        return out;
    }

    /// Sets a folder to search after those of the system.
    void use_folder(std::filesystem::path folder) {
        const std::lock_guard guard{lock_};
        behind_ = std::move(folder);
    }

  private:
    zone_database() = default;

    [[nodiscard]] std::vector<std::filesystem::path> folders() const {
        std::vector<std::filesystem::path> out{"/usr/share/zoneinfo", "/usr/share/lib/zoneinfo",
                                               "/etc/zoneinfo"};
        if (!behind_.empty()) out.push_back(behind_);
        return out;
    }

    /// `Area/City`: words between slashes. Excludes the copies of zones that systems keep beside
    /// them.
    [[nodiscard]] static bool is_name(std::string_view name) noexcept {
        if (name.empty() || name.size() > 100 || name.front() == '/' || name.back() == '/' ||
            name.find("//") != std::string_view::npos)
            return false;
        const auto first = name.substr(0, name.find('/'));
        if (first == "posix" || first == "right" || first == "posixrules" || first == "localtime")
            return false;
        return std::all_of(name.begin(), name.end(), [](char c) {
            return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                   c == '/' || c == '_' || c == '-' || c == '+';
        });
    }

    [[nodiscard]] static std::optional<zone_file> read(const std::filesystem::path& file) {
        constexpr std::size_t most = std::size_t{1} << 20;
        std::error_code error;
        if (!std::filesystem::is_regular_file(file, error)) return std::nullopt;
        std::ifstream in{file, std::ios::binary};
        std::string bytes(4, '\0');
        if (!in.read(bytes.data(), 4) || bytes != "TZif") return std::nullopt;
        for (std::array<char, 4'096> part{}; in && bytes.size() < most;) {
            in.read(part.data(), part.size());
            bytes.append(part.data(), static_cast<std::size_t>(in.gcount()));
        }
        return zone_bytes{bytes}.read();
    }

    std::mutex lock_{};
    std::filesystem::path behind_{};
    std::map<std::string, std::unique_ptr<const zone_file>, std::less<>> known_{};
};

} // namespace leadfunnel::inline v0::detail
