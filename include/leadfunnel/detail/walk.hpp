// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// Bands, and the walk from evaluation instant to evaluation instant. Not for users.

#include <leadfunnel/detail/cursor.hpp>
#include <leadfunnel/score/scorer.hpp>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace leadfunnel::inline v0 {

/// The library's own way into a scorer and a table.
struct scorer_access {
    static const detail::binding& binding_of(const scorer& s) noexcept { return *s.binding_; }
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

[[nodiscard]] constexpr std::int64_t floor_divide(std::int64_t a, std::int64_t b) noexcept {
    return a / b - (a % b < 0 ? 1 : 0);
}

/// An instant as the cursor counts, brought into the accepted range.
[[nodiscard]] inline std::int64_t cursor_time(instant at) noexcept {
    return std::clamp(at, earliest_instant, latest_instant).time_since_epoch().count();
}

[[nodiscard]] inline std::uint32_t band_by_entry(const compiled_banding& b,
                                                 std::int64_t value) noexcept {
    std::uint32_t band = 0;
    for (std::uint32_t i = 1; i < b.bands.size(); ++i)
        if (value >= b.bands[i].enter) band = i;
    return band;
}

/// The band a banding is in, carried from evaluation instant to evaluation instant.
class band_state {
  public:
    void clear() noexcept { band_ = no_band_index; }

    [[nodiscard]] std::uint32_t band() const noexcept { return band_; }
    /// When it was entered.
    [[nodiscard]] std::int64_t since() const noexcept { return since_; }

    /// Until when the band is kept; `end_of_time` if nothing keeps it.
    [[nodiscard]] std::int64_t dwell_end(const compiled_banding& b) const noexcept {
        return band_ == no_band_index || b.dwell == 0 ? end_of_time : since_ + b.dwell;
    }

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
        if (b.dwell != 0 && now < dwell_end(b)) return;
        std::uint32_t next = std::max(band_, band_by_entry(b, r.value));
        if (next == band_)
            while (next > 0 && r.value < b.bands[next].leave) --next;
        if (next == band_) return;
        band_ = next;
        since_ = now;
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

/// Visits the evaluation instants of the lead a cursor stands on, up to and including `to`, and
/// leaves the cursor at `to`. A visitor has
/// - `visit(shared)`, called where the cursor has come to rest: at an instant of the model's, or of
///   the visitor's alone;
/// - `further()`, a later instant of the visitor's own (the end of a dwell), or `end_of_time`;
/// - `skip(first, last)`: of the ticks of the decay grid from `first` to `last`, between which
///   nothing but decay happens, the first that is worth a visit, or a later one than `last`.
template<class Cursor, class Visitor>
void walk(Cursor& c, const program& p, std::int64_t to, Visitor& visitor) {
    for (;;) {
        std::int64_t next = c.next_instant();
        std::int64_t own = end_of_time;
        if (c.first_event() != end_of_time) {
            if (const std::int64_t t = visitor.further(); t > c.now()) own = t;
            if (c.is_decaying()) {
                const std::int64_t quiet_until = std::min({next - 1, own - 1, to});
                const std::int64_t first = (floor_divide(c.now(), p.grid) + 1) * p.grid;
                const std::int64_t last = floor_divide(quiet_until, p.grid) * p.grid;
                if (first <= last) {
                    if (const std::int64_t t = visitor.skip(first, last); t <= last) next = t;
                } else if (first == next || first == own) {
                    next = first;
                }
            }
        }
        if (std::min(next, own) > to) break;
        const bool shared = next <= own;
        c.advance(std::min(next, own));
        if (c.first_event() != end_of_time) visitor.visit(shared);
    }
    c.advance(to);
}

/// Carries the bands of some bandings along a walk.
template<class Cursor>
class band_fold {
  public:
    /// `c` must outlive the fold.
    band_fold(Cursor& c, const binding& b, std::vector<std::size_t> bandings)
        : c_(c), b_(b), p_(b.p), bandings_(std::move(bandings)), states_(bandings_.size()) {}

    void clear() noexcept {
        for (auto& s : states_) s.clear();
    }
    [[nodiscard]] const band_state& state(std::size_t n) const noexcept { return states_[n]; }
    void fold_until(std::int64_t to) { walk(c_, p_, to, *this); }

    /// The band of the n-th banding after a last look where the cursor stands, which the fold does
    /// not remember.
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

    /// Where all that decays sinks, scores sink, and a band can only be left: whether it is by the
    /// last tick tells whether it is at all, and halving finds where. Elsewhere every tick counts.
    [[nodiscard]] std::int64_t skip(std::int64_t first, std::int64_t last) {
        for (const auto b : bandings_)
            if (!b_.rises_with_inputs[p_.bandings[b].score]) return first;
        if (!c_.only_sinks()) return first;
        for (const auto& s : states_)
            if (s.band() == no_band_index) return first;
        if (!leaves_at(last)) return end_of_time;
        std::int64_t low = 0; // ticks from the first
        std::int64_t high = (last - first) / p_.grid;
        while (low < high) {
            const std::int64_t middle = low + (high - low) / 2;
            if (leaves_at(first + middle * p_.grid))
                high = middle;
            else
                low = middle + 1;
        }
        return first + low * p_.grid;
    }

  private:
    [[nodiscard]] bool leaves_at(std::int64_t t) {
        const auto& readings = c_.peek(t);
        for (std::size_t n = 0; n < states_.size(); ++n) {
            const auto& banding = p_.bandings[bandings_[n]];
            band_state then = states_[n];
            then.see(banding, readings[banding.score], t);
            if (then.band() != states_[n].band()) return true;
        }
        return false;
    }

    Cursor& c_;
    const binding& b_;
    const program& p_;
    std::vector<std::size_t> bandings_;
    std::vector<band_state> states_;
};

[[nodiscard]] inline score_value to_score_value(const reading& r) noexcept {
    return {points::from_micros(r.value), r.excluded_by != none32, r.saturated};
}

/// The band of a banding at an instant.
template<class Cursor>
std::uint32_t band_index(Cursor& c, const binding& b, const lead_view& lead, std::size_t banding,
                         std::int64_t at) {
    band_fold<Cursor> fold{c, b, {banding}};
    if (b.p.bandings.at(banding).remembers) {
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
