// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// The leads of an invented manufacturer of measuring instruments, Japanese and Western: a year and
/// more of exhibitions, seminars, downloads, page views, mails and calls, written as two CSV files,
/// the same on every machine. A few leads have a story of their own, for the demo to find.

#include <leadfunnel/core/time.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace examples {

namespace lf = leadfunnel;

/// The instant at which the demo looks at its leads.
inline constexpr lf::instant today =
    std::chrono::sys_days{std::chrono::year{2026} / std::chrono::April / 1};

/// Leads with a story.
namespace planted {
inline constexpr std::string_view returner = "L-returner"; ///< a seminar a year ago, now pricing
inline constexpr std::string_view competitor = "L-competitor"; ///< reads everything, is a rival
inline constexpr std::string_view student = "L-student"; ///< reads everything, writes a thesis
inline constexpr std::string_view cooled = "L-cooled";   ///< was hot half a year ago
} // namespace planted

class generator {
  public:
    explicit generator(std::size_t leads) : leads_(leads) {}

    /// Writes both files; overwrites them.
    void write(const std::string& leads_csv, const std::string& touchpoints_csv) {
        leads_file_.open(leads_csv, std::ios::binary);
        touchpoints_file_.open(touchpoints_csv, std::ios::binary);
        leads_file_ << "id,company,email,industry,role,employees\n";
        touchpoints_file_ << "lead,at,type,url,asset,seconds,channel\n";
        for (std::size_t i = 0; i < leads_; ++i) ordinary(i);
        stories();
        leads_file_.close();
        touchpoints_file_.close();
        if (!leads_file_ || !touchpoints_file_) throw std::runtime_error("cannot write the files");
    }

  private:
    // splitmix64: the same numbers everywhere, as distributions of the standard library are not.
    std::uint64_t next() noexcept {
        std::uint64_t z = state_ += 0x9e37'79b9'7f4a'7c15U;
        z = (z ^ (z >> 30)) * 0xbf58'476d'1ce4'e5b9U;
        z = (z ^ (z >> 27)) * 0x94d0'49bb'1331'11ebU;
        return z ^ (z >> 31);
    }
    std::uint64_t below(std::uint64_t n) noexcept { return (next() >> 32) * n >> 32; }
    bool chance(std::uint64_t percent) noexcept { return below(100) < percent; }
    template<std::size_t N>
    std::string_view pick(const std::array<std::string_view, N>& from) noexcept {
        return from[below(N)];
    }

    void lead(std::string_view id, std::string_view company, std::string_view email,
              std::string_view industry, std::string_view role, std::uint64_t employees) {
        leads_file_ << id << ",\"" << company << "\"," << email << ',' << industry << ',' << role
                    << ',' << employees << '\n';
    }
    void touch(std::string_view id, lf::instant at, std::string_view type, std::string_view url,
               std::string_view asset = "", std::uint64_t seconds = 0,
               std::string_view channel = "web") {
        touchpoints_file_ << id << ',' << lf::to_string(at) << ',' << type << ',' << url << ','
                          << asset << ',';
        if (seconds != 0) touchpoints_file_ << seconds;
        touchpoints_file_ << ',' << channel << '\n';
    }

    static lf::instant days_ago(std::int64_t days) { return today - std::chrono::days{days}; }
    lf::instant some_time(std::int64_t days_before) {
        return days_ago(days_before) + std::chrono::seconds{below(86'400)};
    }

    void ordinary(std::size_t number) {
        static constexpr std::array<std::string_view, 8> companies{
            "株式会社山田製作所",       "東都精機(株)",        "Nordwerk GmbH",
            "Acme Tooling, Inc.",       "大阪電子工業㈱",      "Lumière S.A.",
            "Hudson \"\"Auto\"\" Ltd.", "富士メカトロ有限会社"};
        static constexpr std::array<std::string_view, 6> domains{
            "yamada.example", "nordwerk.example", "acme.example",
            "gmail.com",      "yahoo.co.jp",      "fuji.example"};
        static constexpr std::array<std::string_view, 6> industries{
            "machinery", "automotive", "electronics", "food", "retail", ""};
        static constexpr std::array<std::string_view, 6> roles{"engineer", "buyer",   "manager",
                                                               "director", "student", "engineer"};
        const std::string id = "L-" + std::to_string(number + 1);
        lead(id, pick(companies), "p" + std::to_string(number) + '@' + std::string{pick(domains)},
             pick(industries), chance(4) ? "student" : pick(roles), below(3'000));

        // Most did little and long ago; some are at it now.
        const std::uint64_t eagerness = below(100);
        const std::uint64_t visits = eagerness < 60 ? below(8) : eagerness < 95 ? below(40) : 60;
        const auto first = static_cast<std::int64_t>(below(500)) + 1;
        touch(id, some_time(first), chance(30) ? "exhibition" : "form", "/contact",
              chance(50) ? "Messe 2025" : "計測展 2025", 0, "exhibition");
        for (std::uint64_t v = 0; v < visits; ++v) activity(id, first);
    }

    void activity(const std::string& id, std::int64_t first) {
        static constexpr std::array<std::string_view, 6> pages{
            "/", "/products/gauge", "/products/laser", "/support", "/pricing", "/company"};
        static constexpr std::array<std::string_view, 4> papers{"Gauge basics", "レーザー測定入門",
                                                                "ROI of inspection", "Case: food"};
        const auto at =
            some_time(static_cast<std::int64_t>(below(static_cast<std::uint64_t>(first))) + 1);
        const std::uint64_t what = below(100);
        if (what < 80)
            touch(id, at, "page_view", pick(pages), "", 5 + below(300));
        else if (what < 88)
            touch(id, at, "download", "/papers", pick(papers));
        else if (what < 96)
            touch(id, at, "mail_click", "/news", "", 0, "mail");
        else if (what < 98)
            touch(id, at, "seminar", "", "Webinar 2025", 0, "seminar");
        else
            touch(id, at, "call", "", "", 0, "phone");
    }

    void stories() {
        lead(planted::returner, "北陸精密株式会社", "sato@hokuriku.example", "machinery",
             "director", 800);
        touch(planted::returner, days_ago(372), "seminar", "", "測定セミナー 2025", 0, "seminar");
        touch(planted::returner, days_ago(371), "download", "/papers", "Gauge basics");
        for (const int day : {9, 6, 2})
            touch(planted::returner, days_ago(day), "page_view", "/pricing", "", 240);
        touch(planted::returner, days_ago(2), "download", "/papers", "ROI of inspection");
        touch(planted::returner, days_ago(1), "form", "/contact");

        for (const auto who : {planted::competitor, planted::student}) {
            const bool rival = who == planted::competitor;
            lead(who, rival ? "ライバル計測(株)" : "Technical University",
                 rival ? "spy@rival.example" : "a.student@uni.example", "machinery",
                 rival ? "director" : "student", 500);
            for (int day = 1; day <= 30; ++day)
                touch(who, days_ago(day), "page_view", "/pricing", "", 200);
            touch(who, days_ago(3), "form", "/contact");
        }

        lead(planted::cooled, "Nordwerk GmbH", "k.meyer@nordwerk.example", "automotive", "manager",
             1'200);
        for (const int day : {200, 195, 190, 187, 185})
            touch(planted::cooled, days_ago(day), "page_view", "/pricing", "", 300);
        touch(planted::cooled, days_ago(196), "exhibition", "", "Messe 2025", 0, "exhibition");
        touch(planted::cooled, days_ago(186), "call", "", "", 0, "phone");
        touch(planted::cooled, days_ago(185), "form", "/contact");
        touch(planted::cooled, days_ago(184), "download", "/papers", "ROI of inspection");
    }

    std::size_t leads_;
    std::uint64_t state_ = 2'026;
    std::ofstream leads_file_;
    std::ofstream touchpoints_file_;
};

} // namespace examples
