// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

#include <leadfunnel/detail/decayed_sum.hpp>

#include <algorithm>
#include <array>

#if defined(__x86_64__) && (defined(__GNUC__) || defined(__clang__))
#define LEADFUNNEL_HAS_AVX2_PATH 1
#include <immintrin.h>
#endif

namespace leadfunnel::inline v0::detail {

LEADFUNNEL_DECL void keep_awards_portable(const compiled_decay& d, const award_column& awards,
                                          std::int64_t now, std::span<std::int64_t> kept) noexcept {
    for (std::size_t i = 0; i < kept.size(); ++i) {
        const std::int64_t p = awards.points[awards.kinds[i]];
        const std::int64_t age = now - awards.at[i].time_since_epoch().count();
        kept[i] = p == 0 || age < 0 ? 0 : scaled(p, d.at(duration{age}));
    }
}

LEADFUNNEL_DECL void add_kept_portable(const compiled_decay& d, std::int64_t at,
                                       std::int64_t points, std::span<const std::int64_t> instants,
                                       std::span<std::int64_t> sums) noexcept {
    for (std::size_t i = 0; i < instants.size(); ++i)
        sums[i] += scaled(points, d.at(duration{instants[i] - at}));
}

#if defined(LEADFUNNEL_HAS_AVX2_PATH)

#define LEADFUNNEL_AVX2 __attribute__((target("avx2"), always_inline)) inline

/// `exp2_negative(divisor.ratio(age))` and `scaled`, line by line, in four lanes. A multiplication
/// takes the low 32 bits of each lane, which is why the fraction needs no mask.
struct half_life_lanes {
    __m256i multiplier;
    __m256i last_alive;
    __m128i right;
    __m128i left;

    LEADFUNNEL_AVX2 static half_life_lanes of(const period_divisor& d) {
        return {_mm256_set1_epi64x(static_cast<std::int64_t>(d.multiplier)),
                _mm256_set1_epi64x(d.beyond - 1), _mm_cvtsi32_si128(d.right),
                _mm_cvtsi32_si128(d.left)};
    }

    LEADFUNNEL_AVX2 static __m256i step(__m256i x, __m256i t, std::int64_t coefficient, int shift) {
        const __m256i half = _mm256_set1_epi64x(std::int64_t{1} << (shift - 1));
        return _mm256_sub_epi64(
            _mm256_set1_epi64x(coefficient),
            _mm256_srli_epi64(_mm256_add_epi64(_mm256_mul_epu32(x, t), half), shift));
    }

    /// Ages ≥ 0.
    LEADFUNNEL_AVX2 __m256i kept(__m256i age, __m256i points) const {
        const __m256i a = _mm256_sll_epi64(_mm256_srl_epi64(age, right), left);
        __m256i x = _mm256_add_epi64(_mm256_mul_epu32(_mm256_srli_epi64(a, 32), multiplier),
                                     _mm256_srli_epi64(_mm256_mul_epu32(a, multiplier), 32));
        x = _mm256_blendv_epi8(x, _mm256_set1_epi64x(std::int64_t{33} << 32),
                               _mm256_cmpgt_epi64(age, last_alive));

        __m256i t = _mm256_set1_epi64x(1'590'874'556);
        t = step(x, t, 2'619'342'388, 35);
        t = step(x, t, 2'924'568'730, 35);
        t = step(x, t, 2'643'487'282, 35);
        t = step(x, t, 3'814'199'918, 34);
        t = step(x, t, 4'127'059'756, 34);
        t = step(x, t, std::int64_t{2'977'044'471} << 8, 26);
        const __m256i product = _mm256_add_epi64(
            _mm256_mul_epu32(x, _mm256_srli_epi64(t, 8)),
            _mm256_srli_epi64(_mm256_mul_epu32(x, _mm256_and_si256(t, _mm256_set1_epi64x(0xff))),
                              8));
        const __m256i g = _mm256_sub_epi64(_mm256_set1_epi64x(std::int64_t{1} << 40),
                                           _mm256_srli_epi64(product, 24));
        const __m256i last = _mm256_add_epi64(_mm256_srli_epi64(x, 32), _mm256_set1_epi64x(8));
        const __m256i f =
            _mm256_srlv_epi64(_mm256_add_epi64(g, _mm256_sllv_epi64(_mm256_set1_epi64x(1), last)),
                              _mm256_add_epi64(last, _mm256_set1_epi64x(1)));

        const __m256i sign = _mm256_cmpgt_epi64(_mm256_setzero_si256(), points);
        const __m256i size = _mm256_sub_epi64(_mm256_xor_si256(points, sign), sign);
        const __m256i high = _mm256_slli_epi64(_mm256_mul_epu32(_mm256_srli_epi64(size, 32), f), 1);
        const __m256i low = _mm256_srli_epi64(
            _mm256_add_epi64(_mm256_mul_epu32(size, f), _mm256_set1_epi64x(std::int64_t{1} << 30)),
            31);
        const __m256i q = _mm256_add_epi64(high, low);
        return _mm256_sub_epi64(_mm256_xor_si256(q, sign), sign);
    }
};

#undef LEADFUNNEL_AVX2

template<class T>
const __m256i* lanes_at(const T* p) noexcept {
    return reinterpret_cast<const __m256i*>(p); // NOLINT: what unaligned loads take
}
inline __m256i* lanes_at(std::int64_t* p) noexcept {
    return reinterpret_cast<__m256i*>(p); // NOLINT: what unaligned stores take
}

/// Whole fours only; returns how many were done.
__attribute__((target("avx2"))) inline std::size_t
keep_awards_avx2(const period_divisor& d, const award_column& awards, std::int64_t now,
                 std::span<std::int64_t> kept) noexcept {
    const auto lanes = half_life_lanes::of(d);
    const __m256i until = _mm256_set1_epi64x(now);
    const std::uint32_t* kind = awards.kinds.data();
    const std::int64_t* points = awards.points.data();
    const std::size_t n = kept.size() & ~std::size_t{3};
    for (std::size_t i = 0; i < n; i += 4) {
        const __m256i p = _mm256_set_epi64x(points[kind[i + 3]], points[kind[i + 2]],
                                            points[kind[i + 1]], points[kind[i]]);
        const __m256i age =
            _mm256_sub_epi64(until, _mm256_loadu_si256(lanes_at(awards.at.data() + i)));
        // An award after `now` has a negative age: its points are taken away.
        const __m256i later = _mm256_cmpgt_epi64(_mm256_setzero_si256(), age);
        _mm256_storeu_si256(lanes_at(kept.data() + i),
                            lanes.kept(age, _mm256_andnot_si256(later, p)));
    }
    return n;
}

__attribute__((target("avx2"))) inline std::size_t
add_kept_avx2(const period_divisor& d, std::int64_t at, std::int64_t points,
              std::span<const std::int64_t> instants, std::span<std::int64_t> sums) noexcept {
    const auto lanes = half_life_lanes::of(d);
    const __m256i from = _mm256_set1_epi64x(at);
    const __m256i p = _mm256_set1_epi64x(points);
    const std::size_t n = instants.size() & ~std::size_t{3};
    for (std::size_t i = 0; i < n; i += 4) {
        const __m256i age =
            _mm256_sub_epi64(_mm256_loadu_si256(lanes_at(instants.data() + i)), from);
        __m256i* sum = lanes_at(sums.data() + i);
        _mm256_storeu_si256(sum, _mm256_add_epi64(_mm256_loadu_si256(sum), lanes.kept(age, p)));
    }
    return n;
}

[[nodiscard]] inline bool has_lanes(const compiled_decay& d) noexcept {
    return d.kind() == compiled_decay::shape::half_life && __builtin_cpu_supports("avx2") != 0;
}

#endif

LEADFUNNEL_DECL void keep_awards(const compiled_decay& d, const award_column& awards,
                                 std::int64_t now, std::span<std::int64_t> kept) noexcept {
    std::size_t done = 0;
#if defined(LEADFUNNEL_HAS_AVX2_PATH)
    if (has_lanes(d)) done = keep_awards_avx2(d.divisor(), awards, now, kept);
#endif
    keep_awards_portable(d, {awards.at.subspan(done), awards.kinds.subspan(done), awards.points},
                         now, kept.subspan(done));
}

LEADFUNNEL_DECL void add_kept(const compiled_decay& d, std::int64_t at, std::int64_t points,
                              std::span<const std::int64_t> instants,
                              std::span<std::int64_t> sums) noexcept {
    std::size_t done = 0;
#if defined(LEADFUNNEL_HAS_AVX2_PATH)
    if (has_lanes(d)) done = add_kept_avx2(d.divisor(), at, points, instants, sums);
#endif
    add_kept_portable(d, at, points, instants.subspan(done), sums.subspan(done));
}

LEADFUNNEL_DECL wide kept_sum(const compiled_decay& d, const award_column& awards,
                              std::int64_t now) noexcept {
    wide sum = 0;
    std::array<std::int64_t, 64> kept;
    for (std::size_t i = 0; i < awards.at.size(); i += kept.size()) {
        const std::size_t n = std::min(kept.size(), awards.at.size() - i);
        keep_awards(d, {awards.at.subspan(i, n), awards.kinds.subspan(i, n), awards.points}, now,
                    std::span{kept}.first(n));
        std::int64_t part = 0;
        for (std::size_t k = 0; k < n; ++k) part += kept[k];
        sum += part;
    }
    return sum;
}

} // namespace leadfunnel::inline v0::detail
