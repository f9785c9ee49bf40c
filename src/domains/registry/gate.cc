#include "domains/registry/gate.h"

#include <algorithm>
#include <cmath>

#include "base/strings.h"
#include "domains/registry/rules.h"
#include "domains/registry/service.h"

namespace treadle::registry {
namespace {

// Words between blanks; a word in double quotes may hold blanks.
StatusOr<std::vector<std::string>> words_of(const std::string& text) {
  std::vector<std::string> words;
  std::size_t at = 0;
  while ((at = text.find_first_not_of(' ', at)) != std::string::npos) {
    if (text[at] != '"') {
      const std::size_t end = std::min(text.size(), text.find(' ', at));
      words.push_back(text.substr(at, end - at));
      at = end;
      continue;
    }
    const std::size_t end = text.find('"', at + 1);
    if (end == std::string::npos) return invalid_field("checks", "\"", text, "\" has a quote that does not end");
    words.push_back(text.substr(at + 1, end - at - 1));
    at = end + 1;
  }
  return words;
}

Status not_a_check(const std::string& text, std::string_view fix) {
  return invalid_field("checks", "\"", text, "\" is not a check: ", fix);
}

bool is_comparison(const std::string& op) {
  return op == "<" || op == "<=" || op == ">" || op == ">=" || op == "=" || op == "!=";
}

StatusOr<Check> parse_compared(Check check, const std::vector<std::string>& words) {
  constexpr std::string_view kForm = "write metric NAME within PERCENT% of current|@ALIAS lower|higher";
  if (words.size() < 6 || words.size() > 7 || words[4] != "of") return not_a_check(check.text, kForm);
  check.kind = Check::Kind::kCompared;
  std::string percent = words[3];
  if (percent.ends_with('%')) percent.pop_back();
  const auto number = parse_double(percent);
  if (!number || !(*number >= 0) || *number > 1e6) {
    return not_a_check(check.text, "the percentage must be from 0 to 1000000");
  }
  check.number = *number;
  if (words[5] != "current") {
    if (!words[5].starts_with('@')) return not_a_check(check.text, kForm);
    check.other = words[5].substr(1);
    RETURN_IF_ERROR(check_alias(check.other));
  }
  if (words.size() == 7 && words[6] != "lower" && words[6] != "higher") return not_a_check(check.text, kForm);
  check.higher = words.size() == 7 && words[6] == "higher";
  return check;
}

StatusOr<Check> parse_metric(Check check, const std::vector<std::string>& words) {
  if (words.size() >= 3 && words[2] == "within") return parse_compared(std::move(check), words);
  if (words.size() != 4 || !is_comparison(words[2])) {
    return not_a_check(check.text, "write metric NAME <= NUMBER (or <, >, >=, =, !=)");
  }
  check.op = words[2];
  const auto number = parse_double(words[3]);
  if (!number || !std::isfinite(*number)) return not_a_check(check.text, "the bound must be a number");
  check.number = *number;
  check.value = words[3];
  return check;
}

StatusOr<Check> parse_text(Check check, const std::vector<std::string>& words, bool may_be_alone) {
  if (words.size() == 2 && may_be_alone) return check;
  if (words.size() != 4 || (words[2] != "=" && words[2] != "!=")) {
    return not_a_check(check.text, str_cat("write ", words[0], " NAME = VALUE (or !=)",
                                           may_be_alone ? str_cat(", or ", words[0], " NAME") : ""));
  }
  check.op = words[2];
  check.value = words[3];
  return check;
}

StatusOr<Check> parse_approval(Check check, const std::vector<std::string>& words) {
  check.kind = Check::Kind::kApproval;
  if (words.size() == 1) return check;
  if (words.size() != 3 || words[1] != "by") return not_a_check(check.text, "write approval, or approval by NAME,NAME");
  for (const std::string_view name : split(words[2], ',')) {
    if (name.empty()) continue;
    if (name == "admin")
      check.admins = true;
    else
      check.users.emplace_back(name);
  }
  if (check.users.empty() && !check.admins) return not_a_check(check.text, "name who may approve");
  return check;
}

}  // namespace

std::string checks_text(const Gate& gate, std::string_view separator) {
  std::string text;
  for (const Check& check : gate.checks) str_append(&text, text.empty() ? "" : separator, check.text);
  return text;
}

StatusOr<Check> parse_check(const std::string& given) {
  Check check{.text = std::string(trim(given))};
  if (check.text.size() > Gate::kLongestCheck) {
    return invalid_field("checks", "a check is longer than ", Gate::kLongestCheck, " bytes");
  }
  for (const char c : check.text) {
    if (static_cast<unsigned char>(c) < 0x20) return invalid_field("checks", "a check is one line of text");
  }
  ASSIGN_OR_RETURN(const std::vector<std::string> words, words_of(check.text));
  const std::string kind = words.empty() ? "" : words[0];
  if (words.size() >= 2) check.name = words[1];
  if (kind == "metric") return parse_metric(std::move(check), words);
  if (kind == "approval") return parse_approval(std::move(check), words);
  if (kind == "param" || kind == "tag") {
    check.kind = kind == "tag" ? Check::Kind::kTag : Check::Kind::kParam;
    return parse_text(std::move(check), words, kind == "tag");
  }
  if (kind == "evaluation") {
    check.kind = Check::Kind::kEvaluation;
    check.name = words.size() == 3 ? words[2] : "";
    if (words.size() == 1 || (words.size() == 3 && words[1] == "on")) return check;
    return not_a_check(check.text, "write evaluation, or evaluation on DATASET");
  }
  return not_a_check(check.text, "it must begin with metric, param, tag, evaluation or approval");
}

StatusOr<std::string> canonical_target(const std::string& target) {
  if (target.starts_with(kStage)) {
    ASSIGN_OR_RETURN(const std::string stage, canonical_stage(target.substr(kStage.size())));
    if (stage == "None") return refused("target", "The stage None is where every version begins: it has no gate.");
    return str_cat(kStage, stage);
  }
  if (target.starts_with(kDeployment)) {
    const std::string name = target.substr(kDeployment.size());
    if (name != "*") RETURN_IF_ERROR(check_deployment_name(name));
    return target;
  }
  const std::string alias = target.substr(target.starts_with('@') ? 1 : 0);
  RETURN_IF_ERROR(check_alias(alias));
  RETURN_IF_ERROR(check_alias_is_free(alias));
  return alias;
}

}  // namespace treadle::registry
