// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// Emptying a hash table that is reused many times. Not for users.

namespace leadfunnel::inline v0::detail {

/// Empties a table in amortised O(elements added since it was last empty). `clear` alone costs
/// O(capacity), so one large use would slow down every small use after it.
template<class Table>
void empty_out(Table& table) noexcept {
    if (table.bucket_count() > 64 + 4 * table.size())
        table = Table{};
    else
        table.clear();
}

} // namespace leadfunnel::inline v0::detail
