// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// The state that a live engine keeps of each lead: stages, bands, alerts, classes. Not for users.

#include <leadfunnel/engine/detail/archive.hpp>
#include <leadfunnel/score/detail/evaluation_walk.hpp>
#include <leadfunnel/store/detail/slab_vector.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <span>
#include <type_traits>
#include <vector>

namespace leadfunnel::inline v0::detail {

/// Where a lead stands in a funnel.
struct place {
    std::int64_t since = before_time;
    std::uint32_t stage = none32;
    std::int32_t cycle = 1;
    std::int32_t entries = 0;
};

/// The band of a lead in one banding. Bands depend on the bands before them, at evaluation
/// instants. There may be several looks at one instant; each starts from `folded`, so that only the
/// last one counts.
struct band_memory {
    band_state folded; // after the evaluation instants before `seen`
    band_state latest; // after those up to `seen`
    std::int64_t seen = before_time;
    std::uint32_t now = no_band_index;       // at the last look
    std::uint32_t signalled = no_band_index; // in the last signal
};

struct alert_memory {
    std::int64_t raised = before_time; // last
    bool armed = true;
};

template<class A>
void archive(A& a, band_state& s) {
    s.archive_state(a);
}
template<class A>
void archive(A& a, band_memory& m) {
    archive(a, m.folded);
    archive(a, m.latest);
    archive(a, m.seen);
    archive(a, m.now);
    archive(a, m.signalled);
}
template<class A>
void archive(A& a, alert_memory& m) {
    archive(a, m.raised);
    archive(a, m.armed);
}

/// Places, bands, alerts and classes of all leads, in one row of bytes a lead. So a look finds a
/// lead's state in a cache line or two, and saving it is one copy.
class lead_state {
  public:
    lead_state() = default;
    lead_state(std::size_t funnels, std::size_t bandings, std::size_t alerts, std::size_t matrices)
        : funnels_(funnels), bandings_(bandings), alerts_(alerts), matrices_(matrices),
          bands_at_(funnels * sizeof(place)),
          alerts_at_(bands_at_ + bandings * sizeof(band_memory)),
          classes_at_(alerts_at_ + alerts * sizeof(alert_memory)),
          stride_((classes_at_ + matrices * sizeof(std::uint32_t) + 7) / 8 * 8), fresh_(stride_) {
        make(fresh_.data());
    }
    lead_state(const lead_state&) = delete;
    lead_state& operator=(const lead_state&) = delete;
    lead_state(lead_state&& other) noexcept { swap(other); }
    lead_state& operator=(lead_state&& other) noexcept {
        swap(other);
        return *this;
    }
    ~lead_state() {
        for (unsigned k = 0; k < count_; ++k)
            huge_allocator<std::byte>{}.deallocate(slabs_[k], (slab_place::first << k) * stride_);
    }

    [[nodiscard]] std::span<place> places(std::uint32_t lead) noexcept {
        return {as<place>(lead, 0), funnels_};
    }
    [[nodiscard]] std::span<const place> places(std::uint32_t lead) const noexcept {
        return {as<place>(lead, 0), funnels_};
    }
    [[nodiscard]] std::span<band_memory> bands(std::uint32_t lead) noexcept {
        return {as<band_memory>(lead, bands_at_), bandings_};
    }
    [[nodiscard]] std::span<const band_memory> bands(std::uint32_t lead) const noexcept {
        return {as<band_memory>(lead, bands_at_), bandings_};
    }
    [[nodiscard]] std::span<alert_memory> alerts(std::uint32_t lead) noexcept {
        return {as<alert_memory>(lead, alerts_at_), alerts_};
    }
    [[nodiscard]] std::span<const alert_memory> alerts(std::uint32_t lead) const noexcept {
        return {as<alert_memory>(lead, alerts_at_), alerts_};
    }
    /// By matrix: the class in the last signal, 0 for none.
    [[nodiscard]] std::span<std::uint32_t> classes(std::uint32_t lead) noexcept {
        return {as<std::uint32_t>(lead, classes_at_), matrices_};
    }
    [[nodiscard]] std::span<const std::uint32_t> classes(std::uint32_t lead) const noexcept {
        return {as<std::uint32_t>(lead, classes_at_), matrices_};
    }

    /// Makes room for leads [0, n). Throws std::bad_alloc with nothing changed.
    void reserve(std::size_t n) {
        if (stride_ == 0) return;
        while (slab_place::room(count_) < n) {
            slabs_[count_] =
                huge_allocator<std::byte>{}.allocate((slab_place::first << count_) * stride_);
            ++count_;
        }
    }
    /// Gives a lead the initial state. Precondition: there is room for it.
    void clear(std::uint32_t lead) noexcept {
        if (stride_ != 0) std::memcpy(row(lead), fresh_.data(), stride_);
    }
    /// Saves and restores a lead's state row.
    void save(std::uint32_t lead, std::vector<std::byte>& in) const {
        if (stride_ != 0) in.assign(row(lead), row(lead) + stride_);
    }
    void restore(std::uint32_t lead, const std::vector<std::byte>& from) noexcept {
        if (stride_ != 0) std::memcpy(row(lead), from.data(), stride_);
    }

    /// Requests a lead's row, for writing.
    void prefetch(std::uint32_t lead) const noexcept {
        for (std::size_t b = 0; b < stride_; b += 64) __builtin_prefetch(row(lead) + b, 1);
    }
    [[nodiscard]] std::size_t bytes_per_lead() const noexcept { return stride_; }

  private:
    static_assert(std::is_trivially_copyable_v<place> &&
                  std::is_trivially_copyable_v<band_memory> &&
                  std::is_trivially_copyable_v<alert_memory>);

    void swap(lead_state& other) noexcept {
        std::swap(funnels_, other.funnels_);
        std::swap(bandings_, other.bandings_);
        std::swap(alerts_, other.alerts_);
        std::swap(matrices_, other.matrices_);
        std::swap(bands_at_, other.bands_at_);
        std::swap(alerts_at_, other.alerts_at_);
        std::swap(classes_at_, other.classes_at_);
        std::swap(stride_, other.stride_);
        fresh_.swap(other.fresh_);
        std::swap(slabs_, other.slabs_);
        std::swap(count_, other.count_);
    }
    void make(std::byte* row) noexcept {
        for (std::size_t i = 0; i < funnels_; ++i) ::new (row + i * sizeof(place)) place;
        for (std::size_t i = 0; i < bandings_; ++i)
            ::new (row + bands_at_ + i * sizeof(band_memory)) band_memory;
        for (std::size_t i = 0; i < alerts_; ++i)
            ::new (row + alerts_at_ + i * sizeof(alert_memory)) alert_memory;
        for (std::size_t i = 0; i < matrices_; ++i)
            ::new (row + classes_at_ + i * sizeof(std::uint32_t)) std::uint32_t{0};
    }
    [[nodiscard]] std::byte* row(std::uint32_t lead) const noexcept {
        const slab_place p{lead};
        return slabs_[p.slab] + p.offset * stride_;
    }
    template<class T>
    [[nodiscard]] T* as(std::uint32_t lead, std::size_t at) const noexcept {
        if (stride_ == 0) return nullptr;
        return reinterpret_cast<T*>(row(lead) + at); // NOLINT: `clear` has copied one there
    }

    std::size_t funnels_ = 0;
    std::size_t bandings_ = 0;
    std::size_t alerts_ = 0;
    std::size_t matrices_ = 0;
    std::size_t bands_at_ = 0;
    std::size_t alerts_at_ = 0;
    std::size_t classes_at_ = 0;
    std::size_t stride_ = 0;
    std::vector<std::byte> fresh_;
    std::array<std::byte*, slab_place::most> slabs_{};
    unsigned count_ = 0;
};

} // namespace leadfunnel::inline v0::detail
