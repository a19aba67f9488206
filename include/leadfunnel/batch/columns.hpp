// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// Tables in: leads and touchpoints that a host holds as named columns (Arrow, NumPy, vectors)
/// become histories, without a copy of the columns or an event for each row.
///
/// ```
/// const lf::histories h = lf::make_histories(
///     lf::leads_table{{{"lead", ids}, {"industry", industries}, {"employees", counts}}},
///     lf::touchpoints_table{{{"lead", who}, {"at", when}, {"type", what}, {"url", where}}});
/// ```
///
/// Who only wants scores need not keep histories: see `score_tables`.

#include <leadfunnel/batch/score_table.hpp>
#include <leadfunnel/core/decimal.hpp>
#include <leadfunnel/core/issue.hpp>
#include <leadfunnel/core/time.hpp>
#include <leadfunnel/core/value.hpp>
#include <leadfunnel/history/event.hpp>
#include <leadfunnel/history/histories.hpp>
#include <leadfunnel/history/ingest_report.hpp>
#include <leadfunnel/plan/plan.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace leadfunnel::inline v0 {

// ---- what a column may hold ---------------------------------------------------------------------
// Nothing here owns anything: what is pointed to must live until the call that reads it returns.

/// Bits, the least significant of each byte first, as Arrow packs them.
struct bit_span {
    const std::uint8_t* bytes = nullptr;
    std::size_t first = 0; ///< bits of `bytes` before the span
    std::size_t count = 0;

    [[nodiscard]] bool operator[](std::size_t i) const noexcept {
        return (bytes[(first + i) / 8] >> ((first + i) % 8) & 1) != 0;
    }
};

/// Texts one after the other, as in Arrow's utf8 (32 bits) and large_utf8 (64): the i-th is
/// `bytes[offsets[i]]` to `bytes[offsets[i + 1]]`. A slice is a slice of `offsets`.
template<class Offset>
struct packed_texts {
    std::span<const Offset> offsets{}; ///< one more than there are texts
    std::string_view bytes{};
};

using text_span = std::variant<std::span<const std::string>, std::span<const std::string_view>,
                               packed_texts<std::int32_t>, packed_texts<std::int64_t>>;

using code_span = std::variant<std::span<const std::int8_t>, std::span<const std::int16_t>,
                               std::span<const std::int32_t>, std::span<const std::int64_t>,
                               std::span<const std::uint8_t>, std::span<const std::uint16_t>,
                               std::span<const std::uint32_t>, std::span<const std::uint64_t>>;

/// Texts by their numbers in a dictionary (Arrow's dictionary arrays, a categorical of pandas).
/// A negative code is null. The dictionary may repeat texts, and hold some that no row has.
struct coded_texts {
    code_span codes{};
    text_span texts{};
    bit_span valid{}; ///< of `texts`; none: all are set
};

enum class time_unit : std::uint8_t { seconds, milliseconds, microseconds, nanoseconds };

/// Instants as counts since the Unix epoch, in UTC. Nanoseconds are cut off to microseconds (to the
/// earlier one, also before 1970).
struct timestamps {
    std::span<const std::int64_t> counts{};
    time_unit unit = time_unit::microseconds;
};

/// Sets of texts, as in Arrow's lists: the i-th is `texts[offsets[i]]` to `texts[offsets[i + 1]]`.
template<class Offset>
struct text_lists {
    std::span<const Offset> offsets{}; ///< one more than there are lists
    text_span texts{};
    bit_span valid{}; ///< of `texts`; a null text counts for nothing. None: all are set
};

/// Text (4 forms, and by codes), numbers (any width; those that are not finite make a bad row),
/// truth values (bytes or bits), instants, sets of texts.
using column_data = std::variant<
    std::span<const std::string>, std::span<const std::string_view>, packed_texts<std::int32_t>,
    packed_texts<std::int64_t>, coded_texts, std::span<const double>, std::span<const float>,
    std::span<const std::int8_t>, std::span<const std::int16_t>, std::span<const std::int32_t>,
    std::span<const std::int64_t>, std::span<const std::uint8_t>, std::span<const std::uint16_t>,
    std::span<const std::uint32_t>, std::span<const std::uint64_t>, std::span<const bool>, bit_span,
    std::span<const instant>, timestamps, text_lists<std::int32_t>, text_lists<std::int64_t>>;

/// A column. Containers become views by themselves: `lf::column{"url", urls}`.
struct column {
    std::string name{};
    column_data data{};
    bit_span valid{}; ///< rows whose bit is 0 are null; none: all are set
    /// What is wrong with each row's cell, found before it came here; none: nothing is.
    std::span<const row_fault> faults{};

    [[nodiscard]] LEADFUNNEL_DECL std::size_t size() const noexcept;
    /// What its cells are.
    [[nodiscard]] LEADFUNNEL_DECL value_type type() const noexcept;
};

// ---- tables -------------------------------------------------------------------------------------
// Members that are names say which column is what. One that is changed from the default must be
// there; defaults, but for those marked required, may be missing. Empty: no such column.

/// What is known of leads: one attributes event for each row, of all its attributes. A null
/// unsets, as does an empty cell of CSV. Rows in any order; a lead may have several.
struct leads_table {
    std::vector<column> columns{};
    std::string lead = "lead"; ///< text; required
    std::string at = "at";     ///< instants from which on the row is true; without it, always
    std::string source{};      ///< text, as is the next
    std::string id{};
    /// The columns that are attributes. Unless said: all that are nothing of the above.
    std::optional<std::vector<std::string>> attributes{};
    std::string name = "leads"; ///< the table's own, for issues
};

/// What leads did: one touchpoint for each row, in any order. Properties that are null are left
/// out.
struct touchpoints_table {
    std::vector<column> columns{};
    std::string lead = "lead";   ///< text; required
    std::string at = "at";       ///< instants; required
    std::string type = "type";   ///< text; required
    std::string value = "value"; ///< numbers within ±10¹²; NaN is none
    std::string campaign = "campaign";
    std::string channel = "channel";
    std::string source = "source";
    std::string id = "id";
    /// The columns that are properties. Unless said: all that are nothing of the above.
    std::optional<std::vector<std::string>> properties{};
    std::string name = "touchpoints";
};

/// Entries into stages: one for each row, in any order.
struct stages_table {
    std::vector<column> columns{};
    std::string lead = "lead";     ///< text; required
    std::string at = "at";         ///< instants; required
    std::string funnel = "funnel"; ///< text, as are the next; required unless the model has one
    std::string stage = "stage";   ///< required
    std::string transition = "transition";
    std::string reason = "reason";
    std::string cause = "cause";
    std::string source = "source";
    std::string id = "id";
    std::string name = "stages";
};

/// Adds a table to a builder. The histories are those of the same rows told as events one by one.
///
/// Whatever is wrong with the table as a whole is an issue of the report, all at once, and nothing
/// is added: a column that is missing or there twice, a type that does not fit, columns of unequal
/// lengths, offsets or codes that lead outside. `issue::file` is the table's name, `pointer` the
/// column's.
///
/// Rows are bad, and options mean, what they are and mean for files, but that `bad_row::line` is
/// the number of the row, from 1, and that `offset`, `raw` and `bytes` stay empty.
///
/// O(cells + texts of dictionaries); texts are hashed once a cell, coded ones not at all; kinds of
/// touchpoints are made once for each combination of values.
LEADFUNNEL_DECL ingest_report add_leads(history_builder& to, const leads_table& t,
                                        const ingest_options& options = {});
LEADFUNNEL_DECL ingest_report add_touchpoints(history_builder& to, const touchpoints_table& t,
                                              const ingest_options& options = {});

/// As above; attributes and properties that the plan's model does not declare, or with another
/// type, are issues too.
LEADFUNNEL_DECL ingest_report add_leads(history_builder& to, const leads_table& t, const plan& p,
                                        const ingest_options& options = {});
LEADFUNNEL_DECL ingest_report add_touchpoints(history_builder& to, const touchpoints_table& t,
                                              const plan& p, const ingest_options& options = {});

/// Takes the event of a row, counted from 0.
using event_of_row = std::function<void(event, std::uint64_t)>;

/// The good rows of a table as events, in order, for an engine or to be kept: one event for each.
/// Rows are bad as they are for `add_leads` and `add_touchpoints`. O(cells).
LEADFUNNEL_DECL ingest_report read_events(const leads_table& t, const plan& p,
                                          const event_of_row& to,
                                          const ingest_options& options = {});
LEADFUNNEL_DECL ingest_report read_events(const touchpoints_table& t, const plan& p,
                                          const event_of_row& to,
                                          const ingest_options& options = {});
LEADFUNNEL_DECL ingest_report read_events(const stages_table& t, const plan& p,
                                          const event_of_row& to,
                                          const ingest_options& options = {});

/// A table that cannot become histories. `what()` lists what is wrong, one a line.
class LEADFUNNEL_TYPE table_error : public error {
  public:
    LEADFUNNEL_DECL table_error(ingest_report leads, ingest_report touchpoints);
    [[nodiscard]] const ingest_report& leads() const noexcept { return leads_; }
    [[nodiscard]] const ingest_report& touchpoints() const noexcept { return touchpoints_; }

  private:
    ingest_report leads_{};
    ingest_report touchpoints_{};
};

/// Both tables in one call: throws `table_error`, with every issue and bad row (the first 1,000 of
/// each table), unless all is well. Leads are numbered as in the leads table, then by touchpoint.
/// A leads table without columns (`{}`) says nothing of leads.
[[nodiscard]] LEADFUNNEL_DECL histories make_histories(const leads_table& leads,
                                                       const touchpoints_table& touchpoints);
[[nodiscard]] LEADFUNNEL_DECL histories make_histories(const leads_table& leads,
                                                       const touchpoints_table& touchpoints,
                                                       const plan& p);

// ---- scores of tables ---------------------------------------------------------------------------

/// The scores of tables, and whose they are.
class scored_tables {
  public:
    scored_tables(histories leads, score_table scores)
        : leads_(std::move(leads)), scores_(std::move(scores)) {}

    [[nodiscard]] std::size_t size() const noexcept { return leads_.size(); }
    [[nodiscard]] std::string_view lead_id(std::size_t lead) const noexcept {
        return leads_.lead_id(lead);
    }
    /// The number of the lead with an id, if there is one. O(1).
    [[nodiscard]] std::optional<std::size_t> find(std::string_view id) const {
        return leads_.find(id);
    }
    [[nodiscard]] const score_table& scores() const noexcept { return scores_; }

  private:
    histories leads_; // not all of what they did need be in them
    score_table scores_;
};

/// Scores the leads of tables, for those who want nothing else of them: the same scores as
/// `score_all(scorer{p, make_histories(leads, touchpoints, p)}, at, options)`, and leads of the
/// same numbers. Throws `table_error` likewise.
///
/// Where every touchpoint counts for itself (occurrences of constant points without condition,
/// limit, cooldown, freeze or reset), one instant is asked, and no row has a source id or, in the
/// leads table, an instant, touchpoints are added up as they come and never stored. Returns nothing
/// if it was cancelled.
[[nodiscard]] LEADFUNNEL_DECL std::optional<scored_tables>
score_tables(const plan& p, const leads_table& leads, const touchpoints_table& touchpoints,
             std::span<const instant> at, const batch_options& options);
/// As above, to the end.
[[nodiscard]] LEADFUNNEL_DECL scored_tables score_tables(const plan& p, const leads_table& leads,
                                                         const touchpoints_table& touchpoints,
                                                         std::span<const instant> at);
[[nodiscard]] LEADFUNNEL_DECL scored_tables score_tables(const plan& p, const leads_table& leads,
                                                         const touchpoints_table& touchpoints,
                                                         instant at);

/// The same for tables that come in parts, at one instant, of plans where touchpoints count each
/// for itself: they are added up as they come and never stored. Parts of leads come first, so that
/// leads have the numbers of `make_histories`; every part has the columns of the first.
///
/// Not for concurrent use.
class additive_scorer {
  public:
    /// Whether the plan allows it; `score_tables` says when that is.
    [[nodiscard]] LEADFUNNEL_DECL static bool is_for(const plan& p);

    /// A precondition is `is_for(p)`.
    LEADFUNNEL_DECL additive_scorer(const plan& p, instant at);
    LEADFUNNEL_DECL additive_scorer(additive_scorer&&) noexcept;
    LEADFUNNEL_DECL additive_scorer& operator=(additive_scorer&&) noexcept;
    LEADFUNNEL_DECL ~additive_scorer();

    /// As `add_leads` and `add_touchpoints`, with the plan.
    LEADFUNNEL_DECL ingest_report add_leads(const leads_table& t,
                                            const ingest_options& options = {});
    LEADFUNNEL_DECL ingest_report add_touchpoints(const touchpoints_table& t,
                                                  const ingest_options& options = {});

    /// The scores; nothing if it was cancelled, or if they cannot be told without histories, as
    /// `is_complete` says: a row had a source id or leads an instant, or sums may leave 64 bits.
    /// Ends the scorer.
    [[nodiscard]] LEADFUNNEL_DECL std::optional<scored_tables> finish(const batch_options& options);
    [[nodiscard]] LEADFUNNEL_DECL bool is_complete() const noexcept;

  private:
    struct state;
    std::unique_ptr<state> state_;
};

} // namespace leadfunnel::inline v0

#if defined(LEADFUNNEL_HEADER_ONLY)
#include <leadfunnel/batch/impl/columns.ipp>
#endif
