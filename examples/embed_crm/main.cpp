// Distributed under the Boost Software License, Version 1.0. See LICENSE.

// Two days of a small CRM that is shut down overnight. The program asserts what happens, so it also
// tests the installed library.

#include "crm.hpp"

#include <leadfunnel/model/json.hpp>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace {

using embed_crm::crm;
namespace lf = leadfunnel;

void expect(bool holds, const char* what) {
    if (holds) return;
    std::fprintf(stderr, "failed: %s\n", what);
    std::exit(EXIT_FAILURE);
}

/// A time in Tokyo in April 2026; the 1st is a Wednesday.
lf::instant at(const char* day_and_time) {
    return lf::parse_rfc3339("2026-04-" + std::string{day_and_time} + ":00+09:00").at;
}

std::vector<std::string> mails;
bool mail_is_down = false;

void send(const std::string& to, const std::string& text) {
    if (mail_is_down) throw std::runtime_error("the mail server is down");
    mails.push_back(to + ": " + text);
    std::printf("mail to %s: %s\n", to.c_str(), text.c_str());
}

std::vector<std::string> taken_mails() { return std::exchange(mails, {}); }

void first_day(const lf::plan& plan, const std::filesystem::path& file) {
    crm desk{plan, file, send};

    desk.visited("cookie-7", "/products", at("01T09:10"));
    desk.visited("cookie-7", "/pricing/ja", at("01T09:15"));
    expect(taken_mails().empty(), "a visitor is nobody's business yet");

    // Everybody who writes must be called within two working hours.
    const embed_crm::request form{.number = "F-1",
                                  .email = "sato@hokuriku.example",
                                  .company = "北陸精密株式会社",
                                  .subject = "a camera for our line",
                                  .cookie = "cookie-7"};
    const std::string sato = desk.asked(form, at("01T10:00"));
    expect(sato == "cookie-7", "the visitor has a name now");
    expect(desk.asked(form, at("01T10:00")) == sato, "and is known by it");
    expect(taken_mails() ==
               std::vector<std::string>{"desk: #5 hot: cookie-7: interest = 89.978347"},
           "the form, read twice, raises one alert");
    std::printf("%s", desk.card(sato).c_str());

    // The mail server is down: no message is lost.
    mail_is_down = true;
    desk.tick(at("01T11:45"));
    mail_is_down = false;
    desk.tick(at("01T11:46"));
    expect(taken_mails() ==
               std::vector<std::string>{"desk: #6 call cookie-7 by 2026-04-01T03:00:00Z"},
           "a warning half an hour before the time is up");

    desk.called(sato, 12);
    expect(desk.move(sato, "won", "", "tanaka") != "", "nobody signs before talking");
    expect(desk.move(sato, "talking", "wants an offer", "tanaka").empty(), "talking");

    // Another request comes late in the day, and is still to be called when the desk closes.
    desk.asked({.number = "F-2",
                .email = "meyer@nordwerk.example",
                .company = "Nordwerk GmbH",
                .subject = "brochure",
                .cookie = ""},
               at("01T17:00"));
    taken_mails();
    desk.tick(at("01T18:00"));
    desk.save();
}

void second_day(const lf::plan& plan, const std::filesystem::path& file) {
    crm desk{plan, file, send};
    expect(desk.engine().now() == at("01T18:00"), "it goes on where it was");
    expect(desk.to_call("desk") == std::vector<std::string>{"meyer@nordwerk.example"},
           "one is to be called");

    // The night does not count: one working hour is left, so the SLA is due at ten.
    desk.tick(at("02T09:59"));
    expect(taken_mails().size() == 1, "a warning");
    desk.tick(at("02T11:00"));
    expect(taken_mails() ==
               std::vector<std::string>{"manager: #16 meyer@nordwerk.example was not called by "
                                        "2026-04-02T01:00:00Z"},
           "the manager hears of it");
    expect(desk.move("meyer@nordwerk.example", "nurturing", "only a brochure", "tanaka").empty(),
           "given back");
    expect(desk.engine().score("meyer@nordwerk.example", "interest").value == 0,
           "and starts from nothing");

    // Sato writes again, from a phone that has its own cookie.
    desk.visited("cookie-9", "/pricing/ja", at("02T12:00"));
    const std::string sato = desk.asked({.number = "F-3",
                                         .email = "sato@hokuriku.example",
                                         .company = "北陸精密株式会社",
                                         .subject = "when can you deliver?",
                                         .cookie = "cookie-9"},
                                        at("02T12:05"));
    expect(sato == "cookie-7", "the same lead");
    expect(desk.engine().resolve("cookie-9") == "cookie-7", "by either cookie");
    expect(desk.engine().size() == 2, "two leads in all");
    expect(desk.move(sato, "won", "", "tanaka").empty(), "signed");
    expect(desk.engine().count_in_stage("sales", "won") == 1, "one won");
    std::printf("%s", desk.card(sato).c_str());
    desk.save();
}

void damage(const std::filesystem::path& file) {
    std::fstream f(file, std::ios::binary | std::ios::in | std::ios::out);
    f.seekp(100);
    f.put('\x7f');
}

} // namespace

int main() {
    const std::filesystem::path file = "embed_crm.snapshot";
    try {
        std::filesystem::remove(file);
        const lf::plan plan = lf::compile(lf::load_model(EMBED_CRM_MODEL));
        first_day(plan, file);
        second_day(plan, file);

        damage(file);
        try {
            const crm desk{plan, file, send};
            expect(false, "a damaged file is refused");
        } catch (const lf::snapshot_error& e) {
            std::printf("refused: %s\n", e.what());
        }
        std::filesystem::remove(file);
    } catch (const std::exception& e) {
        std::fprintf(stderr, "%s\n", e.what());
        return EXIT_FAILURE;
    }
}
