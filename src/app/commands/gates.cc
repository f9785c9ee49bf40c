// What stands before an alias or a stage, and who changed what of a model.
#include "app/commands/commands.h"
#include "app/commands/format.h"
#include "app/connection.h"

namespace treadle::app {
namespace {

const Positional kModel{"model", "the registered model"};
const Positional kTarget{
    "target", "an alias (champion), stage (stage:Production) or deployment (deployment:NAME or deployment:*)"};
const Option kReason{"reason", "TEXT", "why, for the model's history"};

std::string path_of(const Args& args) { return str_cat("/api/v1/models/", net::percent_encode(args.get("model"))); }
std::string gate_path(const Args& args) {
  return str_cat(path_of(args), "/gates/", net::percent_encode(args.get("target")));
}

// Empty where text_of() has a dash.
std::string value_of(const Json& object, std::string_view field) {
  const std::string text = text_of(object, field);
  return text == "-" ? "" : text;
}

void say_gate(const Json& gate, Io& io) {
  const std::string who = value_of(gate, "user");
  io.say(str_cat(text_of(gate, "target"), "  gate version ", text_of(gate, "version"), ", changed ",
                 ago_of(gate, "updated_ms"), who.empty() ? "" : str_cat(" by ", who)));
  if (!value_of(gate, "description").empty()) io.say(value_of(gate, "description"));
  for (const Json& check : list_of(gate, "checks")) io.say(str_cat("  ", text_of(check, "text")));
}

Status set_gate(const Args& args, Io& io) {
  ASSIGN_OR_RETURN(net::Client client, connect(args));
  Json checks = Json::array();
  for (const std::string& check : args.all("check")) checks.push_back(check);
  ASSIGN_OR_RETURN(
      const Json gate,
      client.send_json(net::Method::kPut, gate_path(args),
                       {{"checks", checks}, {"description", args.get("description")}, {"reason", args.get("reason")}}));
  io.emit(gate);
  say_gate(gate, io);
  return ok_status();
}

Status show_gate(const Args& args, Io& io) {
  ASSIGN_OR_RETURN(const std::int64_t version, args.integer("version", 0, 1, INT32_MAX));
  ASSIGN_OR_RETURN(net::Client client, connect(args));
  ASSIGN_OR_RETURN(const Json gate,
                   client.get_json(str_cat(gate_path(args), version == 0 ? "" : str_cat("?version=", version))));
  io.emit(gate);
  say_gate(gate, io);
  if (version == 0) return ok_status();
  std::vector<std::vector<std::string>> rows;
  const Json decision = object_of(gate, "decision");
  for (const Json& check : list_of(decision, "checks")) {
    rows.push_back(
        {check.value("holds", false) ? "holds" : "FAILS", text_of(check, "check"), text_of(check, "message")});
  }
  io.table({"", "check", "seen"}, rows, "");
  if (decision.value("accepted", false)) return ok_status();
  return {StatusCode::kAborted, str_cat("version ", version, " would be refused")};
}

Status list_gates(const Args& args, Io& io) {
  ASSIGN_OR_RETURN(net::Client client, connect(args));
  ASSIGN_OR_RETURN(const Json answer, client.get_json(path_of(args) + "/gates"));
  io.emit(answer);
  if (list_of(answer, "gates").empty()) io.say("no gates: any version may take any alias and stage");
  for (const Json& gate : list_of(answer, "gates")) say_gate(gate, io);
  return ok_status();
}

Status delete_gate(const Args& args, Io& io) {
  ASSIGN_OR_RETURN(net::Client client, connect(args));
  const std::string reason = args.get("reason");
  ASSIGN_OR_RETURN(
      const Json answer,
      client.send_json(net::Method::kDelete,
                       str_cat(gate_path(args), reason.empty() ? "" : str_cat("?reason=", net::percent_encode(reason))),
                       Json::object()));
  io.emit(answer);
  io.say(str_cat("nothing stands before ", args.get("target"), " of ", args.get("model"), " any more"));
  return ok_status();
}

Status approve(const Args& args, Io& io) {
  ASSIGN_OR_RETURN(const std::int64_t version, args.integer("version", 0, 1, INT32_MAX));
  if (!args.has("for")) return invalid_field("for", "name the alias or stage: --for champion");
  if (!args.has("reason")) return invalid_field("reason", "say why: --reason \"…\"");
  ASSIGN_OR_RETURN(net::Client client, connect(args));
  ASSIGN_OR_RETURN(const Json approval,
                   client.send_json(net::Method::kPost, str_cat(path_of(args), "/versions/", version, "/approvals"),
                                    {{"target", args.get("for")}, {"reason", args.get("reason")}}));
  io.emit(approval);
  io.say(str_cat(text_of(approval, "user"), " approved version ", version, " of ", args.get("model"), " for ",
                 text_of(approval, "target")));
  return ok_status();
}

Status withdraw(const Args& args, Io& io) {
  ASSIGN_OR_RETURN(const std::int64_t version, args.integer("version", 0, 1, INT32_MAX));
  if (!args.has("for")) return invalid_field("for", "name what it was approved for: --for champion");
  ASSIGN_OR_RETURN(net::Client client, connect(args));
  ASSIGN_OR_RETURN(const Json answer, client.send_json(net::Method::kDelete,
                                                       str_cat(path_of(args), "/versions/", version, "/approvals/",
                                                               net::percent_encode(args.get("for")),
                                                               "?user=", net::percent_encode(args.get("user")),
                                                               "&reason=", net::percent_encode(args.get("reason"))),
                                                       Json::object()));
  io.emit(answer);
  io.say(str_cat("version ", version, " of ", args.get("model"), " is not approved for ", args.get("for"), " by ",
                 args.has("user") ? args.get("user") : "you", " any more"));
  return ok_status();
}

// "2 -> 3", "-> Production", "tag reviewed: yes".
std::string change_of(const Json& entry) {
  const std::string target = value_of(entry, "target"), before = value_of(entry, "before"),
                    after = value_of(entry, "after");
  std::string change = target;
  if (!before.empty() || !after.empty()) {
    str_append(&change, target.empty() ? "" : ": ", before.empty() ? "" : str_cat(before, " -> "),
               after.empty() ? "(none)" : after);
  }
  return change;
}

Status show_history(const Args& args, Io& io) {
  ASSIGN_OR_RETURN(const std::int64_t limit, args.integer("limit", 50, 1, 1000));
  ASSIGN_OR_RETURN(const std::int64_t version, args.integer("version", 0, 1, INT32_MAX));
  ASSIGN_OR_RETURN(net::Client client, connect(args));
  const std::string part = version == 0 ? "" : str_cat("/versions/", version);
  const std::string before = args.has("page") ? str_cat("&page_token=", net::percent_encode(args.get("page"))) : "";
  ASSIGN_OR_RETURN(const Json answer, client.get_json(str_cat(path_of(args), part, "/history?limit=", limit, before)));
  io.emit(answer);
  std::vector<std::vector<std::string>> rows;
  for (const Json& entry : list_of(answer, "history")) {
    rows.push_back({ago_of(entry, "time_ms"), text_of(entry, "user"), text_of(entry, "kind"), text_of(entry, "version"),
                    change_of(entry), text_of(entry, "reason")});
    for (const Json& check : list_of(object_of(entry, "decision"), "checks")) {
      rows.push_back({"", "", check.value("holds", false) ? "  holds" : "  FAILS", "", text_of(check, "check"),
                      text_of(check, "message")});
    }
  }
  io.table({"when", "who", "what", "version", "change", "reason"}, rows, "nothing happened yet");
  if (answer.contains("next_page_token")) io.say(str_cat("older: --page ", text_of(answer, "next_page_token")));
  return ok_status();
}

}  // namespace

void add_gate_commands(std::vector<Command>& commands) {
  const auto add = [&](Command command) { commands.push_back(std::move(command)); };
  add({.path = "gate set",
       .summary = "Declare what must hold before a version gets an alias or a stage, or is deployed",
       .examples = {"treadle gate set energy-demand champion --check 'metric mae <= 0.2' --check 'tag reviewed = yes'",
                    "treadle gate set energy-demand champion --check 'metric mae within 5% of current lower'",
                    "treadle gate set energy-demand stage:Production --check evaluation --check 'approval by ann,bob'",
                    "treadle gate set energy-demand 'deployment:*' --check 'metric mae within 5% of current lower'"},
       .positionals = {kModel, kTarget},
       .options = {{"check", "TEXT", "one check; repeat for more", true},
                   {"description", "TEXT", "what the gate is for"},
                   kReason},
       .run = set_gate});
  add({.path = "gate show",
       .summary = "Show a gate, and what it would say of a version",
       .examples = {"treadle gate show energy-demand champion --version 3"},
       .positionals = {kModel, kTarget},
       .options = {{"version", "N", "try this version; exit code 4 when it would be refused"}},
       .run = show_gate});
  add({.path = "gate list",
       .summary = "List a model's gates",
       .examples = {"treadle gate list energy-demand"},
       .positionals = {kModel},
       .options = {},
       .run = list_gates});
  add({.path = "gate delete",
       .summary = "Remove a gate",
       .examples = {"treadle gate delete energy-demand champion --reason 'replaced by review'"},
       .positionals = {kModel, kTarget},
       .options = {kReason},
       .run = delete_gate});
  add({.path = "model approve",
       .summary = "Approve a version for an alias, a stage or a deployment",
       .examples = {"treadle model approve energy-demand 3 --for champion --reason 'checked the residuals'"},
       .positionals = {kModel, {"version", "the version's number"}},
       .options = {{"for", "TARGET", "an alias, stage:Production or deployment:NAME"}, kReason},
       .run = approve});
  add({.path = "model withdraw",
       .summary = "Take an approval of a version back; what it let through stays",
       .examples = {"treadle model withdraw energy-demand 3 --for champion --reason 'the residuals are wrong in May'",
                    "treadle model withdraw energy-demand 3 --for champion --user bob"},
       .positionals = {kModel, {"version", "the version's number"}},
       .options = {{"for", "TARGET", "what it was approved for"}, {"user", "NAME", "whose approval (yours)"}, kReason},
       .run = withdraw});
  add({.path = "model history",
       .summary = "Show who changed what of a model, when and why",
       .examples = {"treadle model history energy-demand", "treadle model history energy-demand --version 3 --json"},
       .positionals = {kModel},
       .options = {{"version", "N", "of one version only"},
                   {"limit", "N", "entries (50)"},
                   {"page", "TOKEN", "older ones, from where a list ended"}},
       .run = show_history});
}

}  // namespace treadle::app
