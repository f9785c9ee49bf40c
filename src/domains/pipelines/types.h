// The words of pipelines: a pipeline has versions (KFP v2 IR); a run executes one spec; its tasks are the nodes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace treadle::pipelines {

enum class RunState { kPending, kRunning, kSucceeded, kFailed, kCanceled };
enum class TaskState { kPending, kRunning, kSucceeded, kCached, kSkipped, kFailed, kCanceled };

std::string_view to_string(RunState state);  // "SUCCEEDED"
std::string_view to_string(TaskState state);
std::optional<RunState> parse_run_state(std::string_view text);
std::optional<TaskState> parse_task_state(std::string_view text);
inline bool is_terminal(RunState state) { return state >= RunState::kSucceeded; }
inline bool is_terminal(TaskState state) { return state >= TaskState::kSucceeded; }
inline bool succeeded(TaskState state) { return state == TaskState::kSucceeded || state == TaskState::kCached; }

// What the submitter's checkout held, when it is in git.
struct CodeVersion {
  std::string commit;  // empty: not known
  bool dirty = false;  // files under version control differed from the commit
};

// One node of a run. A task inside a nested DAG is named by its path: "condition-1.train".
struct Task {
  std::string name, display_name, component;
  std::string parent;  // the DAG task that holds it; empty in the root
  TaskState state = TaskState::kPending;
  std::int64_t started_ms = 0, finished_ms = 0;  // 0: not yet
  std::vector<std::string> depends_on;           // names in the same form
  // {"parameters":{n:value},"artifacts":{n:{"uri","type","sha256","metadata","name"}}}; a list artifact is an array.
  Json inputs = Json::object(), outputs = Json::object();
  std::string error;
  int attempts = 0;
};

struct Run {
  std::string id;  // UUID; the tracking run is the same 128 bits as 32 hex digits (`tracking_id`)
  std::string name, description;
  std::string pipeline, pipeline_id, version_id;  // the name is the spec's when it was submitted inline
  std::string experiment_id;
  RunState state = RunState::kPending;
  std::string error;
  std::int64_t created_ms = 0, started_ms = 0, finished_ms = 0;
  Json parameters = Json::object();
  bool cancel_requested = false, archived = false;
  CodeVersion code;

  std::string tracking_id() const;
};

struct Submission {
  std::string id;  // UUID or 32 hex digits chosen by the caller: repeating it returns the first run. Empty: a new one
  std::string name, description;
  std::string experiment;  // name or id; made when missing; empty is Default
  // One of: a spec, or a stored pipeline (by name or id) with an optional version id (empty: the latest).
  Json spec;
  std::string pipeline, version_id;
  Json parameters = Json::object();
  std::optional<bool> enable_caching;  // overrides what the root's tasks say
  CodeVersion code;                    // empty: that of the stored version
};

struct RunQuery {
  std::string pipeline, pipeline_id, experiment_id, name, name_contains;
  std::optional<RunState> state;
  std::optional<bool> archived;
  std::string order_by = "created_at";  // created_at, finished_at, name, state
  bool descending = true;
  std::int64_t limit = 100, offset = 0;
};

struct Pipeline {
  std::string id, name, display_name, description;
  std::int64_t created_ms = 0;
  std::string latest_version_id, latest_version;  // id and name; empty without versions
  std::int64_t versions = 0;
};

struct PipelineVersion {
  std::string id, pipeline_id, name, description;
  std::int64_t created_ms = 0;
  Json spec;  // empty in lists
  CodeVersion code;
};

template <typename T>
struct Page {
  std::vector<T> items;
  std::int64_t total = 0;
  bool more = false;  // there are items after these
};

}  // namespace treadle::pipelines
