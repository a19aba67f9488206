// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// The words of `histories`, as numbers of a `vocabulary`. Not for users.

#include <leadfunnel/engine/detail/vocabulary.hpp>
#include <leadfunnel/history/histories.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace leadfunnel::inline v0::detail {

/// Translates numbers of words of `histories` into numbers of a vocabulary, for loading. A word is
/// added to the vocabulary when it is first translated. So no word is added that no lead uses; such
/// a word would never be forgotten.
///
/// The functions throw std::bad_alloc. O(1) for a word that was translated before. `histories` and
/// the vocabulary must outlive this.
class history_words {
  public:
    history_words(const histories& h, vocabulary& words)
        : h_(h), words_(words), kinds_(h.kinds().size(), none), names_(h.attribute_names().size()) {
    }

    [[nodiscard]] std::uint32_t kind(std::uint32_t k) {
        if (kinds_[k] == none) {
            const auto& x = h_.kinds()[k];
            kinds_[k] = words_.kind(x);
        }
        return kinds_[k];
    }
    [[nodiscard]] std::uint32_t source(std::uint32_t s) {
        if (s >= sources_.size()) sources_.resize(std::size_t{s} + 1, none);
        if (sources_[s] == none) {
            const auto& [id, name] = h_.source(s);
            sources_[s] = words_.source(name, id);
        }
        return sources_[s];
    }
    [[nodiscard]] attribute_entry fact(const attribute_entry& f) {
        if (f.name == no_name) return f;
        auto& n = names_[f.name];
        if (n.values.empty()) {
            n.number = words_.attribute(h_.attribute_names()[f.name]);
            n.values.assign(h_.attribute_values(f.name).size(), none);
        }
        auto& v = n.values[f.value];
        if (v == none) v = words_.attribute_value(n.number, h_.attribute_values(f.name)[f.value]);
        return {f.at, n.number, v};
    }

  private:
    static constexpr std::uint32_t none = std::numeric_limits<std::uint32_t>::max();
    struct attribute_numbers {
        std::uint32_t number = none;
        std::vector<std::uint32_t> values; // empty until the name is used
    };

    const histories& h_;
    vocabulary& words_;
    std::vector<std::uint32_t> kinds_;
    std::vector<std::uint32_t> sources_;
    std::vector<attribute_numbers> names_;
};

} // namespace leadfunnel::inline v0::detail
