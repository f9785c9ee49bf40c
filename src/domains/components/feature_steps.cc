// calendar-features, add-lags, and make-features, which is both in one process: all by the functions of features.h.
#include "domains/components/catalogue.h"
#include "domains/components/features.h"

namespace treadle::components {
namespace {

template <bool kCalendar, bool kLags>
Status run(Step& step, Server&) {
  ASSIGN_OR_RETURN(const Json json, step.object("config"));
  ASSIGN_OR_RETURN(const FeatureConfig config, FeatureConfig::read(json));
  ASSIGN_OR_RETURN(table::Table rows, step.read_table("dataset"));
  if (kCalendar) RETURN_IF_ERROR(add_calendar(rows, config));
  if (kLags) RETURN_IF_ERROR(add_lags(rows, config));
  return step.write_table("features", rows);
}

const std::vector<Port>& inputs() {
  static const std::vector<Port> ports = {{"dataset", "system.Dataset", "rows one step apart"},
                                          {"config", "STRUCT", "the feature configuration"}};
  return ports;
}

const std::vector<Port>& outputs() {
  static const std::vector<Port> ports = {{"features", "system.Dataset", "the rows with the new columns"}};
  return ports;
}

}  // namespace

Component calendar_features() {
  return {"calendar-features", "Add half hour, weekday and other facts of the calendar", inputs(), outputs(),
          run<true, false>};
}

Component add_lags_component() {
  return {"add-lags", "Add lagged values and means of the target and of inputs known ahead", inputs(), outputs(),
          run<false, true>};
}

Component make_features() {
  return {"make-features", "calendar-features and add-lags in one step", inputs(), outputs(), run<true, true>};
}

}  // namespace treadle::components
