// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// Adds rows to histories without making events. Opt-in: not part of `leadfunnel.hpp`.
///
/// ```
/// lf::history_builder builder;
/// lf::history_sink sink(builder);
/// const auto leads = lf::ingest_file("leads.csv", lf::load_mapping("leads.json"), sink);
/// const auto touchpoints =
///     lf::ingest_file("touchpoints.csv", lf::load_mapping("touchpoints.json"), sink);
/// const lf::histories histories = builder.build();
/// ```

#include <leadfunnel/core/config.hpp>
#include <leadfunnel/core/detail/hash.hpp>
#include <leadfunnel/history/event.hpp>
#include <leadfunnel/history/histories.hpp>
#include <leadfunnel/io/ingest.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace leadfunnel::inline v0 {

/// Adds rows to a `history_builder`. The histories equal those that `event_sink` and
/// `history_builder::add` make of the same rows, but no event is made for a touchpoint: its kind is
/// looked up by the bytes of the row. Only what is new allocates: a lead, a kind, a value of an
/// attribute, an id, a stage entry.
///
/// Several inputs may be read into one sink, one after the other or in turns. The builder must
/// outlive the sink. Others may add to it meanwhile. Once it has built, make a new sink: the
/// numbers that this one holds are no longer valid.
///
/// Not safe for concurrent use. Functions throw what `history_builder` throws.
class LEADFUNNEL_TYPE history_sink final : public row_sink {
  public:
    /// Keeps a pointer to the builder.
    explicit history_sink(history_builder& builder) : builder_(&builder) {}

    /// Forgets the kinds of the last input. O(kinds).
    LEADFUNNEL_DECL void on_begin(const mapping_file& m) override;
    /// O(bytes of the row).
    LEADFUNNEL_DECL void on_touchpoint(const touchpoint_row& r) override;
    /// O(bytes of the row · log attributes).
    LEADFUNNEL_DECL void on_attributes(const attributes_row& r) override;
    /// O(bytes of the row).
    LEADFUNNEL_DECL void on_stage(const stage_row& r) override;

  private:
    history_builder* builder_;
    // The bytes of a row that make its kind → number of the kind. They include addresses of names
    // of a mapping, so entries are valid until the next input begins.
    detail::text_map<std::uint32_t> kinds_{};
    std::string key_{};          // of the current row
    event facts_ = attributes{}; // reused, for its memory
};

} // namespace leadfunnel::inline v0

#if defined(LEADFUNNEL_HEADER_ONLY)
#include <leadfunnel/io/impl/history_sink.ipp>
#endif
