// Distributed under the Boost Software License, Version 1.0. See LICENSE.

#include "engine_batches.hpp"
#include "engine_results.hpp"
#include "forkable_engine.hpp"

#include <leadfunnel/engine/detail/wiping_events.hpp>

#include <pybind11/stl/filesystem.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace leadfunnel_python {

using namespace py::literals;

namespace {

using engine_class = py::class_<forkable_engine, std::shared_ptr<forkable_engine>>;

lf::instant at_or(const py::object& at, lf::instant otherwise) {
    return at.is_none() ? otherwise : to_instant(at);
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

/// Raises `UnknownNameError` if no element of `all` has the id.
template<class Of>
void require_declared(const std::vector<Of>& all, const std::string& name, const char* what) {
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

void require_score(const lf::plan& p, const std::string& name) {
    if (p.find_score(name)) return;
    std::string list;
    for (std::size_t i = 0; i < p.score_count(); ++i) {
        list += i == 0 ? "'" : ", '";
        list += p.score_name(i);
        list += '\'';
    }
    raise_unknown_name("the model has no score " + lf::detail::quote(name) + "; it has " + list);
}

/// Calls `read` with the engine, an instant (now if `at` is None) and a progress callback.
template<class Read>
auto read_score(const forkable_engine& self, const std::string& score, const py::object& at,
                const Read& read) {
    require_score(self.plan(), score);
    const lf::instant when = at_or(at, lf::never);
    const listening progress;
    return self.read(
        [&](const lf::engine& e) { return read(e, when == lf::never ? e.now() : when, progress); });
}

lf::engine_options to_options(const lf::plan& p, const std::vector<std::string>& ranked,
                              const std::vector<std::string>& index, count_arg explanation_bytes) {
    for (const std::string& s : ranked) require_score(p, s);
    const auto has = [&](const char* name) {
        return std::find(index.begin(), index.end(), name) != index.end();
    };
    return {.ranked = ranked,
            .index_email = has("email"),
            .index_account = has("account"),
            .index_owner = has("owner"),
            .index_stage = has("stage"),
            .explanation_bytes = explanation_bytes};
}

/// Engines without leads, and those of snapshots.
void bind_making(engine_class& c) {
    c.def(py::init([](const lf::plan& p, const std::vector<std::string>& ranked,
                      const std::vector<std::string>& index, count_arg explanation_bytes) {
              const auto options = to_options(p, ranked, index, explanation_bytes);
              return make_engine(lf::engine(p, options));
          }),
          "plan"_a, "ranked"_a, "index"_a, "explanation_bytes"_a)
        .def_static(
            "from_snapshot",
            [](const lf::plan& p, const py::bytes& bytes, const std::vector<std::string>& ranked,
               const std::vector<std::string>& index, count_arg explanation_bytes) {
                const auto options = to_options(p, ranked, index, explanation_bytes);
                const auto view = bytes.cast<std::string_view>();
                const listening progress;
                return make_engine(released(
                    [&] { return lf::engine::from_snapshot(p, view, options, progress); }));
            },
            "plan"_a, "bytes"_a, "ranked"_a, "index"_a, "explanation_bytes"_a)
        .def_static(
            "from_file",
            [](const lf::plan& p, const std::filesystem::path& file,
               const std::vector<std::string>& ranked, const std::vector<std::string>& index,
               count_arg explanation_bytes) {
                const auto options = to_options(p, ranked, index, explanation_bytes);
                const listening progress;
                return make_engine(
                    released([&] { return lf::engine::from_file(p, file, options, progress); }));
            },
            "plan"_a, "file"_a, "ranked"_a, "index"_a, "explanation_bytes"_a);
}

/// The clock, and which leads there are.
void bind_leads_of_engine(engine_class& c) {
    c.def_property_readonly("now",
                            [](const forkable_engine& self) {
                                return from_instant(
                                    self.read([](const lf::engine& e) { return e.now(); }));
                            })
        .def("__len__",
             [](const forkable_engine& self) {
                 return self.read([](const lf::engine& e) { return e.size(); });
             })
        .def("contains",
             [](const forkable_engine& self, const text_arg& lead) {
                 return self.read([&](const lf::engine& e) { return e.contains(lead); });
             })
        .def("resolve",
             [](const forkable_engine& self, const text_arg& lead) {
                 return self.read(
                     [&](const lf::engine& e) { return std::string{e.resolve(lead)}; });
             })
        .def("ids", [](const forkable_engine& self, const text_arg& lead) {
            return self.read([&](const lf::engine& e) { return e.ids(lead); });
        });
}

/// Events, time and manual moves.
void bind_events(engine_class& c) {
    c.def(
         "apply_one",
         [](forkable_engine& self, const py::object& event) {
             const lf::detail::wiped<lf::event> e{to_event(event, self.plan().source())};
             const listening progress;
             return from_applied(
                 self.write([&](lf::engine& to) { return to.apply(*e, progress); }));
         },
         "event"_a)
        .def(
            "apply_many",
            [](forkable_engine& self, const py::iterable& events, const py::object& progress) {
                event_rows all = to_events(events, self.plan().source());
                return apply_rows(self, all, progress);
            },
            "events"_a, "progress"_a = py::none())
        .def("apply_rows", &apply_rows, "rows"_a, "progress"_a = py::none())
        .def(
            "load_many",
            [](forkable_engine& self, const py::iterable& events, const py::object& progress) {
                return load_rows(self, to_events(events, self.plan().source()), progress);
            },
            "events"_a, "progress"_a = py::none())
        .def("load_rows", &load_rows, "rows"_a, "progress"_a = py::none())
        .def("load_histories", &load_histories, "histories"_a, "progress"_a = py::none())
        .def(
            "advance_to",
            [](forkable_engine& self, const py::object& at, const py::object& progress) {
                advance_to(self, to_instant(at), progress);
            },
            "at"_a, "progress"_a = py::none())
        .def(
            "move",
            [](forkable_engine& self, const text_arg& lead, const text_arg& funnel,
               const text_arg& stage, const text_arg& reason, const text_arg& who) {
                const listening progress;
                return from_applied(self.write([&](lf::engine& e) {
                    return e.move(lead, funnel, stage, reason, who, progress);
                }));
            },
            "lead"_a, "funnel"_a, "stage"_a, "reason"_a = "", "who"_a = "person");
}

/// One lead as it is now, or at an instant.
void bind_lead(engine_class& c) {
    c.def(
         "score",
         [](const forkable_engine& self, const text_arg& lead, const text_arg& score,
            const py::object& at) {
             require_score(self.plan(), score);
             const lf::instant when = at_or(at, lf::never);
             const listening progress;
             return from_score(self.read([&](const lf::engine& e) {
                 return e.score(lead, score, when == lf::never ? e.now() : when, progress);
             }));
         },
         "lead"_a, "score"_a, "at"_a = py::none())
        .def(
            "band",
            [](const forkable_engine& self, const text_arg& lead, const text_arg& banding) {
                require_declared(self.plan().source().bandings, banding, "banding");
                const listening progress;
                return self.read(
                    [&](const lf::engine& e) { return e.band(lead, banding, progress); });
            },
            "lead"_a, "banding"_a)
        .def(
            "class_of",
            [](const forkable_engine& self, const text_arg& lead, const text_arg& matrix) {
                require_declared(self.plan().source().matrices, matrix, "matrix");
                const listening progress;
                return self.read(
                    [&](const lf::engine& e) { return e.class_of(lead, matrix, progress); });
            },
            "lead"_a, "matrix"_a)
        .def(
            "stage",
            [](const forkable_engine& self, const text_arg& lead, const text_arg& funnel) {
                require_declared(self.plan().source().funnels, funnel, "funnel");
                return from_position(
                    self.read([&](const lf::engine& e) { return e.stage(lead, funnel); }));
            },
            "lead"_a, "funnel"_a)
        .def(
            "attribute",
            [](const forkable_engine& self, const text_arg& lead, const text_arg& name) {
                require_declared(self.plan().source().attributes, name, "attribute");
                const listening progress;
                return from_value(self.read(
                    [&](const lf::engine& e) { return e.attribute(lead, name, progress); }));
            },
            "lead"_a, "attribute"_a);
}

/// One lead later, if no event follows.
void bind_forecasts(engine_class& c) {
    c.def(
         "project",
         [](const forkable_engine& self, const text_arg& lead, const text_arg& banding,
            const py::object& at) {
             require_declared(self.plan().source().bandings, banding, "banding");
             const lf::instant when = to_instant(at);
             const listening progress;
             const auto p = self.read(
                 [&](const lf::engine& e) { return e.project(lead, banding, when, progress); });
             return py::make_tuple(from_score(p.score), p.band);
         },
         "lead"_a, "banding"_a, "at"_a)
        .def(
            "cools_at",
            [](const forkable_engine& self, const text_arg& lead, const text_arg& banding,
               const py::object& until) {
                require_declared(self.plan().source().bandings, banding, "banding");
                const lf::instant last = to_instant(until);
                const listening progress;
                return from_instant(self.read([&](const lf::engine& e) {
                    return e.cools_at(lead, banding, last, progress);
                }));
            },
            "lead"_a, "banding"_a, "until"_a);
}

/// How one lead came to be what it is.
void bind_lead_history(engine_class& c) {
    c.def(
         "explain",
         [](const forkable_engine& self, const text_arg& lead, const text_arg& score,
            const py::object& at) {
             require_score(self.plan(), score);
             const lf::instant when = at_or(at, lf::never);
             const listening progress;
             return from_explanation(self.read([&](const lf::engine& e) {
                 return e.explain(lead, score, when == lf::never ? e.now() : when, progress);
             }));
         },
         "lead"_a, "score"_a, "at"_a = py::none())
        .def("timeline",
             [](const forkable_engine& self, const text_arg& lead) {
                 const lf::plan p = self.plan();
                 const listening progress;
                 const auto entries =
                     self.read([&](const lf::engine& e) { return e.timeline(lead, progress); });
                 const py::object type = python_name("leadfunnel._engine_types", "TimelineEntry");
                 py::list out;
                 for (const lf::timeline_entry& t : entries) {
                     check_signals(out.size());
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
        .def("stage_log",
             [](const forkable_engine& self, const text_arg& lead) {
                 py::list out;
                 for (const lf::stage_entry& s :
                      self.read([&](const lf::engine& e) { return e.stage_log(lead); }))
                     out.append(from_event(s));
                 return out;
             })
        .def("history", [](const forkable_engine& self, const text_arg& lead) {
            const listening progress;
            py::list out;
            for (const lf::event& s :
                 self.read([&](const lf::engine& e) { return e.history(lead, progress); })) {
                check_signals(out.size());
                out.append(from_event(s));
            }
            return out;
        });
}

/// Leads in the order of a score.
void bind_rankings(engine_class& c) {
    c.def(
         "top",
         [](const forkable_engine& self, const text_arg& score, count_arg k, const py::object& at) {
             return from_ranked(
                 read_score(self, score, at, [&](const auto& e, auto when, const auto& progress) {
                     return e.top(score, k, when, progress);
                 }));
         },
         "score"_a, "k"_a, "at"_a = py::none())
        .def(
            "nth",
            [](const forkable_engine& self, const text_arg& score, count_arg n,
               const py::object& at) -> py::object {
                const auto found = read_score(self, score, at,
                                              [&](const auto& e, auto when, const auto& progress) {
                                                  return e.nth(score, n, when, progress);
                                              });
                if (!found) return py::none();
                return py::make_tuple(found->lead, from_points(found->score));
            },
            "score"_a, "n"_a, "at"_a = py::none())
        .def(
            "rank",
            [](const forkable_engine& self, const text_arg& lead, const text_arg& score,
               const py::object& at) {
                return read_score(self, score, at,
                                  [&](const auto& e, auto when, const auto& progress) {
                                      return e.rank(lead, score, when, progress);
                                  });
            },
            "lead"_a, "score"_a, "at"_a = py::none())
        .def(
            "percentile",
            [](const forkable_engine& self, const text_arg& lead, const text_arg& score,
               const py::object& at) {
                return read_score(self, score, at,
                                  [&](const auto& e, auto when, const auto& progress) {
                                      return e.percentile(lead, score, when, progress);
                                  });
            },
            "lead"_a, "score"_a, "at"_a = py::none());
}

/// Leads by what holds for them.
void bind_queries(engine_class& c) {
    c.def(
         "find",
         [](const forkable_engine& self, const model_holder* where, const py::dict& q) {
             const lf::query query = to_query(where, q);
             const listening progress;
             const auto page =
                 self.read([&](const lf::engine& e) { return e.find(query, progress); });
             return py::make_tuple(page.leads, page.more);
         },
         "where"_a.none(true), "query"_a)
        .def(
            "count_in_stage",
            [](const forkable_engine& self, const text_arg& funnel, const text_arg& stage) {
                return self.read(
                    [&](const lf::engine& e) { return e.count_in_stage(funnel, stage); });
            },
            "funnel"_a, "stage"_a)
        .def(
            "count_in_band",
            [](const forkable_engine& self, const text_arg& banding, const text_arg& band) {
                return self.read(
                    [&](const lf::engine& e) { return e.count_in_band(banding, band); });
            },
            "banding"_a, "band"_a)
        .def("with_email", [](const forkable_engine& self, const text_arg& email) {
            return self.read([&](const lf::engine& e) { return e.with_email(email); });
        });
}

/// The outbox.
void bind_signals(engine_class& c) {
    c.def(
         "signals",
         [](const forkable_engine& self, count_arg after, count_arg most) {
             py::list out;
             for (const lf::signal& s :
                  self.read([&](const lf::engine& e) { return e.signals(after, most); }))
                 out.append(from_signal(s));
             return out;
         },
         "after"_a = 0, "most"_a = 1000)
        .def("acknowledge",
             [](forkable_engine& self, count_arg up_to) {
                 self.write([&](lf::engine& e) { e.acknowledge(up_to); });
             })
        .def_property_readonly("last_signal", [](const forkable_engine& self) {
            return self.read([](const lf::engine& e) { return e.last_signal(); });
        });
}

/// Leads that are one person.
void bind_identity(engine_class& c) {
    c.def("merge",
          [](forkable_engine& self, const text_arg& into, const text_arg& other) {
              const listening progress;
              self.write([&](lf::engine& e) { e.merge(into, other, progress); });
          })
        .def("unmerge",
             [](forkable_engine& self, const text_arg& other) {
                 const listening progress;
                 self.write([&](lf::engine& e) { e.unmerge(other, progress); });
             })
        .def("erase", [](forkable_engine& self, const py::object& lead) {
            const std::string_view id = text_argument(lead); // no copy outlives the erasure
            self.write([&](lf::engine& e) { e.erase(id); });
        });
}

/// Another model.
void bind_replacement(engine_class& c) {
    c.def("try_replace",
          [](const forkable_engine& self, const lf::plan& p) {
              const listening progress;
              return from_replacement(
                  self.read([&](const lf::engine& e) { return e.try_replace(p, progress); }));
          })
        .def("replace",
             [](forkable_engine& self, const lf::plan& p) {
                 const listening progress;
                 return from_replacement(
                     self.write([&](lf::engine& e) { return e.replace(p, progress); }));
             })
        .def("uses", [](const forkable_engine& self, const lf::plan& p) {
            return &self.plan().source() == &p.source();
        });
}

/// Snapshots, and the memory in use.
void bind_keeping(engine_class& c) {
    c.def("snapshot",
          [](const forkable_engine& self) {
              const listening progress;
              return py::bytes(
                  self.read([&](const lf::engine& e) { return e.snapshot(progress); }));
          })
        .def(
            "save",
            [](const forkable_engine& self, const std::filesystem::path& file) {
                const listening progress;
                self.read([&](const lf::engine& e) { e.save(file, progress); });
            },
            "file"_a)
        .def("memory", [](const forkable_engine& self) {
            const lf::memory_report r = self.read([](const lf::engine& e) { return e.memory(); });
            return py::dict(
                "leads"_a = r.leads, "touchpoints"_a = r.touchpoints, "lead_bytes"_a = r.lead_bytes,
                "touchpoint_bytes"_a = r.touchpoint_bytes, "index_bytes"_a = r.index_bytes,
                "dictionary_bytes"_a = r.dictionary_bytes, "outbox_bytes"_a = r.outbox_bytes);
        });
}

} // namespace

void bind_engine(py::module_& m) {
    bind_forks(m);
    engine_class c(m, "Engine", "Leads that many threads share.");
    bind_making(c);
    bind_leads_of_engine(c);
    bind_events(c);
    bind_lead(c);
    bind_forecasts(c);
    bind_lead_history(c);
    bind_rankings(c);
    bind_queries(c);
    bind_signals(c);
    bind_identity(c);
    bind_replacement(c);
    bind_keeping(c);
    m.def(
        "signal_kinds",
        [] {
            py::list out;
            for (unsigned char k = 0;; ++k) { // names end where the kinds do
                const auto name = to_string(static_cast<lf::signal_kind>(k));
                if (name.empty()) return out;
                out.append(std::string{name});
            }
        },
        "Names of all kinds of signals.");
}

} // namespace leadfunnel_python
