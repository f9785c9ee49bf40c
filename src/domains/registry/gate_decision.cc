// Whether the checks of a gate hold of a version, and what was seen.
#include <algorithm>
#include <cmath>

#include "base/strings.h"
#include "domains/registry/gate.h"

namespace treadle::registry {
namespace {

struct Seen {
  std::string value;
  double number = 0;
  std::string from;  // "run 1234…", "logged model m-…", "version"
};

std::optional<std::string> find(const Tags& pairs, const std::string& key) {
  const auto it = std::find_if(pairs.begin(), pairs.end(), [&](const auto& pair) { return pair.first == key; });
  return it == pairs.end() ? std::nullopt : std::optional(it->second);
}

// The run's newest value; else the logged model's; else a number that was registered with the version as a tag.
std::optional<Seen> metric_of(const Version& version, const Evidence& evidence, const std::string& key) {
  if (evidence.run) {
    for (const auto& metric : evidence.run->metrics) {
      if (metric.key == key) return Seen{str_cat(metric.value), metric.value, str_cat("run ", evidence.run->id)};
    }
  }
  if (evidence.logged) {
    const auto& points = evidence.logged->metrics;
    const auto it = std::find_if(points.rbegin(), points.rend(), [&](const auto& p) { return p.metric.key == key; });
    if (it != points.rend()) {
      return Seen{str_cat(it->metric.value), it->metric.value, str_cat("logged model ", evidence.logged->id)};
    }
  }
  const auto tag = find(version.tags, key);
  const auto number = tag ? parse_double(*tag) : std::nullopt;
  return number ? std::optional(Seen{*tag, *number, "the version's tag"}) : std::nullopt;
}

std::optional<Seen> param_of(const Evidence& evidence, const std::string& key) {
  if (evidence.run) {
    if (auto value = find(evidence.run->params, key)) return Seen{*value, 0, str_cat("run ", evidence.run->id)};
  }
  if (evidence.logged) {
    if (auto value = find(evidence.logged->params, key)) {
      return Seen{*value, 0, str_cat("logged model ", evidence.logged->id)};
    }
  }
  return std::nullopt;
}

std::optional<Seen> tag_of(const Case& given, const std::string& key) {
  if (auto value = find(given.candidate.tags, key)) return Seen{*value, 0, "the version"};
  if (!given.evidence.run) return std::nullopt;
  const auto value = find(given.evidence.run->tags, key);
  return value ? std::optional(Seen{*value, 0, str_cat("run ", given.evidence.run->id)}) : std::nullopt;
}

bool compare(double seen, const std::string& op, double bound) {
  if (op == "<") return seen < bound;
  if (op == "<=") return seen <= bound;
  if (op == ">") return seen > bound;
  if (op == ">=") return seen >= bound;
  if (op == "=") return seen == bound;
  return !std::isnan(seen) && seen != bound;
}

// NaN cannot be a JSON number.
Json json_number(double value) { return std::isfinite(value) ? Json(value) : Json(str_cat(value)); }

Finding judge_metric(const Check& check, const Case& given) {
  const auto seen = metric_of(given.candidate, given.evidence, check.name);
  if (!seen) return {.message = str_cat("no metric ", check.name, " is recorded")};
  return {.holds = compare(seen->number, check.op, check.number),
          .message = str_cat(check.name, " is ", seen->number),
          .seen = {{"value", json_number(seen->number)}, {"from", seen->from}}};
}

Finding judge_compared(const Check& check, const Case& given) {
  const auto seen = metric_of(given.candidate, given.evidence, check.name);
  if (!seen) return {.message = str_cat("no metric ", check.name, " is recorded")};
  Finding finding{.seen = {{"value", json_number(seen->number)}, {"from", seen->from}}};
  const auto it = given.others.find(check.other);
  if (it == given.others.end() || !it->second) {
    finding.holds = !std::isnan(seen->number);
    finding.message = str_cat(check.name, " is ", seen->number, ", and there is no version to compare with");
    return finding;
  }
  const auto& [other, evidence] = *it->second;
  finding.seen["compared_version"] = other.version;
  const auto theirs = metric_of(other, evidence, check.name);
  if (!theirs) {
    finding.message = str_cat("version ", other.version, ", to compare with, has no metric ", check.name);
    return finding;
  }
  const double slack = std::fabs(theirs->number) * check.number / 100;
  const double bound = check.higher ? theirs->number - slack : theirs->number + slack;
  finding.holds = compare(seen->number, check.higher ? ">=" : "<=", bound);
  finding.seen["compared_value"] = json_number(theirs->number);
  finding.seen["compared_from"] = theirs->from;
  finding.seen["bound"] = json_number(bound);
  finding.message = str_cat(check.name, " is ", seen->number, ", version ", other.version, " has ", theirs->number);
  return finding;
}

Finding judge_text(const Check& check, const std::optional<Seen>& seen, std::string_view word) {
  if (!seen) return {.message = str_cat("no ", word, " ", check.name, " is set")};
  const bool equal = seen->value == check.value;
  return {.holds = check.op.empty() || (check.op == "=" ? equal : !equal),
          .message = str_cat(check.name, " is \"", seen->value.substr(0, 200), "\""),
          .seen = {{"value", seen->value}, {"from", seen->from}}};
}

// A metric that says which dataset it was measured on, or a dataset that the run read to evaluate with and metrics.
Finding judge_evaluation(const Check& check, const Case& given) {
  const auto wanted = [&](const std::string& name) {
    return !name.empty() && (check.name.empty() || name == check.name);
  };
  const auto found = [](const std::string& dataset, const std::string& digest, const std::string& from) {
    return Finding{.holds = true,
                   .message = str_cat("measured on ", dataset),
                   .seen = {{"dataset", dataset}, {"digest", digest}, {"from", from}}};
  };
  if (given.evidence.logged) {
    for (const auto& [metric, run] : given.evidence.logged->metrics) {
      if (wanted(metric.dataset_name)) return found(metric.dataset_name, metric.dataset_digest, str_cat("run ", run));
    }
  }
  if (given.evidence.run) {
    const auto& run = *given.evidence.run;
    for (const auto& metric : run.metrics) {
      if (wanted(metric.dataset_name)) {
        return found(metric.dataset_name, metric.dataset_digest, str_cat("run ", run.id));
      }
    }
    for (const auto& input : run.inputs) {
      const std::string context = find(input.tags, "mlflow.data.context").value_or("");
      const bool evaluates = context.starts_with("eval") || context.starts_with("test") || context.starts_with("valid");
      if (evaluates && wanted(input.name) && !run.metrics.empty()) {
        return found(input.name, input.digest, str_cat("run ", run.id));
      }
    }
  }
  return {.message = check.name.empty() ? "nothing was measured on a dataset"
                                        : str_cat("nothing was measured on ", check.name)};
}

Finding judge_approval(const Check& check, const Case& given) {
  Finding finding{.message = "nobody has approved it yet"};
  for (const Approval& approval : given.approvals) {
    const std::string& user = approval.by.user;
    if (std::find(given.makers.begin(), given.makers.end(), user) != given.makers.end()) {
      finding.message = str_cat(user, " approved it, who made it: another one must");
      continue;
    }
    const bool anybody = check.users.empty() && !check.admins;
    const bool named = std::find(check.users.begin(), check.users.end(), user) != check.users.end();
    if (!anybody && !named && !(check.admins && approval.by.admin)) {
      finding.message = str_cat(user, " approved it, who may not for this gate");
      continue;
    }
    return {.holds = true,
            .message = str_cat(user, " approved it"),
            .seen = {{"user", user},
                     {"verified", approval.by.verified},
                     {"time_ms", approval.time_ms},
                     {"reason", approval.reason}}};
  }
  return finding;
}

Finding judge(const Check& check, const Case& given) {
  switch (check.kind) {
    case Check::Kind::kMetric:
      return judge_metric(check, given);
    case Check::Kind::kCompared:
      return judge_compared(check, given);
    case Check::Kind::kParam:
      return judge_text(check, param_of(given.evidence, check.name), "param");
    case Check::Kind::kTag:
      return judge_text(check, tag_of(given, check.name), "tag");
    case Check::Kind::kEvaluation:
      return judge_evaluation(check, given);
    case Check::Kind::kApproval:
      return judge_approval(check, given);
  }
  return {};
}

}  // namespace

Decision decide(const Gate& gate, const Case& given) {
  Decision decision{.model = given.candidate.model,
                    .target = gate.target,
                    .version = given.candidate.version,
                    .gate_version = gate.version};
  for (const Check& check : gate.checks) {
    Finding finding = judge(check, given);
    finding.check = check.text;
    decision.accepted = decision.accepted && finding.holds;
    decision.findings.push_back(std::move(finding));
  }
  return decision;
}

Json Decision::to_json() const {
  Json checks = Json::array();
  for (const Finding& finding : findings) {
    checks.push_back(
        {{"check", finding.check}, {"holds", finding.holds}, {"message", finding.message}, {"seen", finding.seen}});
  }
  return {{"accepted", accepted},         {"model", model},  {"target", target}, {"version", version},
          {"gate_version", gate_version}, {"checks", checks}};
}

Status Decision::refusal() const {
  std::vector<std::string> failed;
  for (const Finding& finding : findings) {
    if (!finding.holds) failed.push_back(str_cat(finding.check, " (", finding.message, ")"));
  }
  return {
      StatusCode::kAborted,
      str_cat("Version ", version, " of ", model,
              target.starts_with(kDeployment) ? " may not be deployed as " : " may not become ",
              target.starts_with(kDeployment) ? target.substr(kDeployment.size()) : target, ": the gate refuses it. ",
              failed.size() == 1 ? "This does not hold: " : "These do not hold: ", join(failed, "; "), ".")};
}

}  // namespace treadle::registry
