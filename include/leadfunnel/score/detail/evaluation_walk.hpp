// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// Bands, and the walk from evaluation instant to evaluation instant. Not for users.

#include <leadfunnel/core/detail/at_number.hpp>
#include <leadfunnel/score/detail/cursor.hpp>
#include <leadfunnel/score/scorer.hpp>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace leadfunnel::inline v0 {

/// Gives the library access to private members of scorers and tables.
struct scorer_access {
    static const detail::bound_program& binding_of(const scorer& s) noexcept { return *s.binding_; }
    template<class Table>
    static Table make(const plan& p) {
        return Table{p};
    }
    template<class Table>
    static auto columns(Table& t) {
        return std::tie(t.leads_, t.instants_, t.micros_, t.flags_, t.bands_);
    }
};

namespace detail {

inline constexpr std::uint32_t no_band_index = none32;

/// An instant as a cursor counts time, clamped to [`time_begin`, `time_end` − 1].
[[nodiscard]] inline std::int64_t cursor_time(instant at) noexcept {
    return std::clamp(at.time_since_epoch().count(), time_begin, time_end - 1);
}

/// The band whose entry threshold a value reaches. O(bands).
[[nodiscard]] inline std::uint32_t band_by_entry(const compiled_banding& b,
                                                 std::int64_t value) noexcept {
    std::uint32_t band = 0;
    for (std::uint32_t i = 1; i < b.bands.size(); ++i)
        if (value >= b.bands[i].enter) band = i;
    return band;
}

/// The band that a lead is in, updated at each evaluation instant.
class band_state {
  public:
    void clear() noexcept { band_ = no_band_index; }

    [[nodiscard]] std::uint32_t band() const noexcept { return band_; }
    /// The instant at which the band was entered.
    [[nodiscard]] std::int64_t since() const noexcept { return since_; }

    /// The instant at which the dwell time of the band ends; `end_of_time` if it never does,
    /// `before_time` if there is none.
    [[nodiscard]] std::int64_t dwell_end(const compiled_banding& b) const noexcept {
        return band_ == no_band_index || b.dwell == 0 ? before_time : later(since_, b.dwell);
    }

    /// Updates the band from a reading. Enters any higher band that the score reaches; otherwise
    /// leaves the band step by step where the score is below the leave threshold. Keeps the band
    /// during its dwell time. O(bands).
    void see(const compiled_banding& b, const reading& r, std::int64_t now) noexcept {
        if (r.excluded_by != none32) {
            band_ = no_band_index;
            return;
        }
        if (band_ == no_band_index) {
            band_ = band_by_entry(b, r.value);
            since_ = now;
            return;
        }
        if (now < dwell_end(b)) return;
        std::uint32_t next = std::max(band_, band_by_entry(b, r.value));
        if (next == band_)
            while (next > 0 && r.value < b.bands[next].leave) --next;
        if (next == band_) return;
        band_ = next;
        since_ = now;
    }

    /// Whether the band would stay the same, up to `t`, for every score between two readings. The
    /// two ends decide, because a higher score never leads to a lower band.
    [[nodiscard]] bool stays(const compiled_banding& b, const std::vector<reading>& low,
                             const std::vector<reading>& high, std::int64_t t) const noexcept {
        band_state least = *this;
        band_state most = *this;
        least.see(b, low[b.score], t);
        most.see(b, high[b.score], t);
        return least.band_ == band_ && most.band_ == band_;
    }

    template<class Archive>
    void archive_state(Archive& a) {
        archive(a, band_);
        archive(a, since_);
    }

  private:
    std::uint32_t band_ = no_band_index;
    std::int64_t since_ = before_time;
};

/// Visits the evaluation instants of a cursor's lead up to and including `to`, and leaves the
/// cursor at `to`. A visitor has three members:
/// - `visit(shared)` is called when the cursor stands at an instant. `shared` is false if only the
///   visitor itself asked for that instant.
/// - `further()` is a later instant that the visitor asks for (the end of a dwell time), or
///   `end_of_time`.
/// - `is_quiet(low, high, t)` says whether the visitor would ignore every visit up to `t` if all
///   scores were between two readings. Instants at which only decay happens are then skipped.
///
/// O(events + instants that are visited · (rules + awards)).
template<class Cursor, class Visitor>
void walk(Cursor& c, std::int64_t to, Visitor& visitor) {
    for (;;) {
        std::int64_t next = c.next_stop();
        std::int64_t own = end_of_time;
        if (c.first_event() != end_of_time) {
            if (const std::int64_t t = visitor.further(); t > c.now()) own = t;
            const auto fade = c.first_fade(std::min({next - 1, own - 1, to}),
                                           [&](const auto& low, const auto& high, std::int64_t t) {
                                               return visitor.is_quiet(low, high, t);
                                           });
            if (fade.at != end_of_time)
                next = fade.at;
            else if (own < next && own <= to && c.fades_at(own))
                next = own;
        }
        if (std::min(next, own) > to) break;
        const bool shared = next <= own;
        c.advance(std::min(next, own));
        if (c.first_event() != end_of_time) visitor.visit(shared);
    }
    c.advance(to);
}

/// Keeps the bands of some bandings up to date along a walk. A visitor of `walk`.
template<class Cursor>
class band_fold {
  public:
    /// `c` and `b` must outlive the fold.
    band_fold(Cursor& c, const bound_program& b, std::vector<std::size_t> bandings)
        : c_(c), b_(b), p_(b.p), bandings_(std::move(bandings)), states_(bandings_.size()) {}

    void clear() noexcept {
        for (auto& s : states_) s.clear();
    }
    [[nodiscard]] const band_state& state(std::size_t n) const noexcept { return states_[n]; }
    void fold_until(std::int64_t to) { walk(c_, to, *this); }

    /// The band of the n-th banding where the cursor stands, without updating the fold.
    [[nodiscard]] std::uint32_t look(std::size_t n, const std::vector<reading>& readings) const {
        band_state last = states_[n];
        const auto& banding = p_.bandings[bandings_[n]];
        last.see(banding, readings[banding.score], c_.now());
        return last.band();
    }

    void visit(bool shared) {
        const auto& readings = c_.evaluate();
        for (std::size_t n = 0; n < states_.size(); ++n) {
            const auto& banding = p_.bandings[bandings_[n]];
            if (shared || states_[n].dwell_end(banding) == c_.now())
                states_[n].see(banding, readings[banding.score], c_.now());
        }
    }

    [[nodiscard]] std::int64_t further() const noexcept {
        std::int64_t end = end_of_time;
        for (std::size_t n = 0; n < states_.size(); ++n)
            if (const auto e = states_[n].dwell_end(p_.bandings[bandings_[n]]); e > c_.now())
                end = std::min(end, e);
        return end;
    }

    [[nodiscard]] bool is_quiet(const std::vector<reading>& low, const std::vector<reading>& high,
                                std::int64_t t) const noexcept {
        for (std::size_t n = 0; n < states_.size(); ++n)
            if (!states_[n].stays(p_.bandings[bandings_[n]], low, high, t)) return false;
        return true;
    }

  private:
    Cursor& c_;
    const bound_program& b_;
    const program& p_;
    std::vector<std::size_t> bandings_;
    std::vector<band_state> states_;
};

[[nodiscard]] inline score_value to_score_value(const reading& r) noexcept {
    return {points::from_micros(r.value), r.excluded_by != none32, r.saturated};
}

/// The band of a banding at an instant. Moves the cursor to the lead and the instant.
template<class Cursor>
std::uint32_t band_index(Cursor& c, const bound_program& b, const lead_view& lead,
                         std::size_t banding, std::int64_t at) {
    band_fold<Cursor> fold{c, b, {banding}};
    if (at_number(b.p.bandings, banding, "banding").remembers) {
        c.seek(lead, Cursor::mode::everything);
        fold.fold_until(at);
    } else {
        c.seek(lead, Cursor::mode::scores_only);
        c.advance(at);
    }
    return fold.look(0, c.evaluate());
}

[[nodiscard]] inline std::optional<std::string_view>
band_name(const program& p, std::size_t banding, std::uint32_t band) noexcept {
    if (band == no_band_index) return std::nullopt;
    return p.source.bandings[banding].bands[band].id;
}

[[nodiscard]] inline std::optional<std::string_view>
class_name(const program& p, std::size_t matrix, std::uint32_t row, std::uint32_t column) noexcept {
    if (row == no_band_index || column == no_band_index) return std::nullopt;
    return p.matrices[matrix].classes[row][column];
}

} // namespace detail

} // namespace leadfunnel::inline v0
