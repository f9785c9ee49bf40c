// What an event of TensorBoard says, as far as a run can hold it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"

namespace treadle::app::tensorboard {

// A picture or a text, for a run's artifacts.
struct File {
  std::string folder;     // "images" or "texts"
  std::string tag;        // as the writer named it
  std::string extension;  // ".png"
  std::string content;
};

struct Event {
  std::int64_t time_ms = 0;  // since 1970
  std::int64_t step = 0;
  std::vector<std::pair<std::string, double>> scalars;      // by tag
  std::vector<std::pair<std::string, std::string>> params;  // of the hparams plugin
  std::vector<File> files;
  std::map<std::string, std::int64_t> left_out;  // kinds of values that a run has no place for: "histograms"
};

// kDataLoss when the bytes are no event.
StatusOr<Event> parse_event(std::string_view bytes);

}  // namespace treadle::app::tensorboard
