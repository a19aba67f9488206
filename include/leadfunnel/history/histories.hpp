// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// The histories of many leads: built once, grouped by lead, in history order, interned, immutable.

#include <leadfunnel/core/decimal.hpp>
#include <leadfunnel/core/detail/huge_array.hpp>
#include <leadfunnel/core/issue.hpp>
#include <leadfunnel/core/time.hpp>
#include <leadfunnel/core/value.hpp>
#include <leadfunnel/history/detail/text_table.hpp>
#include <leadfunnel/history/event.hpp>
#include <leadfunnel/history/records.hpp>

#include <compare>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace leadfunnel::inline v0 {

/// An attribute and a value of it, as numbers of a `history_builder`.
struct attribute_number {
    std::uint32_t name = 0;
    std::uint32_t value = 0;
};

class history_builder;

/// Histories of leads, numbered 0 … size() − 1 in the order in which they were first mentioned.
///
/// Immutable after `history_builder::build`; any number of threads may read it. Views and
/// references that it returns are valid as long as the object. A touchpoint takes 12 bytes, 8 more
/// if any touchpoint has a value, and 4 more if any has a source. Functions are O(1) unless they
/// say otherwise. A lead's number must be less than size(), and other numbers must come from this
/// object: they are not checked.
class histories {
  public:
    histories() = default;

    [[nodiscard]] std::size_t size() const noexcept {
        return lead_ids_ == nullptr ? 0 : lead_ids_->size();
    }
    [[nodiscard]] bool empty() const noexcept { return size() == 0; }

    [[nodiscard]] std::string_view lead_id(std::size_t lead) const noexcept {
        return (*lead_ids_)[lead];
    }
    /// The number of the lead with an id; nothing if there is none. O(1) on average.
    [[nodiscard]] LEADFUNNEL_DECL std::optional<std::size_t> find(std::string_view id) const;

    [[nodiscard]] touchpoint_span touchpoints(std::size_t lead) const noexcept {
        return touchpoints(lead, lead + 1);
    }
    /// The touchpoints of the leads in [first_lead, last_lead), one lead after the other.
    [[nodiscard]] touchpoint_span touchpoints(std::size_t first_lead,
                                              std::size_t last_lead) const noexcept {
        const auto first = touchpoint_offsets_[first_lead];
        const auto n = touchpoint_offsets_[last_lead] - first;
        return {std::span{at_}.subspan(first, n), std::span{kind_}.subspan(first, n),
                value_.empty() ? std::span<const stored_value>{}
                               : std::span{value_}.subspan(first, n)};
    }
    /// The source of each touchpoint of a lead, as numbers for `source`. Empty if no touchpoint of
    /// the histories has a source or an identifier.
    [[nodiscard]] std::span<const std::uint32_t> sources(std::size_t lead) const noexcept {
        if (source_id_.empty()) return {};
        const auto first = touchpoint_offsets_[lead];
        return std::span{source_id_}.subspan(first, touchpoint_offsets_[lead + 1] - first);
    }
    /// Identifier and source, in this order; both are empty for number 0.
    [[nodiscard]] const std::pair<std::string, std::string>&
    source(std::uint32_t number) const noexcept {
        return source_ids_[number];
    }
    [[nodiscard]] std::span<const attribute_entry> attributes(std::size_t lead) const noexcept {
        const auto first = attribute_offsets_[lead];
        return std::span{attributes_}.subspan(first, attribute_offsets_[lead + 1] - first);
    }
    [[nodiscard]] std::span<const stage_entry> stages(std::size_t lead) const noexcept {
        if (stage_offsets_.empty()) return {};
        const auto first = stage_offsets_[lead];
        return std::span{stages_}.subspan(first, stage_offsets_[lead + 1] - first);
    }
    /// The whole history of a lead as records.
    [[nodiscard]] lead_view view(std::size_t lead) const noexcept {
        lead_view v{.touchpoints = touchpoints(lead), .attributes = attributes(lead)};
        if (stage_offsets_.empty()) return v;
        const auto first = stage_offsets_[lead];
        v.stages = std::span{stage_records_}.subspan(first, stage_offsets_[lead + 1] - first);
        v.stage_scores = stage_scores_;
        v.stage_facts = stage_facts_;
        return v;
    }

    /// The nth touchpoint of a lead, reassembled. O(properties).
    [[nodiscard]] LEADFUNNEL_DECL touchpoint touchpoint_at(std::size_t lead, std::size_t nth) const;
    /// The whole history of a lead as events in history order. Attributes that were set in one
    /// event return as one event for each name. O(events · log).
    [[nodiscard]] LEADFUNNEL_DECL std::vector<event> events(std::size_t lead) const;

    /// All kinds in canonical order (`compare`).
    [[nodiscard]] const std::vector<touchpoint_kind>& kinds() const noexcept {
        return words_.kinds;
    }
    [[nodiscard]] const std::vector<std::string>& attribute_names() const noexcept {
        return words_.attribute_names;
    }
    /// The distinct values of an attribute. The first is null.
    [[nodiscard]] const std::vector<value>& attribute_values(std::uint32_t name) const noexcept {
        return words_.attribute_values[name];
    }
    /// The words for which the records' numbers stand.
    [[nodiscard]] const dictionary& words() const noexcept { return words_; }

    [[nodiscard]] std::size_t touchpoint_count() const noexcept { return at_.size(); }
    /// The number of events left out because an event with the same identifier and source came
    /// before.
    [[nodiscard]] std::size_t duplicates() const noexcept { return duplicates_; }
    /// Bytes held by columns and offsets, without the dictionary and the leads' ids.
    [[nodiscard]] LEADFUNNEL_DECL std::size_t memory() const noexcept;

  private:
    friend class history_builder;

    std::shared_ptr<const detail::text_table> lead_ids_; // shared by copies
    detail::unset_vector<std::size_t> touchpoint_offsets_;
    detail::unset_vector<instant> at_;
    detail::unset_vector<std::uint32_t> kind_;
    detail::unset_vector<stored_value> value_;
    detail::unset_vector<std::uint32_t> source_id_;               // into source_ids_, if any
    std::vector<std::pair<std::string, std::string>> source_ids_; // (id, source)
    std::vector<std::size_t> attribute_offsets_;
    std::vector<attribute_entry> attributes_;
    std::vector<std::size_t> stage_offsets_;
    std::vector<stage_entry> stages_;
    std::vector<stage_record> stage_records_; // of `stages_`
    std::vector<recorded_score> stage_scores_;
    std::vector<attribute_entry> stage_facts_;
    dictionary words_;
    std::size_t duplicates_ = 0;
};

/// Collects events in any order and builds histories from them. Not thread-safe.
///
/// There are two ways to add, with the same result: whole events (`add`), and numbers for columns
/// (`add_touchpoints`, `add_attributes`, `set`), obtained once from `lead`, `kind` and `attribute`.
/// For tables of named columns see `batch/columns.hpp`.
class history_builder {
  public:
    LEADFUNNEL_DECL history_builder();
    LEADFUNNEL_DECL history_builder(history_builder&&) noexcept;
    LEADFUNNEL_DECL history_builder& operator=(history_builder&&) noexcept;
    LEADFUNNEL_DECL ~history_builder();

    /// Adds an event. Throws `event_error` with nothing added. Amortised O(size of the event ·
    /// log).
    LEADFUNNEL_DECL void add(const event& e);

    // Texts must be UTF-8 without a NUL: the next five functions throw `event_error` for others.

    /// The number of the lead with an id; a new id gets a new lead. Throws `event_error` if the id
    /// is empty. O(1) on average.
    LEADFUNNEL_DECL std::uint32_t lead(std::string_view id);
    /// The numbers of several leads, written to `numbers`. Throws `argument_error` if the spans
    /// differ in length, and `event_error` like `lead`, before anything is added. O(ids), and
    /// faster than one by one.
    LEADFUNNEL_DECL void leads(std::span<const std::string_view> ids,
                               std::span<std::uint32_t> numbers);
    /// The number of a kind, valid until `build`, which renumbers kinds. O(properties · log kinds).
    LEADFUNNEL_DECL std::uint32_t kind(const touchpoint_kind& k);
    /// The number of a source and its identifier; 0 if both are empty. O(1) on average.
    LEADFUNNEL_DECL std::uint32_t source_id(std::string_view source, std::string_view id);
    /// The number of an attribute. O(1) on average.
    LEADFUNNEL_DECL std::uint32_t attribute(std::string_view name);

    /// Adds one touchpoint by numbers. Throws as `add_touchpoints` does. Amortised O(1).
    LEADFUNNEL_DECL void add_touchpoint(std::uint32_t lead, instant at, std::uint32_t kind,
                                        stored_value amount = no_value,
                                        std::uint32_t source_id = 0);
    /// Adds touchpoints by columns of equal length; `values` and `source_ids` may be empty. Throws
    /// with nothing added: `event_error` for an instant or value out of range, `unknown_number` for
    /// a number that was never given out, `argument_error` for unequal lengths. O(touchpoints).
    LEADFUNNEL_DECL void add_touchpoints(std::span<const std::uint32_t> leads,
                                         std::span<const instant> at,
                                         std::span<const std::uint32_t> kinds,
                                         std::span<const stored_value> values = {},
                                         std::span<const std::uint32_t> source_ids = {});
    /// Sets one attribute of a lead from `at` on, as an attributes event of its own. Throws
    /// `unknown_number` and `event_error` with nothing added. Amortised O(1) for texts and numbers.
    LEADFUNNEL_DECL void set(std::uint32_t lead, std::uint32_t attribute, const value& v,
                             instant at = always);

    /// The number of an attribute's value, for `add_attributes`; 0 for null. Throws `event_error`
    /// for a number that is not finite and a text that is not UTF-8 or holds a NUL, and
    /// `unknown_number` for an unknown attribute. O(1) on average for texts and numbers, else O(log
    /// values).
    LEADFUNNEL_DECL std::uint32_t attribute_value(std::uint32_t attribute, const value& v);
    /// Adds one attributes event by numbers: each attribute at most once, in any order. Throws with
    /// nothing added: `argument_error` if an attribute repeats, `unknown_number` for a number that
    /// was never given out, `event_error` for an instant out of range. O(values · log).
    LEADFUNNEL_DECL void add_attributes(std::uint32_t lead, instant at,
                                        std::span<const attribute_number> values,
                                        std::uint32_t source_id = 0);

    /// Sorts and groups all events: O(events) + O(ties · log). The builder is empty afterwards.
    [[nodiscard]] LEADFUNNEL_DECL histories build();

  private:
    struct state;
    std::unique_ptr<state> state_;
};

/// Histories of a few events. Throws `event_error`. O(events · log).
[[nodiscard]] LEADFUNNEL_DECL histories make_histories(std::span<const event> events);

} // namespace leadfunnel::inline v0

#if defined(LEADFUNNEL_HEADER_ONLY)
#include <leadfunnel/history/impl/histories.ipp>
#endif
