// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

#include <leadfunnel/interop/arrow.hpp>

#include <leadfunnel/core/detail/quote.hpp>
#include <leadfunnel/interop/detail/arrow_cells.hpp>
#include <leadfunnel/interop/detail/arrow_read.hpp>
#include <leadfunnel/interop/detail/arrow_types.hpp>
#include <leadfunnel/model/model.hpp>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace leadfunnel::inline v0 {

// ---- tables in ----------------------------------------------------------------------------------

LEADFUNNEL_DECL arrow_table::arrow_table(ArrowArrayStream& stream, std::string name)
    : state_(std::make_unique<state>()) {
    state_->name = std::move(name);
    state_->stream = std::exchange(stream, {});
    const ArrowArrayStream& s = state_->stream;
    if (s.release == nullptr) throw arrow_error("a stream that was used already");
    if (s.get_schema == nullptr || s.get_next == nullptr)
        state_->refuse("breaks the rules of Arrow: its stream lacks a callback");
    if (const int code = s.get_schema(&state_->stream, &state_->schema); code != 0) {
        state_->schema = {}; // a failed call leaves nothing to release
        state_->fail(code);
    }
    state_->read_schema();
}
LEADFUNNEL_DECL arrow_table::arrow_table(ArrowSchema& schema, ArrowArray& batch, std::string name)
    : state_(std::make_unique<state>()) {
    state_->name = std::move(name);
    state_->schema = std::exchange(schema, {});
    state_->batch = std::exchange(batch, {});
    if (state_->schema.release == nullptr || state_->batch.release == nullptr)
        throw arrow_error("an array that was used already");
    state_->has_batch = true;
    state_->read_schema();
}
LEADFUNNEL_DECL arrow_table::arrow_table(arrow_table&&) noexcept = default;
LEADFUNNEL_DECL arrow_table& arrow_table::operator=(arrow_table&&) noexcept = default;
LEADFUNNEL_DECL arrow_table::~arrow_table() = default;

LEADFUNNEL_DECL const std::string& arrow_table::name() const noexcept { return state_->name; }
LEADFUNNEL_DECL const std::vector<std::string>& arrow_table::columns() const noexcept {
    return state_->columns;
}
LEADFUNNEL_DECL bool arrow_table::has(std::string_view column) const noexcept {
    return state_->find(column).has_value();
}
LEADFUNNEL_DECL std::string arrow_table::type_of(std::string_view column) const {
    const auto i = state_->find(column);
    return i ? state_->types[*i].words : std::string{};
}
LEADFUNNEL_DECL bool arrow_table::is_readable(std::string_view column) const noexcept {
    const auto i = state_->find(column);
    return i && state_->types[*i].layout != detail::arrow_layout::other;
}
LEADFUNNEL_DECL bool arrow_table::rename(std::string_view column, std::string name) {
    const auto i = state_->find(column);
    if (i) state_->columns[*i] = std::move(name);
    return i.has_value();
}

LEADFUNNEL_DECL std::vector<issue> arrow_table::misfits(std::span<const wanted_column> wanted,
                                                        const arrow_clock& clock) const {
    std::vector<issue> out;
    for (const wanted_column& w : wanted) {
        const auto i = state_->find(w.name);
        if (!i) continue;
        const auto why = detail::misfit_of(state_->types[*i], w.type, clock.zone.has_value());
        if (!why) continue;
        issue said;
        said.code = why->code;
        said.file = state_->name;
        said.pointer = '/' + w.name;
        said.message = "column " + detail::quote(w.name) + " holds " + state_->types[*i].words;
        said.expected = why->expected;
        said.hint = why->hint;
        out.push_back(std::move(said));
    }
    return out;
}

LEADFUNNEL_DECL bool arrow_table::next() {
    state& s = *state_;
    if (s.stream.release == nullptr) {
        s.rows = 0;
        if (!std::exchange(s.has_batch, false)) return false;
    } else {
        s.end_batch();
        if (const int code = s.stream.get_next(&s.stream, &s.batch); code != 0) {
            s.batch = {}; // a failed call leaves nothing to release
            s.fail(code);
        }
        if (s.batch.release == nullptr) return false;
    }
    s.begin_batch();
    return true;
}
LEADFUNNEL_DECL std::size_t arrow_table::rows() const noexcept { return state_->rows; }

LEADFUNNEL_DECL std::size_t arrow_table::slice(std::span<const wanted_column> wanted) const {
    // Each slice makes its own tables of texts and of dictionary codes. So a slice has at least as
    // many rows as these tables cost.
    std::size_t least = std::size_t{1} << 17;
    bool converts = false;
    for (const wanted_column& w : wanted) {
        const auto i = state_->find(w.name);
        if (!i) continue;
        const auto layout = state_->types[*i].layout;
        if (layout == detail::arrow_layout::dictionary)
            least = std::max(least, state_->look(*i).inner.count);
        converts = converts || !(layout == detail::arrow_layout::utf8 ||
                                 layout == detail::arrow_layout::large_utf8 ||
                                 layout == detail::arrow_layout::timestamp ||
                                 layout == detail::arrow_layout::dictionary);
    }
    const std::size_t all = std::max<std::size_t>(rows(), 1);
    return converts ? std::min(least, all) : all;
}

LEADFUNNEL_DECL std::vector<column> arrow_table::read(std::span<const wanted_column> wanted,
                                                      std::size_t first, std::size_t n,
                                                      const arrow_clock& clock) {
    state& s = *state_;
    if (first > s.rows || n > s.rows - first)
        throw unknown_number("the batch has fewer rows than are asked for");
    std::vector<column> out;
    for (const wanted_column& w : wanted) {
        const auto found = s.find(w.name);
        if (!found || detail::misfit_of(s.types[*found], w.type, clock.zone.has_value())) continue;
        const std::size_t i = *found;
        const detail::arrow_cells cells = s.look(i).cells.slice(first, n);
        column c;
        c.name = w.name;
        c.valid = cells.valid;
        detail::arrow_conversion to{s.types[i], cells, s.scratch[i], c, i, first};
        s.convert(w.type, to, clock);
        out.push_back(std::move(c));
    }
    return out;
}

LEADFUNNEL_DECL std::optional<std::string> arrow_table::text(std::string_view column,
                                                             std::size_t row) const {
    const auto i = state_->find(column);
    if (!i || row >= rows()) return std::nullopt;
    return state_->cell_text(*i, row);
}

namespace detail {

/// Adds the report of a slice to that of the whole table.
inline void add_report(ingest_report& to, ingest_report part, std::uint64_t rows_before,
                       const ingest_options& options) {
    to.rows += part.rows;
    to.accepted += part.accepted;
    to.bad += part.bad;
    for (std::size_t i = 0; i < to.events.size(); ++i) to.events[i] += part.events[i];
    for (std::size_t i = 0; i < to.bad_by_fault.size(); ++i)
        to.bad_by_fault[i] += part.bad_by_fault[i];
    for (bad_row& b : part.bad_rows) {
        if (to.bad_rows.size() >= options.keep_bad_rows) break;
        b.line += rows_before;
        to.bad_rows.push_back(std::move(b));
    }
    for (issue& i : part.issues) to.issues.push_back(std::move(i));
    to.cancelled = to.cancelled || part.cancelled;
    to.failed = to.failed || part.failed;
}

/// Adds the contents of bad cells to their messages, where a cell is a text or a number.
inline void quote_bad_cells(ingest_report& r, const arrow_table& t, std::size_t first,
                            const arrow_clock& clock) {
    for (bad_row& b : r.bad_rows) {
        const auto text = t.text(b.column, first + static_cast<std::size_t>(b.line) - 1);
        if (!text) continue;
        if (b.fault == row_fault::bad_instant) {
            local_reader local(clock);
            const parsed_instant at = arrow_instant_of(*text, clock, local);
            b.message = at ? b.message : std::string{describe_error(at.error)};
        } else if (b.fault == row_fault::bad_number) {
            b.message = describe_error(b.fault);
        } else if (b.fault == row_fault::wrong_type) {
            b.message = "neither a text nor a whole number below 2^53; cast the column to text";
        }
        b.message += ": " + quote(*text);
    }
}

/// Reads a table slice by slice: calls `add(columns, options)` with each. `out` is the report so
/// far.
template<class Add>
ingest_report add_slices(arrow_table& t, const std::vector<wanted_column>& wanted,
                         const arrow_clock& clock, const ingest_options& options, ingest_report out,
                         const Add& add) {
    for (issue& i : t.misfits(wanted, clock)) out.issues.push_back(std::move(i));
    out.failed = std::any_of(out.issues.begin(), out.issues.end(),
                             [](const issue& i) { return i.level == severity::error; });
    if (out.failed) return out;
    ingest_options inner = options;
    if (options.progress)
        inner.progress = [&](const ingest_progress& p) {
            return options.progress({0, out.rows + p.rows, out.bad + p.bad});
        };
    const auto take = [&](std::size_t first, std::size_t n) {
        inner.keep_bad_rows = options.keep_bad_rows - out.bad_rows.size();
        ingest_report part = add(t.read(wanted, first, n, clock), inner);
        quote_bad_cells(part, t, first, clock);
        const std::uint64_t before = out.rows;
        add_report(out, std::move(part), before, options);
        return out.complete();
    };
    while (t.next()) {
        const std::size_t n = t.slice(wanted);
        for (std::size_t first = 0; first < t.rows(); first += n)
            if (!take(first, std::min(n, t.rows() - first))) return out;
        // A producer may deliver any number of empty batches: keep the call cancellable.
        if (t.rows() == 0 && options.progress && !options.progress({0, out.rows, out.bad})) {
            out.cancelled = true;
            return out;
        }
    }
    return out;
}

/// Adds the columns that the model declares: those that are chosen, or else all that the table has
/// and that play no other part.
template<class Declarations>
void want_declared(std::vector<wanted_column>& wanted, const arrow_table& t,
                   const std::optional<std::vector<std::string>>& chosen,
                   const Declarations& declared) {
    const auto is_taken = [&](const std::string& name) {
        return std::any_of(wanted.begin(), wanted.end(),
                           [&](const wanted_column& w) { return w.name == name; });
    };
    for (const auto& d : declared)
        if (chosen ? std::find(chosen->begin(), chosen->end(), d.id) != chosen->end()
                   : t.has(d.id) && !is_taken(d.id))
            wanted.push_back({d.id, d.type});
}
/// Removes the columns from index `parts` on whose type cannot be read, and returns warnings about
/// them. Under `strict` they stay, and will fail the table.
inline ingest_report leave_out_unreadable(std::vector<wanted_column>& wanted, std::size_t parts,
                                          const arrow_table& t, const arrow_clock& clock,
                                          bool strict) {
    ingest_report out;
    if (strict) return out;
    const auto is_unreadable = [&](const wanted_column& w) {
        return t.has(w.name) && !t.is_readable(w.name);
    };
    const auto first = wanted.begin() + static_cast<std::ptrdiff_t>(parts);
    const auto unreadable = std::stable_partition(
        first, wanted.end(), [&](const wanted_column& w) { return !is_unreadable(w); });
    out.issues = t.misfits({unreadable, wanted.end()}, clock);
    for (issue& i : out.issues) {
        i.level = severity::warning;
        i.message += ", and is not read";
    }
    wanted.erase(unreadable, wanted.end());
    return out;
}
/// The names of the wanted columns from index `first` on.
inline std::vector<std::string> names_from(const std::vector<wanted_column>& wanted,
                                           std::size_t first) {
    std::vector<std::string> out;
    for (std::size_t i = first; i < wanted.size(); ++i) out.push_back(wanted[i].name);
    return out;
}

/// Reads a table of leads slice by slice: calls `add(slice, options)` with each.
template<class Add>
ingest_report add_lead_slices(arrow_table& t, const leads_table& names, const plan& p,
                              const arrow_clock& clock, const ingest_options& options, Add&& add) {
    std::vector<wanted_column> wanted{{names.lead, value_type::string},
                                      {names.at, value_type::timestamp}};
    if (!names.source.empty()) wanted.push_back({names.source, value_type::string});
    if (!names.id.empty()) wanted.push_back({names.id, value_type::string});
    const std::size_t parts = wanted.size();
    want_declared(wanted, t, names.attributes, p.source().attributes);
    ingest_report begun;
    if (!names.attributes) begun = leave_out_unreadable(wanted, parts, t, clock, options.strict);
    leads_table slice;
    slice.lead = names.lead;
    slice.at = names.at;
    slice.source = names.source;
    slice.id = names.id;
    slice.name = names.name;
    slice.attributes = names.attributes ? *names.attributes : names_from(wanted, parts);
    return add_slices(t, wanted, clock, options, std::move(begun),
                      [&](std::vector<column> columns, const ingest_options& o) {
                          slice.columns = std::move(columns);
                          return add(slice, o);
                      });
}

template<class Add>
ingest_report add_touchpoint_slices(arrow_table& t, const touchpoints_table& names, const plan& p,
                                    const arrow_clock& clock, const ingest_options& options,
                                    Add&& add) {
    std::vector<wanted_column> wanted{
        {names.lead, value_type::string},     {names.at, value_type::timestamp},
        {names.type, value_type::string},     {names.value, value_type::number},
        {names.campaign, value_type::string}, {names.channel, value_type::string},
        {names.source, value_type::string},   {names.id, value_type::string}};
    const std::size_t parts = wanted.size();
    want_declared(wanted, t, names.properties, p.source().properties);
    ingest_report begun;
    if (!names.properties) begun = leave_out_unreadable(wanted, parts, t, clock, options.strict);
    touchpoints_table slice;
    slice.lead = names.lead;
    slice.at = names.at;
    slice.type = names.type;
    slice.value = names.value;
    slice.campaign = names.campaign;
    slice.channel = names.channel;
    slice.source = names.source;
    slice.id = names.id;
    slice.name = names.name;
    slice.properties = names.properties ? *names.properties : names_from(wanted, parts);
    return add_slices(t, wanted, clock, options, std::move(begun),
                      [&](std::vector<column> columns, const ingest_options& o) {
                          slice.columns = std::move(columns);
                          return add(slice, o);
                      });
}

template<class Add>
ingest_report add_stage_slices(arrow_table& t, const stages_table& names, const arrow_clock& clock,
                               const ingest_options& options, Add&& add) {
    const std::vector<wanted_column> wanted{
        {names.lead, value_type::string},       {names.at, value_type::timestamp},
        {names.funnel, value_type::string},     {names.stage, value_type::string},
        {names.transition, value_type::string}, {names.reason, value_type::string},
        {names.cause, value_type::string},      {names.source, value_type::string},
        {names.id, value_type::string}};
    stages_table slice = names;
    return add_slices(t, wanted, clock, options, {},
                      [&](std::vector<column> columns, const ingest_options& o) {
                          slice.columns = std::move(columns);
                          return add(slice, o);
                      });
}

/// Reads slices' rows as events, and numbers them through the whole table.
class event_slices {
  public:
    event_slices(const plan& p, const event_of_row& to) : p_(p), to_(to) {}
    template<class Table>
    ingest_report operator()(const Table& slice, const ingest_options& options) {
        ingest_report out = read_events(
            slice, p_, [&](event e, std::uint64_t row) { to_(std::move(e), rows_before_ + row); },
            options);
        rows_before_ += out.rows;
        return out;
    }

  private:
    const plan& p_;
    const event_of_row& to_;
    std::uint64_t rows_before_ = 0;
};

} // namespace detail

LEADFUNNEL_DECL ingest_report add_leads(history_builder& to, arrow_table& t,
                                        const leads_table& names, const plan& p,
                                        const arrow_clock& clock, const ingest_options& options) {
    return detail::add_lead_slices(t, names, p, clock, options,
                                   [&](const leads_table& slice, const ingest_options& o) {
                                       return add_leads(to, slice, p, o);
                                   });
}
LEADFUNNEL_DECL ingest_report add_leads(additive_scorer& to, arrow_table& t,
                                        const leads_table& names, const plan& p,
                                        const arrow_clock& clock, const ingest_options& options) {
    return detail::add_lead_slices(
        t, names, p, clock, options,
        [&](const leads_table& slice, const ingest_options& o) { return to.add_leads(slice, o); });
}

LEADFUNNEL_DECL ingest_report add_touchpoints(history_builder& to, arrow_table& t,
                                              const touchpoints_table& names, const plan& p,
                                              const arrow_clock& clock,
                                              const ingest_options& options) {
    return detail::add_touchpoint_slices(
        t, names, p, clock, options, [&](const touchpoints_table& slice, const ingest_options& o) {
            return add_touchpoints(to, slice, p, o);
        });
}
LEADFUNNEL_DECL ingest_report add_touchpoints(additive_scorer& to, arrow_table& t,
                                              const touchpoints_table& names, const plan& p,
                                              const arrow_clock& clock,
                                              const ingest_options& options) {
    return detail::add_touchpoint_slices(
        t, names, p, clock, options, [&](const touchpoints_table& slice, const ingest_options& o) {
            return to.add_touchpoints(slice, o);
        });
}

LEADFUNNEL_DECL ingest_report read_events(arrow_table& t, const leads_table& names, const plan& p,
                                          const event_of_row& to, const arrow_clock& clock,
                                          const ingest_options& options) {
    return detail::add_lead_slices(t, names, p, clock, options, detail::event_slices(p, to));
}
LEADFUNNEL_DECL ingest_report read_events(arrow_table& t, const touchpoints_table& names,
                                          const plan& p, const event_of_row& to,
                                          const arrow_clock& clock, const ingest_options& options) {
    return detail::add_touchpoint_slices(t, names, p, clock, options, detail::event_slices(p, to));
}
LEADFUNNEL_DECL ingest_report read_events(arrow_table& t, const stages_table& names, const plan& p,
                                          const event_of_row& to, const arrow_clock& clock,
                                          const ingest_options& options) {
    return detail::add_stage_slices(t, names, clock, options, detail::event_slices(p, to));
}

} // namespace leadfunnel::inline v0
