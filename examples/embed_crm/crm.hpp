// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// A small CRM on a leadfunnel engine. The CRM owns forms, mails and files; the engine owns scores,
/// stages and SLAs. The caller supplies the time: from a clock, a test or a replay.

#include <leadfunnel/leadfunnel.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace embed_crm {

namespace lf = leadfunnel;

/// A request from the site's form. The form numbers its requests, so that one that a queue delivers
/// twice counts once.
struct request {
    std::string number{};
    std::string email{};
    std::string company{};
    std::string subject{};
    std::string cookie{}; ///< identifies earlier visits to the site; may be empty
};

class crm {
  public:
    /// Delivers a text to a person. If it throws, the text is sent again later.
    using mailer = std::function<void(const std::string& to, const std::string& text)>;

    /// Continues from the snapshot file if it exists. Throws `lf::snapshot_error` if it is damaged.
    crm(const lf::plan& model, std::filesystem::path file, mailer send);
    crm(const crm&) = delete;
    crm& operator=(const crm&) = delete;

    /// Advances the clock. Everything due by `now` happens, each at its own instant.
    void tick(lf::instant now);

    // Events from outside.
    void visited(const std::string& cookie, const std::string& url, lf::instant at);
    /// Applies a request; returns the lead it belongs to, known or new.
    std::string asked(const request& r, lf::instant at);

    // Actions of the desk, at the engine's current time.
    void called(const std::string& lead, double minutes);
    /// Moves a lead. Returns the reason if the move is refused, else an empty string.
    std::string move(const std::string& lead, const std::string& stage, const std::string& reason,
                     const std::string& who);

    /// A summary to read before a call.
    [[nodiscard]] std::string card(const std::string& lead) const;
    /// The leads that an owner has to call, highest score first.
    [[nodiscard]] std::vector<std::string> to_call(const std::string& owner) const;
    [[nodiscard]] const lf::engine& engine() const noexcept { return engine_; }

    /// Saves everything to the file, completely or not at all.
    void save() const;

  private:
    void notify(const lf::signal& s);
    /// Calls `what`, which changes the engine. Undelivered signals are delivered after the next
    /// call.
    template<class F>
    void act(F&& what);

    std::filesystem::path file_;
    mailer send_;
    lf::engine engine_;
    std::uint64_t sent_ = 0; ///< sequence number of the last handled signal
};

} // namespace embed_crm
