// Distributed under the Boost Software License, Version 1.0. See LICENSE.

// The shipped models do what their comments promise, on histories whose scores are easy to compute
// by hand.

#include "sources.hpp"

#include <leadfunnel/leadfunnel.hpp>
#include <leadfunnel/model/json.hpp>

#include <chrono>
#include <cmath>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace lf = leadfunnel;
using namespace std::chrono_literals;
using std::chrono::days;
using std::chrono::sys_days;

namespace {

constexpr lf::instant today = sys_days{2026y / std::chrono::April / 1} + 12h; // a Wednesday

/// A lead that a shipped model scores as of today.
class lead {
    static lf::plan load(const std::string& model) {
        return lf::compile(lf::load_model(source_folder("examples/models") / (model + ".json")));
    }
    template<class F>
    auto ask(F&& question) const {
        const auto leads = lf::make_histories(events_);
        const lf::scorer s{plan_, leads};
        return question(s);
    }

  public:
    explicit lead(const std::string& model) : plan_(load(model)) {}

    lead& is(std::string name, lf::value v) {
        events_.emplace_back(
            lf::attributes{.lead = "L", .values = {{std::move(name), std::move(v)}}});
        return *this;
    }
    lead& did(std::string type, lf::duration ago, lf::value_map properties = {},
              std::optional<lf::decimal> value = {}) {
        events_.emplace_back(lf::touchpoint{.lead = "L",
                                            .at = today - ago,
                                            .type = std::move(type),
                                            .properties = std::move(properties),
                                            .value = value});
        return *this;
    }
    lead& read(std::string url, lf::duration ago, lf::decimal seconds = 60) {
        return did("page_view", ago, {{"url", std::move(url)}}, seconds);
    }

    [[nodiscard]] double score(const char* name, lf::duration from_now = {}) const {
        return ask([&](const lf::scorer& s) {
            return static_cast<double>(s.score_at(0, plan_.score(name), today + from_now).value);
        });
    }
    [[nodiscard]] std::string band(const char* banding, lf::duration from_now = {}) const {
        return ask([&](const lf::scorer& s) {
            return std::string{
                s.band_at(0, plan_.banding(banding), today + from_now).value_or("none")};
        });
    }
    [[nodiscard]] std::string in_class(const char* matrix) const {
        return ask([&](const lf::scorer& s) {
            return std::string{s.class_at(0, plan_.matrix(matrix), today).value_or("none")};
        });
    }

  private:
    lf::plan plan_;
    std::vector<lf::event> events_{};
};

lead good_fit() {
    lead l{"b2b_starter"};
    l.is("industry", "automotive").is("employees", 800.0).is("position", "製造部長");
    return l;
}

} // namespace

TEST_CASE("b2b_starter: hot takes all three, fit, behaviour and recency", "[shipped]") {
    const auto busy = [](lead l, lf::duration ago) {
        for (int week = 0; week < 3; ++week) l.read("/pricing/ja", ago + days{7 * week}, 90);
        return l.did("inquiry", ago).did("seminar_attended", ago + days{1});
    };
    CHECK(good_fit().score("fit") == 40);
    CHECK(good_fit().band("temperature") == "cold");
    CHECK(busy(good_fit(), days{1}).band("temperature") == "hot");
    CHECK(busy(good_fit(), days{1}).score("total") == 100);
    CHECK(busy(lead{"b2b_starter"}, days{1}).band("temperature") == "warm"); // no fit
    CHECK(good_fit().did("mail_click", 1h).band("temperature") == "warm");   // no behaviour

    // Much activity long ago does not count.
    auto long_ago = good_fit();
    for (int n = 0; n < 50; ++n) long_ago.did("inquiry", days{91} + days{30} * n);
    CHECK(long_ago.band("temperature") != "hot");
    CHECK(long_ago.score("total") < 80);
}

TEST_CASE("b2b_starter: what it lets nobody be misled by", "[shipped]") {
    const auto hot = good_fit().did("inquiry", 1h).did("seminar_attended", 2h);
    CHECK(hot.band("temperature") == "hot");

    CHECK(lead{hot}.is("company", "Rival Vision GmbH").band("temperature") == "none");
    CHECK(lead{hot}.is("company", "株式会社競合計測").band("temperature") == "none");
    CHECK(lead{hot}.is("no_profiling", true).band("temperature") == "none");
    CHECK(lead{hot}.is("email", "m2@toto-u.ac.jp").score("fit") == 0);
    CHECK(lead{hot}.is("email", "sato@gmail.com").score("fit") == 30);
    // A lead that unsubscribes keeps its points for fit and recency.
    CHECK(lead{hot}.did("unsubscribe", 1min).score("engagement") == 20);
}

TEST_CASE("b2b_starter: the one who came back", "[shipped]") {
    auto l = good_fit().did("seminar_attended", days{370});
    CHECK(l.band("temperature") == "cold");
    CHECK(l.read("/pricing", 1h, 90).band("temperature") == "hot");
    CHECK(good_fit().did("seminar_attended", days{100}).read("/pricing", 1h, 90).score("total") <
          l.score("total"));
}

TEST_CASE("web_behaviour", "[shipped]") {
    const auto interest = [](const lead& l, lf::duration from_now = {}) {
        return l.score("interest", from_now);
    };
    // Three minutes give three points, a page left open gives five, a glance none.
    CHECK(interest(lead{"web_behaviour"}.read("/", {}, 180)) == Approx(3).margin(0.001));
    CHECK(interest(lead{"web_behaviour"}.read("/", {}, 7'200)) == Approx(5 + 10)); // and 10 min
    CHECK(interest(lead{"web_behaviour"}.read("/", {}, 9)) == 0);

    // The pricing page counts once a week. Its 20 points become 15, then 10, after each fortnight.
    auto l = lead{"web_behaviour"}.read("/pricing", 2h, 5).read("/pricing/", 1h, 5);
    CHECK(interest(l) == 20);
    CHECK(interest(l, days{15}) == 15);
    CHECK(interest(l, days{57}) == 0);
    CHECK(interest(lead{l}.read("/pricing", days{2}, 5)) == 20); // on Monday of that week
    CHECK(interest(lead{l}.read("/pricing", days{3}, 5)) == 40); // on Sunday, of the week before

    l = lead{"web_behaviour"};
    for (const char* page : {"/products/a", "/products/b", "/products/b"})
        l.read(page, days{13}, 5);
    CHECK(interest(l) == 15);
    CHECK(interest(l, days{1}) == 0); // the window has passed

    CHECK(interest(lead{"web_behaviour"}.read("/compare/x", 20h, 5).read("/contact", 1h, 5)) == 25);
    CHECK(interest(lead{"web_behaviour"}.read("/compare/x", days{2}, 5).read("/contact", {}, 5)) ==
          0);

    l = lead{"web_behaviour"}.read("/", days{366}, 5).read("/", {}, 5);
    CHECK(interest(l) == 30);
    CHECK(l.band("interest_level") == "interested");
    CHECK(interest(l, days{45}) == 0);
}

TEST_CASE("event_driven", "[shipped]") {
    const lf::value_map control{{"event", "Control 2026"}};
    const lf::value_map webinar{{"event", "Webinar 12"}};

    const auto card = lead{"event_driven"}.did("exhibition_card", {}, control);
    CHECK(card.score("event_interest") == 10);
    CHECK(lead{card}
              .did("exhibition_card", {}, {{"event", "CONTROL 2026"}})
              .score("event_interest") == 10); // scanned twice
    CHECK(lead{card}.did("exhibition_demo", {}, control).band("call_list") == "invite");

    auto seminar = lead{"event_driven"}.did("seminar_registered", days{10}, webinar);
    CHECK(seminar.score("event_interest") == 5);
    CHECK(lead{seminar}.did("seminar_no_show", {}, webinar).score("event_interest") == 0);
    CHECK(lead{"event_driven"}.did("seminar_attended", {}, webinar).score("event_interest") == 15);
    seminar.did("seminar_attended", {}, webinar);
    CHECK(seminar.score("event_interest") == 5 + 15 + 10);
    CHECK(seminar.band("call_list") == "invite");
    CHECK(lead{seminar}.did("survey", {}, {}, 5).score("event_interest") == 45);
    CHECK(lead{seminar}.did("survey", {}, {}, 3).score("event_interest") == 30);

    // A follow-up raises the lead to "call"; three weeks later it no longer does.
    const auto met = lead{"event_driven"}
                         .did("exhibition_demo", days{1}, control)
                         .did("exhibition_demo", days{1} + 1h, control)
                         .did("exhibition_card", days{1}, control);
    CHECK(met.band("call_list") == "invite");
    CHECK(lead{met}.did("follow_up_call", {}).band("call_list") == "call");
    CHECK(lead{met}.did("follow_up_call", -days{20}).band("call_list", days{20}) == "invite");

    // Half a year of silence costs points until the next touchpoint.
    const auto quiet = lead{"event_driven"}
                           .did("seminar_attended", days{190}, webinar)
                           .did("survey", days{190}, {}, 2);
    CHECK(quiet.score("event_interest") == Approx(15 * std::exp2(-190 / 120.0) - 5).margin(1e-6));
    CHECK(lead{quiet}.did("survey", {}, {}, 2).score("event_interest") ==
          Approx(15 * std::exp2(-190 / 120.0)).margin(1e-6));
}

TEST_CASE("two_axis_matrix", "[shipped]") {
    CHECK(lead{"two_axis_matrix"}.did("visit", 1h).in_class("class") == "D4");

    auto buyer = lead{"two_axis_matrix"};
    buyer.is("industry", "finance").is("employees", 400.0).is("role", "Head of Operations");
    CHECK(buyer.in_class("class") == "A4");
    buyer.did("meeting", 1h).did("download", 2h).did("download", 3h);
    CHECK(buyer.in_class("class") == "A1");
    CHECK(lead{buyer}.is("role", "Header designer").in_class("class") == "B1");

    // A student who reads everything stays D.
    auto student = lead{"two_axis_matrix"}.is("role", "student");
    for (int day = 0; day < 30; ++day)
        student.did("visit", days{day}).did("visit", days{day} + 1h).did("download", days{day});
    CHECK(student.in_class("class") == "D1");
}
