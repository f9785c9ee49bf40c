#include "app/commands/why.h"

#include "app/commands/format.h"
#include "base/strings.h"

namespace treadle::app {
namespace {

void print_features(const Json& features, Io& io) {
  std::string line = "  features        ";
  std::size_t column = line.size();
  for (const auto& [name, value] : features.items()) {
    const std::string cell = str_cat(name, "=", number_of(features, name, 3), "  ");
    if (column + cell.size() > 110) {
      line += "\n                  ";
      column = 18;
    }
    line += cell;
    column += cell.size();
  }
  io.say(line);
}

// "line 8642  timestamp=…  demand=3.93  -> demand_lag_48, …"
std::string raw_row(const Json& row) {
  std::string text = str_cat("line ", text_of(row, "line"), "  ");
  std::vector<std::string> features;
  for (const auto& [name, value] : row.items()) {
    if (name == "line" || value.is_null()) continue;
    if (name == "features") {
      for (const Json& feature : value) features.push_back(feature.get<std::string>());
    } else {
      str_append(&text, name, "=", value.is_string() ? value.get<std::string>() : to_text(value), "  ");
    }
  }
  return str_cat(text, "-> ", join(features, ", "));
}

void print_raw_rows(const Json& rows, Io& io) {
  const std::size_t shown = std::min<std::size_t>(rows.size(), 5);
  if (rows.empty()) io.say("  raw rows        not known");
  for (std::size_t i = 0; i < shown; ++i) {
    io.say(str_cat(i == 0 ? "  raw rows        " : "                  ", raw_row(rows[i])));
  }
  if (rows.size() > shown) io.say(str_cat("                  … and ", rows.size() - shown, " more (--json shows all)"));
}

void print_raw_source(const Json& source, Io& io) {
  if (source.empty()) return;
  io.say(str_cat("  raw data        ", text_of(source, "path"), "  sha256 ", text_of(source, "sha256").substr(0, 16)));
  if (source.contains("missing")) io.say(str_cat("                  ", text_of(source, "missing")));
}

std::string run_text(const Json& run) {
  if (run.contains("hidden")) return "hidden: you may not read its experiment";
  return str_cat(text_of(run, "id"), "  ", text_of(run, "name"));
}

std::string commit_text(const Json& answer) {
  const std::string commit = text_of(answer, "commit");
  return answer.value("commit_dirty", Json()) == Json(true) ? commit + " (with changes that were not committed)"
                                                            : commit;
}

}  // namespace

void print_why(const Json& answer, Io& io) {
  const Json& prediction = object_of(answer, "prediction");
  const Json& version = object_of(answer, "model_version");
  const Json& run = object_of(answer, "run");
  const Json& data = object_of(answer, "training_data");
  io.say(str_cat("prediction ", text_of(prediction, "id"), ": ", number_of(prediction, "value", 4), " for ",
                 text_of(prediction, "key")));
  const Json& truth = object_of(answer, "truth");
  io.say(str_cat("  truth           ", truth.empty() ? "not known yet" : number_of(truth, "value", 4)));
  print_raw_source(object_of(answer, "raw_source"), io);
  print_raw_rows(list_of(answer, "raw_rows"), io);
  print_features(object_of(answer, "features"), io);
  io.say(str_cat("  inference run   ", run_text(object_of(answer, "pipeline_run"))));
  const Json& deployment = object_of(answer, "deployment");
  io.say(str_cat("  deployment      ", text_of(deployment, "name"), "  ", text_of(deployment, "reason")));
  io.say(str_cat("  model version   ", text_of(version, "name"), "/", text_of(version, "version")));
  io.say(str_cat("  training run    ", run_text(run)));
  io.say(str_cat("  training data   ", text_of(data, "name"), "  ", text_of(data, "digest")));
  io.say(str_cat("  commit          ", commit_text(answer)));
}

}  // namespace treadle::app
