// Approval gates: what must hold of a version before an alias or a stage of its model may be given to it, or before it
// may be deployed. A check is one line of text, which is also how it is stored and named when it fails:
//
//   metric mae <= 0.2                            the newest value, of the version's run or logged model
//   metric mae within 5% of current lower        not worse than that of the version that is there now
//   metric accuracy within 0% of @champion higher   … or of the version that another alias names
//   param depth = 6
//   tag reviewed                                 is set on the version or its run; "tag reviewed = yes": to that
//   evaluation                                   something was measured on a dataset; "evaluation on holdout"
//   approval by ann,bob                          somebody who did not make it approved it: one of these,
//   approval by admin                            an administrator, or with "approval" alone anybody who may
//
// Names with blanks stand in double quotes.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/actor.h"
#include "base/json.h"
#include "domains/registry/types.h"
#include "domains/tracking/types.h"

namespace treadle::registry {

struct Check {
  enum class Kind { kMetric, kCompared, kParam, kTag, kEvaluation, kApproval };
  Kind kind = Kind::kMetric;
  std::string text;                // as it is written
  std::string name;                // of the metric, param, tag; the dataset of an evaluation (may be empty)
  std::string op;                  // of a metric, param or tag; empty: it must only be there
  std::string value;               // compared with
  double number = 0;               // of a metric: the bound, or the percentage
  std::string other;               // kCompared: "" is the version there now, else the alias whose version it is
  bool higher = false;             // kCompared: higher is better
  std::vector<std::string> users;  // kApproval: who may; empty: anybody
  bool admins = false;             // kApproval: administrators may
};
StatusOr<Check> parse_check(const std::string& text);

// An alias ("champion"), a stage ("stage:Production") or a deployment ("deployment:energy-demand", "deployment:*" for
// all that have no gate of their own), in that form.
inline constexpr std::string_view kStage = "stage:", kDeployment = "deployment:";
StatusOr<std::string> canonical_target(const std::string& target);

struct Gate {
  std::string target;
  std::vector<Check> checks;
  std::string description;
  std::int64_t version = 0;  // counts its changes
  std::string user;          // who changed it last
  std::int64_t updated_ms = 0;

  static constexpr std::size_t kMostChecks = 50, kLongestCheck = 1000, kMostPerModel = 100;
};

// Its checks as they were written, with `separator` between them.
std::string checks_text(const Gate& gate, std::string_view separator);

struct Approval {
  std::string target;
  Actor by;
  std::int64_t time_ms = 0;
  std::string reason;
};

// What is known of a version's making, read from tracking.
struct Evidence {
  std::optional<tracking::Run> run;
  std::optional<tracking::LoggedModel> logged;
};

// All that a decision is made from.
struct Case {
  Version candidate;
  Evidence evidence;
  std::vector<std::string> makers;  // who made the version or its run; their approval does not count
  std::vector<Approval> approvals;  // for this target
  // The versions compared with by Check::other; nullopt: there is none.
  std::map<std::string, std::optional<std::pair<Version, Evidence>>> others;
};

struct Finding {
  std::string check;
  bool holds = false;
  std::string message;         // what was seen, for people
  Json seen = Json::object();  // the values that counted and where they are from
};

struct Decision {
  bool accepted = true;
  std::string model, target;
  std::int64_t version = 0, gate_version = 0;
  std::vector<Finding> findings;

  Json to_json() const;
  // Names each check that does not hold with its value.
  Status refusal() const;
};
Decision decide(const Gate& gate, const Case& given);

}  // namespace treadle::registry
