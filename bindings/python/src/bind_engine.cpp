// Distributed under the Boost Software License, Version 1.0. See LICENSE.

#include "common.hpp"

#include <leadfunnel/engine/detail/wiping_events.hpp>

#include <pybind11/stl/filesystem.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <memory>
#include <numeric>
#include <optional>
#include <utility>
#include <vector>

#if defined(__unix__) || defined(__APPLE__)
#include <pthread.h>
#endif

namespace leadfunnel_python {

using namespace py::literals;

namespace {

/// How many forks lead to this process, since the module was loaded. The system counts them, so
/// that it is right even where a fork passes Python's hooks by.
std::atomic<unsigned> forks = 0;

/// Whether this thread holds engines for a fork: they would wait for themselves.
thread_local bool is_forking = false;

/// The shared engine: many threads may read it while one changes it. None of them holds the
/// interpreter's lock while it waits for the engine's.
///
/// A fork copies memory in the midst of what other threads do. So an engine is held while a fork
/// goes on, and the child's copy is whole; where it could not be held in time, the copy may be
/// anything, and it can neither be used nor destroyed.
class live {
  public:
    live(lf::plan p, const lf::engine_options& options)
        : live(lf::engine(std::move(p), options), options) {}
    live(lf::engine e, lf::engine_options options)
        : options_(std::move(options)), engine_(std::make_unique<lf::shared_engine>(std::move(e))) {
    }
    ~live() {
        if (is_broken()) engine_.release(); // NOLINT(bugprone-unused-return-value)
    }
    live(const live&) = delete;
    live& operator=(const live&) = delete;

    template<class F>
    auto read(const F& f) const {
        must_be_usable();
        const py::gil_scoped_release release;
        return engine_->read(f);
    }
    template<class F>
    auto write(const F& f) {
        must_be_usable();
        const py::gil_scoped_release release;
        return engine_->write(f);
    }
    /// A plan is cheap to copy, and safe to use from any thread.
    [[nodiscard]] lf::plan plan() const {
        return read([](const lf::engine& e) { return e.used_plan(); });
    }
    [[nodiscard]] const lf::engine_options& options() const { return options_; }

    using hold = lf::shared_engine::hold;
    [[nodiscard]] std::optional<hold> try_hold(std::chrono::steady_clock::time_point until) const {
        if (is_broken()) return std::nullopt;
        return engine_->try_hold(until);
    }
    /// In the child of a fork, of an engine that was held: it is the child's own from now on.
    void let_go_in_child(hold& h) {
        h.let_go_in_child();
        forks_ = forks;
    }

  private:
    [[nodiscard]] bool is_broken() const noexcept { return forks_ != forks; }
    void must_be_usable() const {
        if (is_broken())
            throw lf::engine_busy(
                "the engine was in use when this process was forked, and its copy "
                "here cannot be used; load a saved one, or fork when no call runs");
        if (is_forking) throw lf::engine_busy("the engine is held while this process is forked");
    }

    unsigned forks_ = forks;
    lf::engine_options options_;
    std::unique_ptr<lf::shared_engine> engine_;
};

/// The engines of this process, for whom forks wait. Used with the interpreter's lock.
class engines_at_forks {
  public:
    static void add(const std::shared_ptr<live>& l) {
        auto& all = everyone();
        if (all.size() == all.capacity())
            std::erase_if(all, [](const auto& one) { return one.expired(); });
        all.push_back(l);
    }
    /// Waits for the calls that run, for a while, and lets no other begin.
    static void before() {
        using namespace std::chrono_literals;
        std::vector<std::shared_ptr<live>> found;
        for (const auto& one : everyone())
            if (auto l = one.lock()) found.push_back(std::move(l));
        const auto until = std::chrono::steady_clock::now() + 2s;
        const py::gil_scoped_release
            release; // running calls may need the lock to come to their end
        for (auto& l : found)
            if (auto h = l->try_hold(until)) held().emplace_back(std::move(l), *std::move(h));
        is_forking = true;
    }
    static void after_in_parent() {
        is_forking = false;
        held().clear();
    }
    static void after_in_child() {
        is_forking = false;
        for (auto& [l, h] : held()) l->let_go_in_child(h);
        held().clear();
    }

  private:
    static std::vector<std::weak_ptr<live>>& everyone() {
        static auto& all = *new std::vector<std::weak_ptr<live>>; // used until the very end
        return all;
    }
    /// Those that this thread holds.
    static std::vector<std::pair<std::shared_ptr<live>, live::hold>>& held() {
        thread_local std::vector<std::pair<std::shared_ptr<live>, live::hold>> all;
        return all;
    }
};

/// An engine that forks wait for.
template<class... Args>
std::shared_ptr<live> make_live(Args&&... args) {
    // Not std::make_shared: whoever remembers it weakly would keep its memory.
    std::shared_ptr<live> out{std::make_unique<live>(std::forward<Args>(args)...)};
    engines_at_forks::add(out);
    return out;
}

py::object from_applied(const lf::applied& a) {
    const auto made = [&](const char* outcome) {
        return python_name("leadfunnel._engine", "Applied")(outcome, a.late, a.reason);
    };
    if (a.what == lf::applied::outcome::duplicate) return made("duplicate");
    if (a.what == lf::applied::outcome::refused) return made("refused");
    if (a.late) return made("taken");
    // What nearly all events come to is one object, made once: making it takes as long as applying.
    PYBIND11_CONSTINIT static py::gil_safe_call_once_and_store<py::object> taken;
    return taken.call_once_and_store_result([&] { return made("taken"); }).get_stored();
}

py::object from_batch(const lf::batch_report& r) {
    py::list refused;
    for (const auto& one : r.refused) refused.append(py::make_tuple(one.event, one.reason));
    return python_name("leadfunnel._engine",
                       "BatchReport")("taken"_a = r.taken, "duplicates"_a = r.duplicates,
                                      "late"_a = r.late, "refused"_a = refused);
}

py::object from_position(const std::optional<lf::position>& p) {
    if (!p) return py::none();
    return python_name("leadfunnel._engine",
                       "Position")("stage"_a = p->stage, "since"_a = from_instant(p->since),
                                   "cycle"_a = p->cycle, "entries"_a = p->entries);
}

py::object from_signal(const lf::signal& s) {
    const bool has_due = s.kind == lf::signal_kind::sla_warning ||
                         s.kind == lf::signal_kind::sla_breached ||
                         s.kind == lf::signal_kind::sla_met;
    return python_name("leadfunnel._engine", "Signal")(
        "sequence"_a = s.sequence, "at"_a = from_instant(s.at), "lead"_a = s.lead,
        "kind"_a = std::string(to_string(s.kind)), "subject"_a = s.subject, "from_"_a = s.from,
        "to"_a = s.to, "cause"_a = s.cause, "reason"_a = s.reason,
        "due"_a = has_due ? from_instant(s.due) : py::none(), "cycle"_a = s.cycle,
        "explanation"_a = s.explanation, "model_version"_a = s.model_version);
}

py::object from_replacement(const lf::replacement_report& r) {
    const py::object type = python_name("leadfunnel._engine", "Change");
    const auto list = [&](const std::vector<lf::replacement_report::change>& changes) {
        py::list out;
        for (const auto& c : changes)
            out.append(type("lead"_a = c.lead, "subject"_a = c.subject, "from_"_a = c.from,
                            "to"_a = c.to));
        return out;
    };
    return python_name("leadfunnel._engine", "Replacement")("bands"_a = list(r.bands),
                                                            "stages"_a = list(r.stages));
}

py::list from_ranked(const std::vector<lf::ranked_lead>& leads) {
    py::list out;
    for (const lf::ranked_lead& l : leads) out.append(py::make_tuple(l.lead, from_points(l.score)));
    return out;
}

event_rows to_events(const py::iterable& events, const lf::model& m) {
    event_rows out;
    for (const py::handle e : events) {
        see_to_signals(out.events.size());
        out.rows.push_back(out.events.size());
        out.events.push_back(to_event(e, m));
    }
    return out;
}

lf::instant at_or(const py::object& at, lf::instant otherwise) {
    return at.is_none() ? otherwise : to_instant(at);
}

/// Takes many events, and uses them up, some thousands at a time: others may read in between, and
/// Ctrl-C is heard. They are cut between instants: the outcome is that of one batch.
py::object apply_rows(live& l, event_rows& rows, const py::object& progress) {
    constexpr std::size_t most = 4'096;
    watcher watch(progress);
    lf::batch_report all;
    {
        const auto at = [](const lf::event& e) {
            return std::visit([](const auto& x) { return x.at; }, e);
        };
        std::vector<std::size_t> order(rows.events.size());
        std::iota(order.begin(), order.end(), std::size_t{0});
        released([&] {
            std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
                return at(rows.events[a]) < at(rows.events[b]);
            });
        });
        std::vector<lf::event> batch;
        for (std::size_t first = 0; first < order.size();) {
            std::size_t last = std::min(first + most, order.size());
            while (last < order.size() &&
                   at(rows.events[order[last]]) == at(rows.events[order[last - 1]]))
                ++last;
            batch.clear();
            for (std::size_t i = first; i < last; ++i)
                batch.push_back(std::move(rows.events[order[i]]));
            lf::batch_report one = l.write([&](lf::engine& e) {
                return e.apply(batch,
                               [&](std::size_t, std::size_t) { watch(first, order.size()); });
            });
            all.taken += one.taken;
            all.duplicates += one.duplicates;
            all.late += one.late;
            for (auto& r : one.refused)
                all.refused.push_back({rows.rows[order[first + r.event]], std::move(r.reason)});
            first = last;
            released([&] { watch(first, order.size()); });
        }
    }
    std::sort(all.refused.begin(), all.refused.end(),
              [](const auto& a, const auto& b) { return a.event < b.event; });
    return from_batch(all);
}

/// The events that an engine begins with. Nobody is answered until it has them.
py::object load_rows(live& l, const event_rows& rows, const py::object& progress) {
    watcher watch(progress);
    lf::batch_report report = l.write([&](lf::engine& e) {
        return e.load(rows.events, [&](std::size_t done, std::size_t all) { watch(done, all); });
    });
    for (auto& r : report.refused) r.event = rows.rows[r.event];
    return from_batch(report);
}
/// The same of histories, whose columns are copied.
py::object load_histories(live& l, const shared_histories& h, const py::object& progress) {
    watcher watch(progress);
    return from_batch(l.write([&](lf::engine& e) {
        return e.load(*h.of, [&](std::size_t done, std::size_t all) { watch(done, all); });
    }));
}

/// Lets time pass in steps of a few hundredths of a second's work: others may read in between, and
/// Ctrl-C is heard. What comes of it does not depend on the steps. Progress is in seconds of the
/// time that passes.
void advance_to(live& l, lf::instant to, const py::object& progress) {
    using std::chrono::steady_clock;
    using namespace std::chrono_literals;
    if (to < lf::earliest_instant || to >= lf::latest_instant)
        raise_input_error(lf::to_string(to) + " is outside the years 1900 to 2199");
    watcher watch(progress);
    const auto seconds = [](lf::duration d) { return static_cast<std::size_t>(d / 1s); };
    const lf::instant from = l.read([](const lf::engine& e) { return e.now(); });
    lf::instant at = from == lf::always || to <= from ? to : from;
    lf::duration step = 1min;
    std::size_t done = 0;
    const std::size_t all = at < to ? std::max<std::size_t>(seconds(to - from), 1) : 1;
    do {
        at = to - at > step ? at + step : to;
        const auto began = steady_clock::now();
        l.write([&](lf::engine& e) {
            e.advance_to(at, [&](std::size_t, std::size_t) { watch(done, all); });
        });
        const auto took = steady_clock::now() - began;
        if (took < 20ms)
            step *= 2;
        else if (took > 80ms)
            step = std::max<lf::duration>(step / 2, 1s);
        if (from != lf::always && to > from) {
            done = std::min(seconds(at - from), all - 1);
            released([&] { watch(seconds(at - from), seconds(to - from)); });
        }
    } while (at < to);
}

lf::query to_query(const model_holder* where, const py::dict& q) {
    lf::query out;
    if (where != nullptr && !where->loaded.value.alerts.empty())
        out.where = where->loaded.value.alerts.back().when;
    out.funnel = q["funnel"].cast<std::string>();
    out.stages = q["stages"].cast<std::vector<std::string>>();
    out.banding = q["banding"].cast<std::string>();
    out.bands = q["bands"].cast<std::vector<std::string>>();
    out.account = q["account"].cast<std::string>();
    out.owner = q["owner"].cast<std::string>();
    out.active_from = at_or(q["active_from"], lf::always);
    out.active_to = at_or(q["active_to"], lf::never);
    out.entered_from = at_or(q["entered_from"], lf::always);
    out.entered_to = at_or(q["entered_to"], lf::never);
    out.limit = q["limit"].cast<std::size_t>();
    out.after = q["after"].cast<std::string>();
    return out;
}

/// Names that the model has not are a mistake of the caller.
template<class Of>
void must_be_in(const std::vector<Of>& all, const std::string& name, const char* what) {
    std::string list;
    for (const Of& one : all) {
        if (one.id == name) return;
        list += list.empty() ? "'" : ", '";
        list += one.id;
        list += '\'';
    }
    raise_unknown_name("the model has no " + std::string(what) + ' ' + lf::detail::quote(name) +
                       "; it has " + (list.empty() ? "none" : list));
}

void must_be_score(const lf::plan& p, const std::string& name) {
    if (p.find_score(name)) return;
    std::string list;
    for (std::size_t i = 0; i < p.score_count(); ++i) {
        list += i == 0 ? "'" : ", '";
        list += p.score_name(i);
        list += '\'';
    }
    raise_unknown_name("the model has no score " + lf::detail::quote(name) + "; it has " + list);
}

/// Asks an engine about a score, at an instant or now.
template<class Ask>
auto ask_of_score(const live& l, const std::string& score, const py::object& at, const Ask& ask) {
    must_be_score(l.plan(), score);
    const lf::instant when = at_or(at, lf::never);
    const listening progress;
    return l.read(
        [&](const lf::engine& e) { return ask(e, when == lf::never ? e.now() : when, progress); });
}

lf::engine_options options_of(const std::vector<std::string>& ranked, bool index_email,
                              bool index_account, bool index_owner, bool index_stage,
                              std::size_t explanation_bytes) {
    return {.ranked = ranked,
            .index_email = index_email,
            .index_account = index_account,
            .index_owner = index_owner,
            .index_stage = index_stage,
            .explanation_bytes = explanation_bytes};
}

} // namespace

void bind_engine(py::module_& m) {
#if defined(__unix__) || defined(__APPLE__)
    pthread_atfork(nullptr, nullptr, [] { ++forks; });
#endif
    m.def("before_fork", &engines_at_forks::before,
          "Waits two seconds at most for calls of engines to end, and keeps others out.");
    m.def("after_fork_in_parent", &engines_at_forks::after_in_parent);
    m.def("after_fork_in_child", &engines_at_forks::after_in_child);

    py::class_<live, std::shared_ptr<live>>(m, "Engine", "Live leads, behind a lock.")
        .def(py::init([](const lf::plan& p, const std::vector<std::string>& ranked,
                         bool index_email, bool index_account, bool index_owner, bool index_stage,
                         std::size_t explanation_bytes) {
                 for (const std::string& s : ranked) must_be_score(p, s);
                 return make_live(p, options_of(ranked, index_email, index_account, index_owner,
                                                index_stage, explanation_bytes));
             }),
             "plan"_a, "ranked"_a, "index_email"_a = true, "index_account"_a = true,
             "index_owner"_a = true, "index_stage"_a = true,
             "explanation_bytes"_a = lf::engine_options{}.explanation_bytes)
        .def_static(
            "from_snapshot",
            [](const lf::plan& p, const py::bytes& bytes, const std::vector<std::string>& ranked,
               bool index_email, bool index_account, bool index_owner, bool index_stage,
               std::size_t explanation_bytes) {
                const auto options = options_of(ranked, index_email, index_account, index_owner,
                                                index_stage, explanation_bytes);
                const auto view = bytes.cast<std::string_view>();
                const listening progress;
                return make_live(
                    released([&] { return lf::engine::from_snapshot(p, view, options, progress); }),
                    options);
            },
            "plan"_a, "bytes"_a, "ranked"_a, "index_email"_a = true, "index_account"_a = true,
            "index_owner"_a = true, "index_stage"_a = true,
            "explanation_bytes"_a = lf::engine_options{}.explanation_bytes)
        .def_static(
            "from_file",
            [](const lf::plan& p, const std::filesystem::path& file,
               const std::vector<std::string>& ranked, bool index_email, bool index_account,
               bool index_owner, bool index_stage, std::size_t explanation_bytes) {
                const auto options = options_of(ranked, index_email, index_account, index_owner,
                                                index_stage, explanation_bytes);
                const listening progress;
                return make_live(
                    released([&] { return lf::engine::from_file(p, file, options, progress); }),
                    options);
            },
            "plan"_a, "file"_a, "ranked"_a, "index_email"_a = true, "index_account"_a = true,
            "index_owner"_a = true, "index_stage"_a = true,
            "explanation_bytes"_a = lf::engine_options{}.explanation_bytes)
        .def_property_readonly("plan", &live::plan)
        .def_property_readonly("now",
                               [](const live& l) {
                                   return from_instant(
                                       l.read([](const lf::engine& e) { return e.now(); }));
                               })
        .def("__len__",
             [](const live& l) { return l.read([](const lf::engine& e) { return e.size(); }); })
        .def("contains",
             [](const live& l, const std::string& lead) {
                 return l.read([&](const lf::engine& e) { return e.contains(lead); });
             })
        .def("resolve",
             [](const live& l, const std::string& lead) {
                 return l.read([&](const lf::engine& e) { return std::string{e.resolve(lead)}; });
             })

        // ---- what happens
        .def(
            "apply_one",
            [](live& l, const py::object& event) {
                const lf::detail::wiped<lf::event> e{to_event(event, l.plan().source())};
                const listening progress;
                return from_applied(
                    l.write([&](lf::engine& to) { return to.apply(*e, progress); }));
            },
            "event"_a)
        .def(
            "apply_many",
            [](live& l, const py::iterable& events, const py::object& progress) {
                event_rows all = to_events(events, l.plan().source());
                return apply_rows(l, all, progress);
            },
            "events"_a, "progress"_a = py::none())
        .def("apply_rows", &apply_rows, "rows"_a, "progress"_a = py::none())
        .def(
            "load_many",
            [](live& l, const py::iterable& events, const py::object& progress) {
                return load_rows(l, to_events(events, l.plan().source()), progress);
            },
            "events"_a, "progress"_a = py::none())
        .def("load_rows", &load_rows, "rows"_a, "progress"_a = py::none())
        .def("load_histories", &load_histories, "histories"_a, "progress"_a = py::none())
        .def(
            "advance_to",
            [](live& l, const py::object& at, const py::object& progress) {
                advance_to(l, to_instant(at), progress);
            },
            "at"_a, "progress"_a = py::none())
        .def(
            "move",
            [](live& l, const std::string& lead, const std::string& funnel,
               const std::string& stage, const std::string& reason, const std::string& who) {
                const listening progress;
                return from_applied(l.write([&](lf::engine& e) {
                    return e.move(lead, funnel, stage, reason, who, progress);
                }));
            },
            "lead"_a, "funnel"_a, "stage"_a, "reason"_a = "", "who"_a = "person")

        // ---- one lead
        .def(
            "score",
            [](const live& l, const std::string& lead, const std::string& score,
               const py::object& at) {
                must_be_score(l.plan(), score);
                const lf::instant when = at_or(at, lf::never);
                const listening progress;
                return from_score(l.read([&](const lf::engine& e) {
                    return e.score(lead, score, when == lf::never ? e.now() : when, progress);
                }));
            },
            "lead"_a, "score"_a, "at"_a = py::none())
        .def(
            "band",
            [](const live& l, const std::string& lead, const std::string& banding) {
                must_be_in(l.plan().source().bandings, banding, "banding");
                const listening progress;
                return l.read([&](const lf::engine& e) { return e.band(lead, banding, progress); });
            },
            "lead"_a, "banding"_a)
        .def(
            "class_of",
            [](const live& l, const std::string& lead, const std::string& matrix) {
                must_be_in(l.plan().source().matrices, matrix, "matrix");
                const listening progress;
                return l.read(
                    [&](const lf::engine& e) { return e.class_of(lead, matrix, progress); });
            },
            "lead"_a, "matrix"_a)
        .def(
            "stage",
            [](const live& l, const std::string& lead, const std::string& funnel) {
                must_be_in(l.plan().source().funnels, funnel, "funnel");
                return from_position(
                    l.read([&](const lf::engine& e) { return e.stage(lead, funnel); }));
            },
            "lead"_a, "funnel"_a)
        .def(
            "attribute",
            [](const live& l, const std::string& lead, const std::string& name) {
                must_be_in(l.plan().source().attributes, name, "attribute");
                const listening progress;
                return from_value(
                    l.read([&](const lf::engine& e) { return e.attribute(lead, name, progress); }));
            },
            "lead"_a, "attribute"_a)
        .def(
            "explain",
            [](const live& l, const std::string& lead, const std::string& score,
               const py::object& at) {
                must_be_score(l.plan(), score);
                const lf::instant when = at_or(at, lf::never);
                const listening progress;
                return from_explanation(l.read([&](const lf::engine& e) {
                    return e.explain(lead, score, when == lf::never ? e.now() : when, progress);
                }));
            },
            "lead"_a, "score"_a, "at"_a = py::none())
        .def("timeline",
             [](const live& l, const std::string& lead) {
                 const lf::plan p = l.plan();
                 const listening progress;
                 const auto entries =
                     l.read([&](const lf::engine& e) { return e.timeline(lead, progress); });
                 const py::object type = python_name("leadfunnel._engine", "TimelineEntry");
                 py::list out;
                 for (const lf::timeline_entry& t : entries) {
                     see_to_signals(out.size());
                     py::dict scores;
                     for (std::size_t i = 0; i < t.scores.size(); ++i)
                         scores[py::str(std::string{p.score_name(i)})] = from_score(t.scores[i]);
                     py::dict stages;
                     for (std::size_t i = 0; i < t.stages.size(); ++i)
                         stages[py::str(p.source().funnels[i].id)] = from_position(t.stages[i]);
                     out.append(type("event"_a = from_event(t.what), "scores"_a = scores,
                                     "stages"_a = stages));
                 }
                 return out;
             })
        .def(
            "project",
            [](const live& l, const std::string& lead, const std::string& banding,
               const py::object& at) {
                must_be_in(l.plan().source().bandings, banding, "banding");
                const lf::instant when = to_instant(at);
                const listening progress;
                const auto p = l.read(
                    [&](const lf::engine& e) { return e.project(lead, banding, when, progress); });
                return py::make_tuple(from_score(p.score), p.band);
            },
            "lead"_a, "banding"_a, "at"_a)
        .def(
            "cools_at",
            [](const live& l, const std::string& lead, const std::string& banding,
               const py::object& until) {
                must_be_in(l.plan().source().bandings, banding, "banding");
                const lf::instant last = to_instant(until);
                const listening progress;
                return from_instant(l.read([&](const lf::engine& e) {
                    return e.cools_at(lead, banding, last, progress);
                }));
            },
            "lead"_a, "banding"_a, "until"_a)
        .def("stage_log",
             [](const live& l, const std::string& lead) {
                 py::list out;
                 for (const lf::stage_entry& s :
                      l.read([&](const lf::engine& e) { return e.stage_log(lead); }))
                     out.append(from_event(s));
                 return out;
             })
        .def("ids",
             [](const live& l, const std::string& lead) {
                 return l.read([&](const lf::engine& e) { return e.ids(lead); });
             })
        .def("history",
             [](const live& l, const std::string& lead) {
                 py::list out;
                 for (const lf::event& s :
                      l.read([&](const lf::engine& e) { return e.history(lead); })) {
                     see_to_signals(out.size());
                     out.append(from_event(s));
                 }
                 return out;
             })

        // ---- many leads
        .def(
            "top",
            [](const live& l, const std::string& score, std::size_t k, const py::object& at) {
                return from_ranked(
                    ask_of_score(l, score, at, [&](const auto& e, auto when, const auto& progress) {
                        return e.top(score, k, when, progress);
                    }));
            },
            "score"_a, "k"_a, "at"_a = py::none())
        .def(
            "nth",
            [](const live& l, const std::string& score, std::size_t n,
               const py::object& at) -> py::object {
                const auto found =
                    ask_of_score(l, score, at, [&](const auto& e, auto when, const auto& progress) {
                        return e.nth(score, n, when, progress);
                    });
                if (!found) return py::none();
                return py::make_tuple(found->lead, from_points(found->score));
            },
            "score"_a, "n"_a, "at"_a = py::none())
        .def(
            "rank",
            [](const live& l, const std::string& lead, const std::string& score,
               const py::object& at) {
                return ask_of_score(l, score, at,
                                    [&](const auto& e, auto when, const auto& progress) {
                                        return e.rank(lead, score, when, progress);
                                    });
            },
            "lead"_a, "score"_a, "at"_a = py::none())
        .def(
            "percentile",
            [](const live& l, const std::string& lead, const std::string& score,
               const py::object& at) {
                return ask_of_score(l, score, at,
                                    [&](const auto& e, auto when, const auto& progress) {
                                        return e.percentile(lead, score, when, progress);
                                    });
            },
            "lead"_a, "score"_a, "at"_a = py::none())
        .def(
            "find",
            [](const live& l, const model_holder* where, const py::dict& q) {
                const lf::query query = to_query(where, q);
                const listening progress;
                const auto page =
                    l.read([&](const lf::engine& e) { return e.find(query, progress); });
                return py::make_tuple(page.leads, page.more);
            },
            "where"_a.none(true), "query"_a)
        .def(
            "count_in_stage",
            [](const live& l, const std::string& funnel, const std::string& stage) {
                return l.read([&](const lf::engine& e) { return e.count_in_stage(funnel, stage); });
            },
            "funnel"_a, "stage"_a)
        .def(
            "count_in_band",
            [](const live& l, const std::string& banding, const std::string& band) {
                return l.read([&](const lf::engine& e) { return e.count_in_band(banding, band); });
            },
            "banding"_a, "band"_a)
        .def("with_email",
             [](const live& l, const std::string& email) {
                 return l.read([&](const lf::engine& e) { return e.with_email(email); });
             })

        // ---- signals
        .def(
            "signals",
            [](const live& l, std::uint64_t after, std::size_t most) {
                py::list out;
                for (const lf::signal& s :
                     l.read([&](const lf::engine& e) { return e.signals(after, most); }))
                    out.append(from_signal(s));
                return out;
            },
            "after"_a = 0, "most"_a = 1000)
        .def("acknowledge",
             [](live& l, std::uint64_t up_to) {
                 l.write([&](lf::engine& e) { e.acknowledge(up_to); });
             })
        .def_property_readonly("last_signal",
                               [](const live& l) {
                                   return l.read(
                                       [](const lf::engine& e) { return e.last_signal(); });
                               })

        // ---- identity
        .def("merge",
             [](live& l, const std::string& into, const std::string& other) {
                 const listening progress;
                 l.write([&](lf::engine& e) { e.merge(into, other, progress); });
             })
        .def("unmerge",
             [](live& l, const std::string& other) {
                 const listening progress;
                 l.write([&](lf::engine& e) { e.unmerge(other, progress); });
             })
        .def("erase",
             [](live& l, std::string_view lead) { // a view of the caller's own text: no copy
                 l.write([&](lf::engine& e) { e.erase(lead); });
             })

        // ---- the model
        .def("try_replace",
             [](const live& l, const lf::plan& p) {
                 const listening progress;
                 return from_replacement(
                     l.read([&](const lf::engine& e) { return e.try_replace(p, progress); }));
             })
        .def("replace",
             [](live& l, const lf::plan& p) {
                 const listening progress;
                 return from_replacement(
                     l.write([&](lf::engine& e) { return e.replace(p, progress); }));
             })

        .def("uses",
             [](const live& l, const lf::plan& p) { return &l.plan().source() == &p.source(); })

        // ---- keeping
        .def("snapshot",
             [](const live& l) {
                 const listening progress;
                 return py::bytes(
                     l.read([&](const lf::engine& e) { return e.snapshot(progress); }));
             })
        .def(
            "save",
            [](const live& l, const std::filesystem::path& file) {
                const listening progress;
                l.read([&](const lf::engine& e) { e.save(file, progress); });
            },
            "file"_a)
        .def("memory", [](const live& l) {
            const lf::memory_report r = l.read([](const lf::engine& e) { return e.memory(); });
            return py::dict(
                "leads"_a = r.leads, "touchpoints"_a = r.touchpoints, "lead_bytes"_a = r.lead_bytes,
                "touchpoint_bytes"_a = r.touchpoint_bytes, "index_bytes"_a = r.index_bytes,
                "dictionary_bytes"_a = r.dictionary_bytes, "outbox_bytes"_a = r.outbox_bytes);
        });
}

} // namespace leadfunnel_python
