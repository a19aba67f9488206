// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// Joins rows that chunks cut. For the readers of this folder.

#include <leadfunnel/core/config.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

namespace leadfunnel::inline v0::detail {

/// Passes text to a parser such that every row is contiguous. `parse(text, final)` returns how many
/// bytes it has consumed; the rest begins a row that needs more text. A row within one chunk is
/// parsed in place. O(bytes) in all, even for chunks of one byte. Throws std::bad_alloc, and what
/// `parse` throws.
class chunk_joiner {
  public:
    template<class Parse>
    void push(std::string_view chunk, Parse parse) {
        while (!carry_.empty() && !chunk.empty()) {
            // Copy a little at a time: what follows the row that was cut can be parsed in place.
            const std::string_view slice = chunk.substr(0, std::max<std::size_t>(4096, patience_));
            const std::size_t before = carry_.size();
            carry_ += slice;
            chunk.remove_prefix(slice.size());
            const bool promising = carry_.size() < 4096 && slice.find('\n') != slice.npos;
            if (carry_.size() < patience_ && !promising) continue;
            const std::size_t used = parse(std::string_view(carry_), false);
            const std::size_t rest = carry_.size() - used;
            if (used >= before) {
                chunk = {chunk.data() - rest, chunk.size() + rest};
                carry_.clear();
            } else {
                carry_.erase(0, used);
                patience_ = 2 * carry_.size();
            }
        }
        if (!carry_.empty() || chunk.empty()) return;
        chunk.remove_prefix(parse(chunk, false));
        carry_ = chunk;
        patience_ = 2 * carry_.size();
    }

    template<class Parse>
    void finish(Parse parse) {
        parse(std::string_view(carry_), true);
        carry_.clear();
    }

  private:
    std::string carry_{};      // the beginning of a row that is not complete
    std::size_t patience_ = 0; // parse again when `carry_` has this size: attempts double in size
};

} // namespace leadfunnel::inline v0::detail
