// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// Generated data. The same seed gives the same data on every machine and with every compiler.
/// - `generator` writes two CSV files: leads of a maker of inspection machines, Japanese and
///   Western, with 18 months of exhibitions, seminars, downloads, page views, mails and calls. A
///   few leads are planted for the demo to find.
/// - `make_log` makes touchpoints as columns of numbers, for benchmarks.

#include <leadfunnel/core/decimal.hpp>
#include <leadfunnel/core/time.hpp>
#include <leadfunnel/history/records.hpp>

#include <bit>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <ostream>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace examples {

/// The demo's instant: 1 April 2026, 09:00 in Tokyo.
inline constexpr leadfunnel::instant today =
    std::chrono::sys_days{std::chrono::year{2026} / std::chrono::April / 1};

/// Planted leads.
namespace planted {
inline constexpr std::string_view returner = "L-90001"; ///< a seminar a year ago, now reads prices
inline constexpr std::string_view competitor = "L-90002"; ///< reads everything; a competitor
inline constexpr std::string_view student = "L-90003";    ///< reads everything; a student
inline constexpr std::string_view cooled = "L-90004";     ///< was hot half a year ago
} // namespace planted

/// splitmix64. The standard library's distributions differ between implementations; this does not.
/// The evaluation order of arguments differs too, so draw at most once in one call.
class random {
  public:
    explicit random(std::uint64_t seed) : state_(seed) {}
    std::uint64_t next() noexcept {
        std::uint64_t z = state_ += 0x9e37'79b9'7f4a'7c15U;
        z = (z ^ (z >> 30U)) * 0xbf58'476d'1ce4'e5b9U;
        z = (z ^ (z >> 27U)) * 0x94d0'49bb'1331'11ebU;
        return z ^ (z >> 31U);
    }
    /// Uniform in [0, n).
    std::uint64_t below(std::uint64_t n) noexcept {
        __extension__ using product = unsigned __int128;
        return static_cast<std::uint64_t>((static_cast<product>(next()) * n) >> 64U);
    }
    std::uint64_t between(std::uint64_t low, std::uint64_t high) noexcept {
        return low + below(high - low + 1);
    }
    bool chance(std::uint64_t percent) noexcept { return below(100) < percent; }

  private:
    std::uint64_t state_;
};

enum class skew : std::uint8_t {
    uniform,
    zipf ///< the lead of rank r has a share of about 1 / r
};

/// A raw log: columns in order of time.
struct raw_log {
    std::size_t leads = 0;
    std::vector<std::uint32_t> lead{};
    std::vector<leadfunnel::instant> at{};
    std::vector<std::uint32_t> kind{}; ///< the number of a type
    std::vector<leadfunnel::stored_value> value{};
};

struct log_shape {
    std::size_t leads = 1;
    std::size_t touchpoints = 0;
    std::size_t types = 32;
    leadfunnel::instant begin{};
    leadfunnel::instant end{};
    skew among = skew::uniform;
};

/// Touchpoints at random instants in [begin, end), in order of time. O(touchpoints).
inline raw_log make_log(const log_shape& shape, std::uint64_t seed = 1) {
    random r{seed};
    raw_log out;
    out.leads = shape.leads;
    out.lead.reserve(shape.touchpoints);
    out.at.reserve(shape.touchpoints);
    out.kind.reserve(shape.touchpoints);
    out.value.reserve(shape.touchpoints);
    const auto span = static_cast<std::uint64_t>((shape.end - shape.begin).count());
    const std::uint64_t step = shape.touchpoints == 0 ? 0 : span / shape.touchpoints;
    const auto octaves = static_cast<std::uint64_t>(std::bit_width(shape.leads));
    for (std::size_t i = 0; i < shape.touchpoints; ++i) {
        std::uint64_t lead = shape.leads;
        if (shape.among == skew::uniform) lead = r.below(shape.leads);
        while (lead >= shape.leads) { // as many of ranks 2^k to 2^(k + 1) for each k
            const std::uint64_t first = std::uint64_t{1} << r.below(octaves);
            lead = first - 1 + r.below(first);
        }
        out.lead.push_back(static_cast<std::uint32_t>(lead));
        const auto at = static_cast<std::int64_t>(i * step + r.below(step > 0 ? step : 1));
        out.at.push_back(shape.begin + leadfunnel::duration{at});
        out.kind.push_back(static_cast<std::uint32_t>(r.below(shape.types)));
        out.value.push_back(static_cast<std::int64_t>(r.below(600)) * leadfunnel::decimal::unit);
    }
    return out;
}

/// Leads and what they did, as CSV: the files that `mappings/demo_leads.json` and
/// `mappings/demo_touchpoints.json` read.
class generator {
  public:
    /// So many leads, and those with a story. Another seed gives others.
    explicit generator(std::size_t leads, std::uint64_t seed = 2'026)
        : leads_(leads), random_(seed) {}

    /// Writes `leads.csv` and `touchpoints.csv` into a folder. Throws if it cannot.
    void write(const std::filesystem::path& folder) {
        std::ofstream leads(folder / "leads.csv", std::ios::binary);
        std::ofstream touchpoints(folder / "touchpoints.csv", std::ios::binary);
        write(leads, touchpoints);
        leads.close();
        touchpoints.close();
        if (!leads || !touchpoints)
            throw std::system_error(errno != 0 ? errno : EIO, std::generic_category(),
                                    "cannot write the CSV");
    }
    void write(std::ostream& leads, std::ostream& touchpoints) {
        leads_file_ = &leads;
        touchpoints_file_ = &touchpoints;
        leads << "id,company,email,industry,position,employees,no_profiling\n";
        touchpoints << "lead,when,what,page,document,amount,medium\n";
        stories();
        for (std::size_t i = 0; i < leads_; ++i) ordinary(i);
    }

  private:
    using texts = std::initializer_list<std::string_view>;
    using instant = leadfunnel::instant;

    std::uint64_t below(std::uint64_t n) noexcept { return random_.below(n); }
    std::uint64_t between(std::uint64_t low, std::uint64_t high) noexcept {
        return random_.between(low, high);
    }
    bool chance(std::uint64_t percent) noexcept { return random_.chance(percent); }
    std::string_view pick(texts from) noexcept { return from.begin()[below(from.size())]; }

    static instant days_ago(std::uint64_t days) {
        return today - std::chrono::days{static_cast<std::int64_t>(days)};
    }

    /// 14:00 in Tokyo.
    static instant afternoon(std::uint64_t days) { return days_ago(days) + std::chrono::hours{5}; }

    void lead(std::string_view id, std::string_view company, std::string_view email,
              std::string_view industry, std::string_view position, std::uint64_t employees,
              bool no_profiling = false) {
        *leads_file_ << id << ",\"" << company << "\"," << email << ',' << industry << ','
                     << position << ',' << employees << ',' << (no_profiling ? "yes" : "no")
                     << '\n';
    }

    /// Writes local times of Tokyo (UTC+9 all year); the mapping file declares the zone.
    void touch(std::string_view id, instant at, std::string_view what, std::string_view page = {},
               std::string_view document = {}, std::uint64_t amount = 0,
               std::string_view medium = "web") {
        const std::string tokyo = leadfunnel::to_string(at + std::chrono::hours{9});
        *touchpoints_file_ << id << ',' << tokyo.substr(0, 10) << ' ' << tokyo.substr(11, 8) << ','
                           << what << ',' << page << ',' << document << ',';
        if (amount != 0) *touchpoints_file_ << amount;
        *touchpoints_file_ << ',' << medium << '\n';
    }

    void ordinary(std::size_t number) {
        const bool japanese = chance(60);
        const std::string id = "L-" + std::to_string(number + 1);
        const std::string_view company =
            japanese ? pick({"株式会社山田製作所", "東都精機(株)", "大阪電子工業㈱",
                             "富士メカトロ有限会社", "北陸フーズ株式会社"})
                     : pick({"Nordwerk GmbH", "Acme Tooling, Inc.", "Lumière S.A.",
                             "Hudson \"\"Auto\"\" Ltd.", "Fjord Foods AS"});
        const std::string_view domain =
            japanese ? pick({"yamada.example", "toto.example", "osaka-e.example", "yahoo.co.jp",
                             "gmail.com"})
                     : pick({"nordwerk.example", "acme.example", "hudson.example", "outlook.com",
                             "fjord.example"});
        const std::string_view position =
            japanese ? pick({"課長", "主任", "技術者", "技術者", "技術者", "担当", ""})
                     : pick({"Plant Manager", "Engineer", "Engineer", "Engineer", "Buyer",
                             "Technician", ""});
        const bool no_profiling = chance(1);
        const std::uint64_t employees = chance(60) ? between(3, 99) : between(100, 3'000);
        const std::string_view industry =
            pick({"Machinery", "Electronics", "Automotive", "Food", "Retail", "Finance", ""});
        lead(id, company, "p" + std::to_string(number + 1) + "@" + std::string{domain}, industry,
             position, employees, no_profiling);

        // Most visited once and read a little; some keep coming, and a few are active now.
        const std::uint64_t first = between(1, 540);
        const std::uint64_t last = chance(70) ? below(first) : 0;
        first_contact(id, days_ago(first), japanese);
        const std::uint64_t kind = below(100);
        const std::uint64_t visits = kind < 50   ? between(0, 8)
                                     : kind < 85 ? between(8, 40)
                                                 : between(40, 90);
        for (std::uint64_t v = 0; v < visits; ++v) {
            const instant day = days_ago(between(last, first));
            activity(id, day + std::chrono::seconds{below(36'000)});
        }
        if (chance(2)) touch(id, days_ago(last), "unsubscribe", "", "", 0, "mail");
    }

    void first_contact(std::string_view id, instant at, bool japanese) {
        if (chance(35))
            touch(id, at, "exhibition_visit", "", japanese ? "計測展 2025" : "Control 2025", 0,
                  "exhibition");
        else
            touch(id, at, "page_view", "/products/camera", "", between(5, 200));
    }

    void activity(std::string_view id, instant at) {
        if (at > today) at = today;
        const std::uint64_t what = below(1'000);
        if (what < 590) {
            const std::uint64_t seconds = between(3, 240);
            touch(id, at, "page_view",
                  pick({"/", "/products/camera", "/products/laser", "/support", "/company",
                        "/products/camera/specs", "/products/laser/specs", "/news"}),
                  "", seconds);
        } else if (what < 600) {
            const std::uint64_t seconds = between(5, 180);
            touch(id, at, "page_view", pick({"/pricing/ja", "/pricing/en"}), "", seconds);
        } else if (what < 880)
            touch(id, at, "mail_open", "", "", 0, "mail");
        else if (what < 960)
            touch(id, at, "mail_click", "/news", "", 0, "mail");
        else if (what < 983)
            touch(id, at, "download", "",
                  pick({"カメラ検査入門", "Guide to laser triangulation", "Case study: food",
                        "Price list"}));
        else if (what < 990)
            touch(id, at, "seminar_attended", "", pick({"検査セミナー", "Webinar"}), 0, "seminar");
        else if (what < 999)
            touch(id, at, "call", "", "", between(1, 15), "phone");
        else
            touch(id, at, "inquiry", "", "", 0, "web");
    }

    void stories() {
        using namespace planted;
        lead(returner, "北陸精密株式会社", "sato@hokuriku.example", "Machinery", "製造部長", 800);
        touch(returner, afternoon(372), "seminar_attended", "", "検査セミナー", 0, "seminar");
        touch(returner, afternoon(371), "download", "", "カメラ検査入門");
        for (const unsigned day : {9U, 6U, 2U})
            touch(returner, afternoon(day), "page_view", "/pricing/ja", "", 95);

        for (const auto who : {competitor, student}) {
            const bool rival = who == competitor;
            lead(who, rival ? "㈱競合計測" : "東都大学",
                 rival ? "info@kyogo.example" : "m2@toto-u.ac.jp", rival ? "Machinery" : "",
                 rival ? "部長" : "大学院生", 500);
            for (const unsigned day : {24U, 20U, 17U, 13U, 9U, 6U, 2U})
                touch(who, afternoon(day), "page_view", "/pricing/ja", "", 120);
            for (const std::string_view each : {"カメラ検査入門", "Price list", "Case study: food"})
                touch(who, afternoon(5), "download", "", each);
        }

        lead(cooled, "Nordwerk GmbH", "k.meyer@nordwerk.example", "Automotive",
             "Head of Production", 1'200);
        touch(cooled, afternoon(205), "exhibition_visit", "", "Control 2025", 0, "exhibition");
        for (const unsigned day : {200U, 193U, 186U})
            touch(cooled, afternoon(day), "page_view", "/pricing/en", "", 140);
        touch(cooled, afternoon(185), "call", "", "", 20, "phone");
    }

    std::size_t leads_;
    random random_;
    std::ostream* leads_file_ = nullptr;
    std::ostream* touchpoints_file_ = nullptr;
};

} // namespace examples
