// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// A small CRM on a leadfunnel engine. The CRM owns forms, mails and files; the engine owns scores,
/// stages and promises. Time comes from outside: from a clock, a test, a replay.

#include <leadfunnel/leadfunnel.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace embed_crm {

namespace lf = leadfunnel;

/// What somebody sent by the form on the site. The form numbers them: one that is read twice from
/// a queue counts once.
struct request {
    std::string number{};
    std::string email{};
    std::string company{};
    std::string subject{};
    std::string cookie{}; ///< by which their visits to the site are known; may be empty
};

class crm {
  public:
    /// Delivers a text to a person. If it throws, it is asked again later.
    using mailer = std::function<void(const std::string& to, const std::string& text)>;

    /// Continues from the file, if there is one. Throws `lf::snapshot_error` if it is damaged.
    crm(const lf::plan& model, std::filesystem::path file, mailer send);
    crm(const crm&) = delete;
    crm& operator=(const crm&) = delete;

    /// The clock strikes: what has fallen due happens, each thing at its own instant.
    void tick(lf::instant now);

    // From outside.
    void visited(const std::string& cookie, const std::string& url, lf::instant at);
    /// The lead that the request is of: a known one, or a new one.
    std::string asked(const request& r, lf::instant at);

    // From the desk, now.
    void called(const std::string& lead, double minutes);
    /// Why not, if it may not be moved there.
    std::string move(const std::string& lead, const std::string& stage, const std::string& reason,
                     const std::string& who);

    /// What to read before a call.
    [[nodiscard]] std::string card(const std::string& lead) const;
    /// Whom an owner has to call, hottest first.
    [[nodiscard]] std::vector<std::string> to_call(const std::string& owner) const;
    [[nodiscard]] const lf::engine& engine() const noexcept { return engine_; }

    /// Keeps everything in the file, as a whole or not at all.
    void save() const;

  private:
    void notify(const lf::signal& s);
    /// Does something to the engine. Whoever cannot be told now is told after the next thing.
    template<class F>
    void act(F&& what);

    std::filesystem::path file_;
    mailer send_;
    lf::engine engine_;
    std::uint64_t sent_ = 0; ///< the last signal that was dealt with
};

} // namespace embed_crm
