// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// Emptying a hash table that is used again and again. Not for users.

namespace leadfunnel::inline v0::detail {

/// Empties a table. Amortised O(elements that were put in since it was last empty): `clear` costs
/// what the table has room for, so that one large use would slow down every small one after it.
template<class Table>
void empty_out(Table& table) noexcept {
    if (table.bucket_count() > 64 + 4 * table.size())
        table = Table{};
    else
        table.clear();
}

} // namespace leadfunnel::inline v0::detail
