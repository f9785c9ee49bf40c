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

void print_raw_rows(const Json& rows, Io& io) {
  const std::size_t shown = std::min<std::size_t>(rows.size(), 3);
  for (std::size_t i = 0; i < shown; ++i) {
    io.say(str_cat(i == 0 ? "  raw rows        " : "                  ", to_text(rows[i])));
  }
  if (rows.size() > shown) io.say(str_cat("                  … and ", rows.size() - shown, " more (--json shows all)"));
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
  print_raw_rows(list_of(answer, "raw_rows"), io);
  print_features(object_of(answer, "features"), io);
  io.say(str_cat("  inference run   ", text_of(object_of(answer, "pipeline_run"), "id"), "  ",
                 text_of(object_of(answer, "pipeline_run"), "name")));
  io.say(str_cat("  deployment      ", text_of(object_of(answer, "deployment"), "name")));
  io.say(str_cat("  model version   ", text_of(version, "name"), "/", text_of(version, "version")));
  io.say(str_cat("  training run    ", text_of(run, "id"), "  ", text_of(run, "name")));
  io.say(str_cat("  training data   ", text_of(data, "name"), "  ", text_of(data, "digest")));
  io.say(str_cat("  commit          ", text_of(answer, "commit")));
}

}  // namespace treadle::app
