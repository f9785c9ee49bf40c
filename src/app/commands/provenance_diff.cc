#include "app/commands/provenance_diff.h"

#include <algorithm>
#include <array>
#include <map>

#include "app/commands/format.h"
#include "base/strings.h"

namespace treadle::app {
namespace {

constexpr std::array<std::string_view, 5> kSections = {"code", "environment", "data", "params", "seed"};

void add(std::vector<Input>& inputs, std::string_view section, std::string name, const Json& object,
         std::string_view field) {
  const std::string value = text_of(object, field);
  if (value != "-" && value != "null") inputs.push_back({std::string(section), std::move(name), value});
}

void add_all(std::vector<Input>& inputs, std::string_view section, const Json& object, std::string_view prefix = "") {
  for (const auto& [name, value] : object.items()) add(inputs, section, str_cat(prefix, name), object, name);
}

}  // namespace

std::vector<Input> inputs_of(const Json& provenance) {
  std::vector<Input> inputs;
  const Json& code = object_of(provenance, "code");
  for (const char* field : {"commit", "dirty", "diff_sha256", "entry_point"}) add(inputs, "code", field, code, field);
  const Json& pipeline = object_of(provenance, "pipeline");
  add(inputs, "code", "pipeline spec", pipeline, "spec_sha256");
  const Json& environment = object_of(provenance, "environment");
  for (const char* field : {"python", "image", "treadle", "xgboost"}) {
    add(inputs, "environment", field, environment, field);
  }
  add_all(inputs, "environment", object_of(environment, "packages"), "package ");
  add_all(inputs, "environment", object_of(environment, "steps"), "step ");
  add(inputs, "environment", "host", provenance, "host");
  for (const Json& dataset : list_of(provenance, "data")) {
    const std::string context = text_of(dataset, "context");
    add(inputs, "data", str_cat(text_of(dataset, "name"), context == "-" ? "" : str_cat(" (", context, ")")), dataset,
        "digest");
  }
  add_all(inputs, "params", object_of(provenance, "params"));
  add_all(inputs, "seed", object_of(provenance, "seed"));
  return inputs;
}

std::vector<InputChange> changed_inputs(const Json& before, const Json& after) {
  // By section in its order, then by name; a name that comes twice is told apart by its place.
  std::map<std::tuple<std::size_t, std::string, int>, std::pair<std::string, std::string>> cells;
  const auto fill = [&](const Json& provenance, auto member) {
    std::map<std::pair<std::size_t, std::string>, int> seen;
    for (const Input& input : inputs_of(provenance)) {
      const auto section =
          static_cast<std::size_t>(std::find(kSections.begin(), kSections.end(), input.section) - kSections.begin());
      const int place = seen[{section, input.name}]++;
      cells.try_emplace({section, input.name, place}, "-", "-").first->second.*member = input.value;
    }
  };
  fill(before, &std::pair<std::string, std::string>::first);
  fill(after, &std::pair<std::string, std::string>::second);
  std::vector<InputChange> changes;
  for (const auto& [key, values] : cells) {
    if (values.first == values.second) continue;
    changes.push_back({std::string(kSections[std::get<0>(key)]), std::get<1>(key), values.first, values.second});
  }
  return changes;
}

Json to_json(const std::vector<InputChange>& changes) {
  Json list = Json::array();
  for (const InputChange& change : changes) {
    list.push_back(
        {{"section", change.section}, {"name", change.name}, {"before", change.before}, {"after", change.after}});
  }
  return list;
}

}  // namespace treadle::app
