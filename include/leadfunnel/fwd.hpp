// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// Forward declarations of what is passed around; nothing is included.

namespace leadfunnel::inline v0 {

class decimal;
class time_zone;
struct issue;
class error;
class unknown_name;
class unknown_lead;
class argument_error;
class unknown_number;
class state_error;
class model_error;
class event_error;

struct touchpoint;
struct attributes;
struct stage_entry;
class histories;
class history_builder;

struct condition;
struct model;
struct loaded_model;
class plan;
class working_time;

class scorer;
struct explanation;
class score_table;

class engine;
struct engine_options;
struct signal;
struct query;

class identity;
struct identity_options;
struct identity_record;
struct identity_view;
struct column;
struct leads_table;
struct touchpoints_table;

} // namespace leadfunnel::inline v0
