// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

#include <leadfunnel/plan/detail/decayed_sum.hpp>

#include <algorithm>
#include <array>

#if defined(__x86_64__) && (defined(__GNUC__) || defined(__clang__))
#define LEADFUNNEL_HAS_AVX2_PATH 1
#include <immintrin.h>
#endif

namespace leadfunnel::inline v0::detail {

inline void keep_awards_portable(const compiled_decay& d, const award_column& awards,
                                 std::int64_t now, std::span<std::int64_t> kept) noexcept {
    for (std::size_t i = 0; i < kept.size(); ++i) {
        const std::int64_t p = awards.points[awards.kinds[i]];
        const std::int64_t age = now - awards.at[i].time_since_epoch().count();
        kept[i] = p == 0 || age < 0 ? 0 : scaled(p, d.at(duration{age}));
    }
}

inline void add_kept_portable(const compiled_decay& d, std::int64_t at, std::int64_t points,
                              std::span<const std::int64_t> instants,
                              std::span<std::int64_t> sums) noexcept {
    for (std::size_t i = 0; i < instants.size(); ++i)
        if (instants[i] >= at) sums[i] += scaled(points, d.at(duration{instants[i] - at}));
}

#if defined(LEADFUNNEL_HAS_AVX2_PATH)

#define LEADFUNNEL_AVX2 __attribute__((target("avx2"), always_inline)) inline

/// `exp2_negative(divisor.ratio(age))` and `scaled`, line by line, in four lanes of 64 bits. A
/// multiplication reads the low 32 bits of each lane, so fractions need no mask.
///
/// Each line depends on the one before, and the processor's window of pending operations holds less
/// than two such chains. To keep it busy, several vectors take each line together.
template<std::size_t Vectors>
struct half_life_lanes {
    using lanes = __m256i[Vectors]; // NOLINT: std::array would lose the alignment

    __m256i multiplier;
    __m256i last_alive;
    __m128i right;
    __m128i left;

    LEADFUNNEL_AVX2 static half_life_lanes of(const period_divisor& d) {
        return {_mm256_set1_epi64x(static_cast<std::int64_t>(d.multiplier)),
                _mm256_set1_epi64x(d.beyond - 1), _mm_cvtsi32_si128(d.right),
                _mm_cvtsi32_si128(d.left)};
    }

    template<int Shift>
    LEADFUNNEL_AVX2 static void step(const lanes& x, lanes& t, std::int64_t coefficient) {
        const __m256i half = _mm256_set1_epi64x(std::int64_t{1} << (Shift - 1));
        const __m256i c = _mm256_set1_epi64x(coefficient);
        for (std::size_t v = 0; v < Vectors; ++v)
            t[v] = _mm256_add_epi64(_mm256_mul_epu32(x[v], t[v]), half);
        for (std::size_t v = 0; v < Vectors; ++v)
            t[v] = _mm256_sub_epi64(c, _mm256_srli_epi64(t[v], Shift));
    }

    /// Factors at ages ≥ 0.
    LEADFUNNEL_AVX2 void factors(lanes& age) const {
        lanes x;
        for (std::size_t v = 0; v < Vectors; ++v) {
            const __m256i a = _mm256_sll_epi64(_mm256_srl_epi64(age[v], right), left);
            x[v] = _mm256_add_epi64(_mm256_mul_epu32(_mm256_srli_epi64(a, 32), multiplier),
                                    _mm256_srli_epi64(_mm256_mul_epu32(a, multiplier), 32));
        }
        for (std::size_t v = 0; v < Vectors; ++v)
            x[v] = _mm256_blendv_epi8(x[v], _mm256_set1_epi64x(std::int64_t{33} << 32),
                                      _mm256_cmpgt_epi64(age[v], last_alive));
        lanes t;
        for (auto& each : t) each = _mm256_set1_epi64x(1'590'874'556);
        step<35>(x, t, 2'619'342'388);
        step<35>(x, t, 2'924'568'730);
        step<35>(x, t, 2'643'487'282);
        step<34>(x, t, 3'814'199'918);
        step<34>(x, t, 4'127'059'756);
        step<26>(x, t, std::int64_t{2'977'044'471} << 8);
        // ⌊r · t / 2³²⌋, where t has 40 bits; then the last rounding, as ⌊(⌊g / 2^(s − 1)⌋ + 1) /
        // 2⌋.
        for (std::size_t v = 0; v < Vectors; ++v) {
            const __m256i low = _mm256_srli_epi64(_mm256_mul_epu32(x[v], t[v]), 32);
            const __m256i high = _mm256_mul_epu32(x[v], _mm256_srli_epi64(t[v], 32));
            t[v] = _mm256_sub_epi64(_mm256_set1_epi64x(std::int64_t{1} << 40),
                                    _mm256_add_epi64(low, high));
        }
        for (std::size_t v = 0; v < Vectors; ++v) {
            const __m256i shift =
                _mm256_add_epi64(_mm256_srli_epi64(x[v], 32), _mm256_set1_epi64x(8));
            age[v] = _mm256_srli_epi64(
                _mm256_add_epi64(_mm256_srlv_epi64(t[v], shift), _mm256_set1_epi64x(1)), 1);
        }
    }

    /// `scaled` of 0 ≤ points < 2³².
    LEADFUNNEL_AVX2 static __m256i scaled_small(__m256i points, __m256i f) {
        return _mm256_srli_epi64(
            _mm256_add_epi64(_mm256_mul_epu32(points, f), _mm256_set1_epi64x(1 << 30)), 31);
    }
    /// `scaled` of any points.
    LEADFUNNEL_AVX2 static __m256i scaled(__m256i points, __m256i f) {
        const __m256i sign = _mm256_cmpgt_epi64(_mm256_setzero_si256(), points);
        const __m256i size = _mm256_sub_epi64(_mm256_xor_si256(points, sign), sign);
        const __m256i high = _mm256_slli_epi64(_mm256_mul_epu32(_mm256_srli_epi64(size, 32), f), 1);
        const __m256i q = _mm256_add_epi64(high, scaled_small(size, f));
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

inline constexpr std::size_t vectors_together = 4;

/// `keep_awards` for whole blocks of vectors, by AVX2. Returns how many awards these are.
template<std::size_t Vectors, bool Small>
__attribute__((target("avx2"))) inline std::size_t
keep_awards_avx2(const period_divisor& d, const award_column& awards, std::int64_t now,
                 std::span<std::int64_t> kept) noexcept {
    const auto lanes = half_life_lanes<Vectors>::of(d);
    const __m256i until = _mm256_set1_epi64x(now);
    const std::uint32_t* kind = awards.kinds.data();
    const std::int64_t* points = awards.points.data();
    constexpr std::size_t block = Vectors * 4;
    const std::size_t n = kept.size() / block * block;
    for (std::size_t i = 0; i < n; i += block) {
        typename half_life_lanes<Vectors>::lanes f;
        for (std::size_t v = 0; v < Vectors; ++v)
            f[v] =
                _mm256_sub_epi64(until, _mm256_loadu_si256(lanes_at(awards.at.data() + i + v * 4)));
        // An award after `now` has a negative age: it counts 0 points.
        typename half_life_lanes<Vectors>::lanes given;
        for (std::size_t v = 0; v < Vectors; ++v) {
            const std::size_t k = i + v * 4;
            const __m256i p = _mm256_set_epi64x(points[kind[k + 3]], points[kind[k + 2]],
                                                points[kind[k + 1]], points[kind[k]]);
            given[v] = _mm256_andnot_si256(_mm256_cmpgt_epi64(_mm256_setzero_si256(), f[v]), p);
        }
        lanes.factors(f);
        for (std::size_t v = 0; v < Vectors; ++v)
            _mm256_storeu_si256(lanes_at(kept.data() + i + v * 4),
                                Small ? lanes.scaled_small(given[v], f[v])
                                      : lanes.scaled(given[v], f[v]));
    }
    return n;
}

template<std::size_t Vectors, bool Small>
__attribute__((target("avx2"))) inline std::size_t
add_kept_avx2(const period_divisor& d, std::int64_t at, std::int64_t points,
              std::span<const std::int64_t> instants, std::span<std::int64_t> sums) noexcept {
    const auto lanes = half_life_lanes<Vectors>::of(d);
    const __m256i from = _mm256_set1_epi64x(at);
    const __m256i p = _mm256_set1_epi64x(points);
    constexpr std::size_t block = Vectors * 4;
    const std::size_t n = instants.size() / block * block;
    for (std::size_t i = 0; i < n; i += block) {
        typename half_life_lanes<Vectors>::lanes f;
        typename half_life_lanes<Vectors>::lanes given;
        for (std::size_t v = 0; v < Vectors; ++v) {
            f[v] =
                _mm256_sub_epi64(_mm256_loadu_si256(lanes_at(instants.data() + i + v * 4)), from);
            given[v] = _mm256_andnot_si256(_mm256_cmpgt_epi64(_mm256_setzero_si256(), f[v]), p);
        }
        lanes.factors(f);
        for (std::size_t v = 0; v < Vectors; ++v) {
            __m256i* sum = lanes_at(sums.data() + i + v * 4);
            _mm256_storeu_si256(sum, _mm256_add_epi64(_mm256_loadu_si256(sum),
                                                      Small ? lanes.scaled_small(given[v], f[v])
                                                            : lanes.scaled(given[v], f[v])));
        }
    }
    return n;
}

// AVX512_EXCL_BR_START: see tests/branch_coverage.py
#define LEADFUNNEL_AVX512 __attribute__((target("avx512f,avx512ifma"), always_inline)) inline

/// The same in eight lanes, with multiplications of 52 bits.
///
/// Ages are cut off at `beyond`: factors are 0 from a little before a ratio of 33 · 2³² on.
template<std::size_t Vectors>
struct half_life_wide_lanes {
    using lanes = __m512i[Vectors]; // NOLINT: std::array would lose the alignment

    // The unmasked forms of some instructions make g++ 12 warn about its own header.
    static constexpr __mmask8 every = 0xff;

    __m512i multiplier; // · 2²⁰, as the upper 52 bits of a product of 104 bits are used
    __m512i last;
    __m128i right;
    __m128i left;

    LEADFUNNEL_AVX512 static half_life_wide_lanes of(const period_divisor& d) {
        return {_mm512_set1_epi64(static_cast<std::int64_t>(d.multiplier << 20)),
                _mm512_set1_epi64(d.beyond), _mm_cvtsi32_si128(d.right), _mm_cvtsi32_si128(d.left)};
    }

    template<unsigned Shift>
    LEADFUNNEL_AVX512 static void step(const lanes& x, lanes& t, std::int64_t coefficient) {
        const __m512i half = _mm512_set1_epi64(std::int64_t{1} << (Shift - 1));
        const __m512i c = _mm512_set1_epi64(coefficient);
        for (std::size_t v = 0; v < Vectors; ++v)
            t[v] = _mm512_add_epi64(_mm512_maskz_mul_epu32(every, x[v], t[v]), half);
        for (std::size_t v = 0; v < Vectors; ++v)
            t[v] = _mm512_sub_epi64(c, _mm512_maskz_srli_epi64(every, t[v], Shift));
    }

    /// Factors at ages ≥ 0.
    LEADFUNNEL_AVX512 void factors(lanes& age) const {
        const __m512i none = _mm512_setzero_si512();
        lanes x;
        for (std::size_t v = 0; v < Vectors; ++v) {
            const __m512i a = _mm512_maskz_sll_epi64(
                every,
                _mm512_maskz_srl_epi64(every, _mm512_maskz_min_epi64(every, age[v], last), right),
                left);
            x[v] = _mm512_madd52hi_epu64(none, a, multiplier);
        }
        lanes t;
        for (auto& each : t) each = _mm512_set1_epi64(1'590'874'556);
        step<35>(x, t, 2'619'342'388);
        step<35>(x, t, 2'924'568'730);
        step<35>(x, t, 2'643'487'282);
        step<34>(x, t, 3'814'199'918);
        step<34>(x, t, 4'127'059'756);
        step<26>(x, t, std::int64_t{2'977'044'471} << 8);
        for (std::size_t v = 0; v < Vectors; ++v) {
            const __m512i g = _mm512_sub_epi64(
                _mm512_set1_epi64(std::int64_t{1} << 40),
                _mm512_madd52hi_epu64(none, _mm512_maskz_slli_epi64(every, x[v], 20), t[v]));
            const __m512i shift =
                _mm512_add_epi64(_mm512_maskz_srli_epi64(every, x[v], 32), _mm512_set1_epi64(8));
            age[v] = _mm512_maskz_srli_epi64(
                every,
                _mm512_add_epi64(_mm512_maskz_srlv_epi64(every, g, shift), _mm512_set1_epi64(1)),
                1);
        }
    }

    LEADFUNNEL_AVX512 static __m512i scaled_small(__m512i points, __m512i f) {
        return _mm512_maskz_srli_epi64(
            every,
            _mm512_add_epi64(_mm512_maskz_mul_epu32(every, points, f), _mm512_set1_epi64(1 << 30)),
            31);
    }
    LEADFUNNEL_AVX512 static __m512i scaled(__m512i points, __m512i f) {
        const __m512i size = _mm512_maskz_abs_epi64(every, points);
        const __m512i high = _mm512_maskz_slli_epi64(
            every, _mm512_maskz_mul_epu32(every, _mm512_maskz_srli_epi64(every, size, 32), f), 1);
        const __m512i q = _mm512_add_epi64(high, scaled_small(size, f));
        const __m512i none = _mm512_setzero_si512();
        return _mm512_mask_sub_epi64(q, _mm512_cmplt_epi64_mask(points, none), none, q);
    }
};

#undef LEADFUNNEL_AVX512

template<std::size_t Vectors, bool Small>
__attribute__((target("avx512f,avx512ifma"))) inline std::size_t
keep_awards_avx512(const period_divisor& d, const award_column& awards, std::int64_t now,
                   std::span<std::int64_t> kept) noexcept {
    using wide_lanes = half_life_wide_lanes<Vectors>;
    const auto lanes = wide_lanes::of(d);
    const __m512i until = _mm512_set1_epi64(now);
    const std::uint32_t* kind = awards.kinds.data();
    const std::int64_t* points = awards.points.data();
    constexpr std::size_t block = Vectors * 8;
    const std::size_t n = kept.size() / block * block;
    for (std::size_t i = 0; i < n; i += block) {
        typename wide_lanes::lanes f;
        typename wide_lanes::lanes given;
        for (std::size_t v = 0; v < Vectors; ++v) {
            const std::size_t k = i + v * 8;
            f[v] = _mm512_sub_epi64(until, _mm512_loadu_si512(awards.at.data() + k));
            const __m512i p = _mm512_set_epi64(
                points[kind[k + 7]], points[kind[k + 6]], points[kind[k + 5]], points[kind[k + 4]],
                points[kind[k + 3]], points[kind[k + 2]], points[kind[k + 1]], points[kind[k]]);
            given[v] =
                _mm512_maskz_mov_epi64(_mm512_cmpge_epi64_mask(f[v], _mm512_setzero_si512()), p);
        }
        lanes.factors(f);
        for (std::size_t v = 0; v < Vectors; ++v)
            _mm512_storeu_si512(kept.data() + i + v * 8, Small ? lanes.scaled_small(given[v], f[v])
                                                               : lanes.scaled(given[v], f[v]));
    }
    return n;
}

template<std::size_t Vectors, bool Small>
__attribute__((target("avx512f,avx512ifma"))) inline std::size_t
add_kept_avx512(const period_divisor& d, std::int64_t at, std::int64_t points,
                std::span<const std::int64_t> instants, std::span<std::int64_t> sums) noexcept {
    using wide_lanes = half_life_wide_lanes<Vectors>;
    const auto lanes = wide_lanes::of(d);
    const __m512i from = _mm512_set1_epi64(at);
    const __m512i p = _mm512_set1_epi64(points);
    constexpr std::size_t block = Vectors * 8;
    const std::size_t n = instants.size() / block * block;
    for (std::size_t i = 0; i < n; i += block) {
        typename wide_lanes::lanes f;
        typename wide_lanes::lanes given;
        for (std::size_t v = 0; v < Vectors; ++v) {
            f[v] = _mm512_sub_epi64(_mm512_loadu_si512(instants.data() + i + v * 8), from);
            given[v] =
                _mm512_maskz_mov_epi64(_mm512_cmpge_epi64_mask(f[v], _mm512_setzero_si512()), p);
        }
        lanes.factors(f);
        for (std::size_t v = 0; v < Vectors; ++v) {
            std::int64_t* sum = sums.data() + i + v * 8;
            _mm512_storeu_si512(sum, _mm512_add_epi64(_mm512_loadu_si512(sum),
                                                      Small ? lanes.scaled_small(given[v], f[v])
                                                            : lanes.scaled(given[v], f[v])));
        }
    }
    return n;
}

// AVX512_EXCL_BR_STOP

/// `keep_awards` for as many awards as fill whole blocks. Returns how many these are.
template<bool Small>
std::size_t keep_awards_in_lanes(const compiled_decay& d, const award_column& awards,
                                 std::int64_t now, std::span<std::int64_t> kept,
                                 vector_width width) noexcept {
    std::size_t done = 0;
    const auto rest = [&] {
        return award_column{awards.at.subspan(done), awards.kinds.subspan(done), awards.points};
    };
    const auto& period = d.divisor();
    if (width == vector_width::eight) {
        done +=
            keep_awards_avx512<vectors_together, Small>(period, rest(), now, kept.subspan(done));
        done += keep_awards_avx512<1, Small>(period, rest(), now, kept.subspan(done));
    } else {
        done += keep_awards_avx2<vectors_together, Small>(period, rest(), now, kept.subspan(done));
    }
    done += keep_awards_avx2<1, Small>(period, rest(), now, kept.subspan(done));
    return done;
}

template<bool Small>
std::size_t add_kept_in_lanes(const compiled_decay& d, std::int64_t at, std::int64_t points,
                              std::span<const std::int64_t> instants, std::span<std::int64_t> sums,
                              vector_width width) noexcept {
    std::size_t done = 0;
    const auto& period = d.divisor();
    if (width == vector_width::eight) {
        done += add_kept_avx512<vectors_together, Small>(period, at, points, instants, sums);
        done += add_kept_avx512<1, Small>(period, at, points, instants.subspan(done),
                                          sums.subspan(done));
    } else {
        done += add_kept_avx2<vectors_together, Small>(period, at, points, instants, sums);
    }
    done += add_kept_avx2<1, Small>(period, at, points, instants.subspan(done), sums.subspan(done));
    return done;
}

#endif

LEADFUNNEL_DECL vector_width widest_vectors() noexcept {
#if defined(LEADFUNNEL_HAS_AVX2_PATH)
    if (__builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512ifma") != 0)
        return vector_width::eight;
    if (__builtin_cpu_supports("avx2") != 0) return vector_width::four;
#endif
    return vector_width::one;
}

LEADFUNNEL_DECL void keep_awards(const compiled_decay& d, const award_column& awards,
                                 std::int64_t now, std::span<std::int64_t> kept,
                                 [[maybe_unused]] vector_width width) noexcept {
    std::size_t done = 0;
#if defined(LEADFUNNEL_HAS_AVX2_PATH)
    if (d.is_half_life() && width != vector_width::one)
        done = awards.small ? keep_awards_in_lanes<true>(d, awards, now, kept, width)
                            : keep_awards_in_lanes<false>(d, awards, now, kept, width);
#endif
    keep_awards_portable(d, {awards.at.subspan(done), awards.kinds.subspan(done), awards.points},
                         now, kept.subspan(done));
}

LEADFUNNEL_DECL void add_kept(const compiled_decay& d, std::int64_t at, std::int64_t points,
                              std::span<const std::int64_t> instants, std::span<std::int64_t> sums,
                              [[maybe_unused]] vector_width width) noexcept {
    std::size_t done = 0;
#if defined(LEADFUNNEL_HAS_AVX2_PATH)
    if (d.is_half_life() && width != vector_width::one)
        done = is_small(points) ? add_kept_in_lanes<true>(d, at, points, instants, sums, width)
                                : add_kept_in_lanes<false>(d, at, points, instants, sums, width);
#endif
    add_kept_portable(d, at, points, instants.subspan(done), sums.subspan(done));
}

LEADFUNNEL_DECL wide kept_sum(const compiled_decay& d, const award_column& awards,
                              std::int64_t now) noexcept {
    wide sum = 0;
    std::array<std::int64_t, 64> kept;
    for (std::size_t i = 0; i < awards.at.size(); i += kept.size()) {
        const std::size_t n = std::min(kept.size(), awards.at.size() - i);
        keep_awards(
            d, {awards.at.subspan(i, n), awards.kinds.subspan(i, n), awards.points, awards.small},
            now, std::span{kept}.first(n));
        std::int64_t part = 0;
        for (std::size_t k = 0; k < n; ++k) part += kept[k];
        sum += part;
    }
    return sum;
}

} // namespace leadfunnel::inline v0::detail
