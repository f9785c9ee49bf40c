// The words of automation.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "base/json.h"

namespace treadle::automation {

// What starts it: an event of this type whose payload has these values; "" means only by hand.
struct Condition {
  std::string event;
  std::map<std::string, std::string> where;  // payload field -> text it must be
};

// What it does: runs a stored pipeline. Texts in `parameters` may hold {{event.FIELD}}, filled from the payload.
struct Action {
  std::string pipeline;
  std::string experiment;
  Json parameters = Json::object();
};

struct Trigger {
  std::string name;
  Condition on;
  Action action;
  std::int64_t cooldown_ms = 0;     // after a firing by an event, further events are skipped for so long
  std::int64_t max_concurrent = 1;  // runs of this trigger at one time
  std::int64_t created_ms = 0;
  std::int64_t updated_ms = 0;
};

enum class FiringState {
  kPending,  // decided, its run not handed over yet
  kRunning,
  kSucceeded,
  kFailed,
  kCanceled,
  kSkipped,  // matched, but cooling down or at its limit
};
std::string_view to_string(FiringState state);

struct Firing {
  std::string id;
  std::string trigger;
  std::int64_t time_ms = 0;
  std::string reason;
  std::optional<std::int64_t> event_sequence;  // of the event that did it; none by hand
  std::string subject;                         // what that event was about: "alert/01J…"
  std::string run_id;                          // 32 hex digits, chosen before the run is submitted; "" when skipped
  Action action;                               // with the parameters filled in
  FiringState state = FiringState::kPending;
  std::string outcome;  // "promoted", "refused", or what went wrong
};

}  // namespace treadle::automation
