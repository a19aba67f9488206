// Distributed under the Boost Software License, Version 1.0. See LICENSE.

#include "common.hpp"

#include <leadfunnel/core/detail/hash.hpp>
#include <leadfunnel/core/detail/workers.hpp>

#include <pybind11/numpy.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <stdexcept>

namespace leadfunnel_python {

using namespace py::literals;

namespace {

std::vector<lf::instant> to_instants(const py::list& at) {
    std::vector<lf::instant> out;
    for (std::size_t i = 0; i < at.size(); ++i) { // foreign code may change the list
        const py::object one = at[i];
        out.push_back(to_instant(one));
    }
    return out;
}

/// A number of threads; 0 means as many as there are cores.
unsigned to_threads(count_arg threads) {
    return static_cast<unsigned>(
        std::min<std::uint64_t>(threads, std::numeric_limits<unsigned>::max()));
}

/// Scores of leads at instants, and the histories or tables that they come from.
class scores {
  public:
    scores(shared_histories h, const lf::plan& p, const std::vector<lf::instant>& at,
           unsigned threads, const py::object& progress)
        : histories_(std::move(h.of)), plan_(p), instants_(at) {
        watcher watch(progress);
        const gil_release release;
        scorer_.emplace(plan_, *histories_);
        lf::batch_options options;
        options.threads = threads;
        options.progress = [&](std::size_t done, std::size_t all) { return watch(done, all); };
        table_ = std::make_unique<lf::score_table>(*lf::score_all(*scorer_, instants_, options));
        watch(histories_->size(), histories_->size());
    }
    scores(lf::scored_tables of, const lf::plan& p, lf::instant at)
        : tables_(std::move(of)), plan_(p), instants_{at} {}

    [[nodiscard]] std::size_t leads() const {
        return tables_ ? tables_->size() : histories_->size();
    }
    [[nodiscard]] std::string_view lead_id(std::size_t lead) const {
        return tables_ ? tables_->lead_id(lead) : histories_->lead_id(lead);
    }
    [[nodiscard]] std::size_t size() const { return leads() * instants_.size(); }
    [[nodiscard]] const lf::plan& plan() const { return plan_; }
    [[nodiscard]] const lf::score_table& table() const {
        return tables_ ? tables_->scores() : *table_;
    }

    /// Whether there are histories, which explanations and the like need.
    [[nodiscard]] bool has_histories() const { return scorer_.has_value(); }
    /// Adds the histories to scores that were added up from tables.
    void take_histories(const shared_histories& h) {
        if (has_histories()) return;
        histories_ = h.of;
        scorer_.emplace(plan_, *histories_);
    }
    [[nodiscard]] const lf::histories& histories() const {
        must_have_histories();
        return *histories_;
    }
    [[nodiscard]] const lf::scorer& scorer() const {
        must_have_histories();
        return *scorer_;
    }
    [[nodiscard]] const std::vector<lf::instant>& instants() const { return instants_; }

    /// Rows [first, last) as columns: lead, at, scores, bands, classes.
    [[nodiscard]] std::vector<lf::arrow_column> columns(std::size_t first, std::size_t last) const {
        const std::size_t n = last - first;
        std::vector<lf::arrow_column> out;
        lf::arrow_text_data ids;
        ids.offsets.reserve(n + 1);
        lf::arrow_instant_data at;
        at.micros.resize(n);
        std::size_t bytes = 0;
        each_row(first, n, [&](std::size_t, std::size_t lead, std::size_t) {
            bytes += lead_id(lead).size();
        });
        ids.bytes.reserve(bytes);
        each_row(first, n, [&](std::size_t i, std::size_t lead, std::size_t nth) {
            ids.push_back(lead_id(lead));
            at.micros[i] = instants_[nth].time_since_epoch().count();
        });
        out.push_back({"lead", std::move(ids), {}});
        out.push_back({"at", std::move(at), {}});

        for (std::size_t s = 0; s < plan_.score_count(); ++s)
            out.push_back(score_column(s, first, n));
        const lf::model& m = plan_.source();
        for (std::size_t b = 0; b < m.bandings.size(); ++b)
            out.push_back(
                {name_beside(m.bandings[b].id, "_band", out), band_codes(b, first, n), {}});
        for (std::size_t k = 0; k < m.matrices.size(); ++k)
            out.push_back(
                {name_beside(m.matrices[k].id, "_class", out), class_codes(k, first, n), {}});
        return out;
    }

  private:
    /// Calls `act` with the number of each row from `first` on, its lead, and the number of its
    /// instant.
    template<class Act>
    void each_row(std::size_t first, std::size_t n, const Act& act) const {
        std::size_t lead = first / instants_.size();
        std::size_t nth = first % instants_.size();
        for (std::size_t i = 0; i < n; ++i) {
            act(i, lead, nth);
            if (++nth < instants_.size()) continue; // no division for each row
            nth = 0;
            ++lead;
        }
    }

    [[nodiscard]] lf::arrow_column score_column(std::size_t s, std::size_t first,
                                                std::size_t n) const {
        const auto micros = table().micros(s).subspan(first, n);
        const auto flags = table().flags(s).subspan(first, n);
        std::vector<double> points(n);
        bool any_absent = false;
        for (std::size_t i = 0; i < n; ++i) {
            points[i] = static_cast<double>(micros[i]) / 1e6;
            any_absent = any_absent || (flags[i] & lf::score_table::absent_flag) != 0;
        }
        lf::arrow_column c{std::string{plan_.score_name(s)}, std::move(points), {}};
        if (!any_absent) return c;
        c.valid.assign((n + 7) / 8, 0);
        for (std::size_t i = 0; i < n; ++i)
            if ((flags[i] & lf::score_table::absent_flag) == 0)
                c.valid[i / 8] = static_cast<std::uint8_t>(c.valid[i / 8] | 1U << (i % 8));
        return c;
    }

    [[nodiscard]] lf::arrow_code_data band_codes(std::size_t b, std::size_t first,
                                                 std::size_t n) const {
        lf::arrow_code_data codes;
        auto words = std::make_shared<std::vector<std::string>>();
        for (const lf::band& one : plan_.source().bandings[b].bands) words->push_back(one.id);
        codes.words = std::move(words);
        codes.of.resize(n);
        const auto bands = table().bands(b).subspan(first, n);
        for (std::size_t i = 0; i < n; ++i)
            codes.of[i] =
                bands[i] == lf::score_table::no_band ? -1 : static_cast<std::int32_t>(bands[i]);
        return codes;
    }

    /// Two bands determine the class, so that each pair of bands is looked up once.
    [[nodiscard]] lf::arrow_code_data class_codes(std::size_t k, std::size_t first,
                                                  std::size_t n) const {
        const lf::model& m = plan_.source();
        lf::arrow_code_data codes;
        auto words = std::make_shared<std::vector<std::string>>();
        codes.of.resize(n);
        const std::size_t rows = plan_.banding(m.matrices[k].rows);
        const std::size_t columns = plan_.banding(m.matrices[k].columns);
        const auto row_bands = table().bands(rows).subspan(first, n);
        const auto column_bands = table().bands(columns).subspan(first, n);
        const std::size_t width = m.bandings[columns].bands.size();
        std::vector<std::int32_t> known(m.bandings[rows].bands.size() * width, -2);
        for (std::size_t i = 0; i < n; ++i) {
            if (row_bands[i] == lf::score_table::no_band ||
                column_bands[i] == lf::score_table::no_band) {
                codes.of[i] = -1;
                continue;
            }
            std::int32_t& code = known[row_bands[i] * width + column_bands[i]];
            if (code == -2) {
                const std::size_t row = first + i;
                const auto name =
                    table().classified(k, row / instants_.size(), row % instants_.size());
                const auto it = std::find(words->begin(), words->end(), name.value_or(""));
                code = name ? static_cast<std::int32_t>(it - words->begin()) : -1;
                if (name && it == words->end()) words->emplace_back(*name);
            }
            codes.of[i] = code;
        }
        codes.words = std::move(words);
        return codes;
    }

    /// A name for a column: a banding may share its name with a score, columns may not.
    static std::string name_beside(const std::string& name, const char* suffix,
                                   const std::vector<lf::arrow_column>& columns) {
        for (const auto& c : columns)
            if (c.name == name) return name + suffix;
        return name;
    }

    void must_have_histories() const {
        if (!has_histories()) throw lf::state_error("the histories have not been read");
    }

    std::optional<lf::scored_tables> tables_{};
    std::shared_ptr<const lf::histories> histories_{};
    lf::plan plan_;
    std::vector<lf::instant> instants_;
    std::optional<lf::scorer> scorer_{};
    std::unique_ptr<lf::score_table> table_{};
};

/// Rows of scores in batches of 2²⁰.
class score_batches final : public lf::arrow_batches {
  public:
    explicit score_batches(std::shared_ptr<const scores> of) : of_(std::move(of)) {}
    [[nodiscard]] std::vector<lf::arrow_column> schema() const override {
        return of_->columns(0, 0);
    }
    [[nodiscard]] std::optional<std::vector<lf::arrow_column>> next() override {
        constexpr std::size_t most = std::size_t{1} << 20;
        if (first_ == of_->size()) return std::nullopt;
        const std::size_t last = std::min(first_ + most, of_->size());
        auto out = of_->columns(first_, last);
        first_ = last;
        return out;
    }

  private:
    std::shared_ptr<const scores> of_;
    std::size_t first_ = 0;
};

std::size_t lead_of(const lf::histories& h, const std::string& id) {
    if (const auto lead = h.find(id)) return *lead;
    raise_error("UnknownLeadError", "there is no lead " + lf::detail::quote(id));
}

std::size_t score_of(const lf::plan& p, const std::string& name) {
    if (const auto s = p.find_score(name)) return *s;
    try {
        return p.score(name);
    } catch (const lf::unknown_name& e) {
        raise_unknown_name(e.what());
    }
}

/// Calls `work(i, progress)` for each i in [0, n) on several threads, in blocks of 64, while the
/// caller reports progress and checks for Ctrl-C.
template<class Work>
void spread(std::size_t n, unsigned threads, watcher& watch, const Work& work) {
    constexpr std::size_t block = 64;
    const auto begin = [&](const lf::progress_callback& beat) {
        return [&](std::size_t first, std::size_t last) {
            for (std::size_t i = first; i < last; ++i) work(i, beat);
        };
    };
    lf::detail::each_block(n, block, threads, begin,
                           [&](std::size_t done) { return watch(done, n); });
}

/// The rules of a score, by their names in explanations.
struct score_rules {
    std::vector<std::string> names{};
    lf::detail::text_map<std::size_t> known{};

    score_rules(const lf::model& m, const std::string& score) {
        for (const lf::rule& r : m.rules)
            std::visit(
                [&](const auto& one) {
                    if (one.score != score) return;
                    known.emplace(one.id, names.size());
                    names.push_back(one.id);
                },
                r);
    }
    /// Adds the lines of an explanation to a row, by rule. Bounds count after the rules.
    void add(const lf::explanation& why, std::vector<std::vector<std::int64_t>>& micros,
             std::size_t row) const {
        for (const auto& line : why.lines) {
            const auto it = line.kind == lf::line_kind::award || line.kind == lf::line_kind::state
                                ? known.find(line.name)
                                : known.end();
            micros[it == known.end() ? names.size() : it->second][row] += line.now.micros();
        }
    }
};

void put_points(frame& out, std::string name, const std::vector<std::int64_t>& micros,
                std::vector<std::uint8_t> valid = {}) {
    std::vector<double> points(micros.size());
    for (std::size_t i = 0; i < points.size(); ++i)
        points[i] = static_cast<double>(micros[i]) / 1e6;
    out.columns.push_back({std::move(name), std::move(points), std::move(valid)});
}

/// Scores of leads, each at its own instant, as columns: lead, at, scores, and, if `explained`, the
/// contribution of each rule to the plain scores.
frame score_pairs(const shared_histories& h, const lf::plan& p, const lead_instants& pairs,
                  bool explained, count_arg threads, const py::object& progress) {
    watcher watch(progress);
    const gil_release release;
    const lf::scorer scorer(p, *h.of);
    const std::size_t rows = pairs.leads.size();
    std::vector<std::size_t> leads(rows);
    for (std::size_t i = 0; i < rows; ++i) leads[i] = h.of->find(pairs.leads[i]).value();

    frame out;
    lf::arrow_text_data ids;
    lf::arrow_instant_data at;
    for (std::size_t i = 0; i < rows; ++i) {
        ids.push_back(pairs.leads[i]);
        at.micros.push_back(pairs.at[i].time_since_epoch().count());
    }
    out.columns.push_back({"lead", std::move(ids), {}});
    out.columns.push_back({"at", std::move(at), {}});

    const std::size_t scores = p.score_count();
    std::vector<std::vector<std::int64_t>> micros(scores, std::vector<std::int64_t>(rows));
    std::vector<std::vector<std::uint8_t>> absent(scores, std::vector<std::uint8_t>(rows));
    spread(rows, to_threads(threads), watch, [&](std::size_t i, const auto& beat) {
        for (std::size_t s = 0; s < scores; ++s) {
            const lf::score_value v = scorer.score_at(leads[i], s, pairs.at[i], beat);
            micros[s][i] = v.value.micros();
            absent[s][i] = v.absent ? 1 : 0;
        }
    });
    for (std::size_t s = 0; s < scores; ++s) {
        std::vector<std::uint8_t> valid;
        if (std::find(absent[s].begin(), absent[s].end(), 1) != absent[s].end()) {
            valid.assign((rows + 7) / 8, 0);
            for (std::size_t i = 0; i < rows; ++i)
                if (absent[s][i] == 0)
                    valid[i / 8] = static_cast<std::uint8_t>(valid[i / 8] | 1U << (i % 8));
        }
        put_points(out, std::string{p.score_name(s)}, micros[s], std::move(valid));
    }
    if (!explained) return out;
    for (const lf::score& s : p.source().scores) {
        const std::size_t number = p.score(s.id);
        const score_rules rules(p.source(), s.id);
        std::vector<std::vector<std::int64_t>> parts(rules.names.size() + 1,
                                                     std::vector<std::int64_t>(rows));
        spread(rows, to_threads(threads), watch, [&](std::size_t i, const auto& beat) {
            rules.add(scorer.explain(leads[i], number, pairs.at[i], beat), parts, i);
        });
        for (std::size_t k = 0; k < parts.size(); ++k)
            put_points(out, s.id + "." + (k < rules.names.size() ? rules.names[k] : "bounds"),
                       parts[k]);
    }
    return out;
}

/// The contribution of each rule to a score: a column for each rule, lead by lead and instant by
/// instant, and the column `rest` for what bounds take away or add.
frame contributions(const scores& of, const std::string& score, const std::string& prefix,
                    const std::string& rest, count_arg threads, const py::object& progress) {
    const std::size_t number = score_of(of.plan(), score);
    const score_rules rules(of.plan().source(), score);
    watcher watch(progress);
    const gil_release release;
    const std::size_t per_lead = of.instants().size();
    std::vector<std::vector<std::int64_t>> micros(rules.names.size() + 1,
                                                  std::vector<std::int64_t>(of.size()));
    spread(of.histories().size(), to_threads(threads), watch,
           [&](std::size_t lead, const auto& beat) {
               for (std::size_t k = 0; k < per_lead; ++k)
                   rules.add(of.scorer().explain(lead, number, of.instants()[k], beat), micros,
                             lead * per_lead + k);
           });
    frame out;
    for (std::size_t i = 0; i < micros.size(); ++i)
        put_points(out, prefix + (i < rules.names.size() ? rules.names[i] : rest), micros[i]);
    return out;
}

using scores_class = py::class_<scores, std::shared_ptr<scores>>;

/// Scores from histories, and from tables.
void bind_making(scores_class& c) {
    c.def(py::init([](const shared_histories& h, const lf::plan& p, const py::list& at,
                      count_arg threads, const py::object& progress) {
              return std::make_shared<scores>(h, p, to_instants(at), to_threads(threads), progress);
          }),
          "histories"_a, "plan"_a, "at"_a, "threads"_a = 0, "progress"_a = py::none())
        .def_static(
            "of_tables",
            [](additive_scores& of, count_arg threads,
               const py::object& progress) -> std::shared_ptr<scores> {
                watcher watch(progress);
                lf::batch_options options;
                options.threads = to_threads(threads);
                options.progress = [&](std::size_t done, std::size_t all) {
                    return watch(done, all);
                };
                auto made = released([&] { return of.of.finish(options); });
                if (!made) return nullptr;
                auto out = std::make_shared<scores>(*std::move(made), of.plan, of.at);
                released([&] { watch(out->leads(), out->leads()); });
                return out;
            },
            "of"_a, "threads"_a = 0, "progress"_a = py::none(),
            "None if the tables need histories after all.")
        .def_property_readonly("has_histories", &scores::has_histories)
        .def("take_histories", &scores::take_histories, "histories"_a);
}

/// The scores as columns.
void bind_columns(scores_class& c) {
    c.def("__len__", &scores::size)
        .def_property_readonly("instants",
                               [](const scores& s) {
                                   py::list out;
                                   for (const lf::instant at : s.instants())
                                       out.append(from_instant(at));
                                   return out;
                               })
        .def(
            "micros",
            [](const std::shared_ptr<scores>& s, const text_arg& score) {
                const auto of = s->table().micros(score_of(s->plan(), score));
                py::array_t<std::int64_t> out({static_cast<py::ssize_t>(of.size())}, of.data(),
                                              py::cast(s));
                out.attr("flags").attr("writeable") = false;
                return out;
            },
            "score"_a)
        .def(
            "flags",
            [](const std::shared_ptr<scores>& s, const text_arg& score) {
                const auto of = s->table().flags(score_of(s->plan(), score));
                py::array_t<std::uint8_t> out({static_cast<py::ssize_t>(of.size())}, of.data(),
                                              py::cast(s));
                out.attr("flags").attr("writeable") = false;
                return out;
            },
            "score"_a)
        .def(
            "frame",
            [](const scores& s, std::size_t first, std::size_t last) {
                return released([&] {
                    const std::size_t end = std::min(last, s.size());
                    return frame{s.columns(std::min(first, end), end)};
                });
            },
            "first"_a, "last"_a)
        .def(
            "__arrow_c_stream__",
            [](const std::shared_ptr<scores>& s, const py::object&) {
                auto out = std::make_unique<ArrowArrayStream>();
                lf::export_stream(std::make_unique<score_batches>(s), *out);
                return stream_capsule(std::move(out));
            },
            "requested_schema"_a = py::none());
}

/// One lead, the best leads, and the rules.
void bind_questions(scores_class& c) {
    c.def(
         "explain",
         [](const scores& s, const text_arg& lead, const text_arg& score, const py::object& at) {
             const std::size_t who = lead_of(s.histories(), lead);
             const std::size_t what = score_of(s.plan(), score);
             const lf::instant when = to_instant(at);
             const listening progress;
             return from_explanation(
                 released([&] { return s.scorer().explain(who, what, when, progress); }));
         },
         "lead"_a, "score"_a, "at"_a)
        .def(
            "changes",
            [](const scores& s, const text_arg& lead, const text_arg& score, const py::object& from,
               const py::object& to) {
                const std::size_t who = lead_of(s.histories(), lead);
                const std::size_t what = score_of(s.plan(), score);
                const lf::instant since = to_instant(from);
                const lf::instant until = to_instant(to);
                const listening progress;
                const auto all =
                    released([&] { return s.scorer().changes(who, what, since, until, progress); });
                py::list out;
                for (const lf::score_change& change : all) {
                    check_signals(out.size());
                    out.append(py::make_tuple(from_instant(change.at), from_score(change.score)));
                }
                return out;
            },
            "lead"_a, "score"_a, "since"_a, "until"_a)
        .def(
            "top",
            [](const scores& s, const text_arg& score, count_arg k, std::size_t nth) {
                return released([&] { return s.table().top(score_of(s.plan(), score), k, nth); });
            },
            "score"_a, "k"_a, "nth"_a = 0)
        .def("contributions", &contributions, "score"_a, "prefix"_a, "rest"_a, "threads"_a = 0,
             "progress"_a = py::none());
}

} // namespace

void bind_score(py::module_& m) {
    scores_class c(m, "Scores", "Scores of leads at instants.");
    bind_making(c);
    bind_columns(c);
    bind_questions(c);
    m.def("score_pairs", &score_pairs, "histories"_a, "plan"_a, "pairs"_a, "explained"_a,
          "threads"_a = 0, "progress"_a = py::none());
}

} // namespace leadfunnel_python
