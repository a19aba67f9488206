// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// Rows go straight into histories. Opt-in: not part of `leadfunnel.hpp`.
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

/// Adds rows to a `history_builder`. The histories are those of the same rows by way of
/// `event_sink` and `history_builder::add`, but without an event, or any allocation, for each row:
/// touchpoints are known by their kinds, which are looked up by the row's own bytes. What is new (a
/// lead, a kind, a value of an attribute, an id, a stage entry) is stored, and so allocates.
///
/// Several inputs may be read into one sink, one after the other or in turns. The builder must
/// outlive the sink, and may be added to by others meanwhile; once it has built, its numbers are
/// void: make a new sink.
class LEADFUNNEL_TYPE history_sink final : public row_sink {
  public:
    explicit history_sink(history_builder& builder) : builder_(&builder) {}

    LEADFUNNEL_DECL void on_begin(const mapping_file& m) override;
    /// O(bytes of the row).
    LEADFUNNEL_DECL void on_touchpoint(const touchpoint_row& r) override;
    LEADFUNNEL_DECL void on_attributes(const attributes_row& r) override;
    LEADFUNNEL_DECL void on_stage(const stage_row& r) override;

  private:
    history_builder* builder_;
    // What a row says of its kind, as bytes → number of the kind. Names are those of a mapping, and
    // so entries are good for as long as mappings live: until the next input begins.
    detail::text_map<std::uint32_t> kinds_{};
    std::string key_{};          // of the row at hand
    event facts_ = attributes{}; // reused, for the memory that it holds
};

} // namespace leadfunnel::inline v0

#if defined(LEADFUNNEL_HEADER_ONLY)
#include <leadfunnel/io/impl/history_sink.ipp>
#endif
