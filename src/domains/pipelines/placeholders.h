// Placeholders in commands, arguments and constants: {{$}}, {{$.inputs.parameters['x']}}, {{$.pipeline_job_uuid}} …,
// and the JSON forms {"IfPresent":…} and {"Concat":…}.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/json.h"

namespace treadle::pipelines {

struct PlaceholderScope {
  // KFP's ExecutorInput: {"inputs":{"parameterValues","artifacts"},"outputs":{"parameters","artifacts","outputFile"}}.
  const Json* executor_input = nullptr;
  // "pipeline_job_uuid" and the like, by the name after "$.".
  std::map<std::string, std::string, std::less<>> run;
};

// Every placeholder of the text replaced; one that is not known, or whose value is absent, is an error that names it.
StatusOr<std::string> resolve_text(std::string_view text, const PlaceholderScope& scope);
// Command or args: as resolve_text per element, with IfPresent and Concat expanded (an absent branch adds nothing).
StatusOr<std::vector<std::string>> resolve_arguments(const Json& arguments, const PlaceholderScope& scope);

}  // namespace treadle::pipelines
