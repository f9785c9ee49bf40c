// One execution of a component: KFP's ExecutorInput read, its outputs written as KFP's launcher expects them.
//
//   ASSIGN_OR_RETURN(Step step, Step::parse(executor_input_json));
//   ASSIGN_OR_RETURN(const table::Table rows, step.read_table("dataset"));
//   RETURN_IF_ERROR(step.set_parameter("approved", true));
//   RETURN_IF_ERROR(step.finish());     // writes the metadata of the output artifacts
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include "base/json.h"
#include "storage/table/table.h"

namespace treadle::components {

class Step {
 public:
  static StatusOr<Step> parse(std::string_view executor_input);

  // Parameters. A null one counts as missing. Lists and structs may arrive as JSON or as JSON text.
  StatusOr<std::string> text(std::string_view name) const { return required_string(parameters_, name); }
  StatusOr<std::string> text(std::string_view name, std::string_view fallback) const {
    return optional_string(parameters_, name, fallback);
  }
  StatusOr<std::int64_t> integer(std::string_view name, std::int64_t fallback) const {
    return optional_int(parameters_, name, fallback);
  }
  StatusOr<double> number(std::string_view name, double fallback) const {
    return optional_double(parameters_, name, fallback);
  }
  StatusOr<Json> object(std::string_view name) const;  // {} when missing
  StatusOr<Json> list(std::string_view name) const;    // [] when missing

  // Artifacts: local paths (file:// is understood). A missing one is an error that names it.
  bool has_input(std::string_view name) const;
  StatusOr<std::filesystem::path> input(std::string_view name) const;
  StatusOr<Json> input_metadata(std::string_view name) const;
  // The folder above it exists after this.
  StatusOr<std::filesystem::path> output(std::string_view name) const;
  bool has_output(std::string_view name) const;

  StatusOr<table::Table> read_table(std::string_view input_name) const;
  Status write_table(std::string_view output_name, const table::Table& table);
  Status write_text(std::string_view output_name, std::string_view content);
  void set_metadata(std::string_view output_name, std::string_view key, Json value);
  // Outputs that the pipeline did not ask for are left out silently.
  Status set_parameter(std::string_view name, const Json& value);
  Status finish() const;
  // A line of the step's log: standard output, at once. Tables and parameters are noted by the functions above.
  static void note(std::string_view line);

 private:
  StatusOr<std::filesystem::path> local_path(const Json& artifacts, std::string_view name, std::string_view kind) const;

  Json parameters_ = Json::object();
  Json inputs_ = Json::object();
  Json outputs_ = Json::object();
  Json output_parameters_ = Json::object();
  std::string output_file_;
  std::map<std::string, Json, std::less<>> metadata_;
};

}  // namespace treadle::components
