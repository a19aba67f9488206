// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// Bands, and the walk from evaluation instant to evaluation instant. Not for users.

#include <leadfunnel/detail/cursor.hpp>
#include <leadfunnel/score/scorer.hpp>

#include <algorithm>
#include <cstdint>
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

  private:
    std::uint32_t band_ = no_band_index;
    std::int64_t since_ = before_time;
};

/// Visits the evaluation instants of the lead a cursor stands on, up to and including `to`, and
/// leaves the cursor at `to`. `further` names a later instant of the caller's own (the end of a
/// dwell), or `end_of_time`. `visit(shared)` is called where the cursor has come to rest; `shared`
/// says whether the instant is one of the model's, or of `further` alone.
template<class Cursor, class Visit, class Further>
void walk(Cursor& c, const program& p, std::int64_t to, const Visit& visit,
          const Further& further) {
    for (;;) {
        std::int64_t next = c.next_instant();
        std::int64_t own = end_of_time;
        if (c.first_event() != end_of_time) {
            if (c.is_decaying()) {
                const std::int64_t now = c.now();
                const std::int64_t floor = now / p.grid - (now % p.grid < 0 ? 1 : 0);
                next = std::min(next, (floor + 1) * p.grid);
            }
            if (const std::int64_t t = further(); t > c.now()) own = t;
        }
        const bool shared = next <= own;
        if (std::min(next, own) > to) break;
        c.advance(std::min(next, own));
        if (c.first_event() != end_of_time) visit(shared);
    }
    c.advance(to);
}

} // namespace detail

} // namespace leadfunnel::inline v0
