// Taking over what trainings wrote for TensorBoard, once or while they write: a run for each folder with event files.
//
// A run's id comes from its folder, so importing again adds what is new and nothing twice.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "app/tensorboard/event.h"
#include "app/tensorboard/event_file.h"
#include "app/transfer/sink.h"

namespace treadle::app::tensorboard {

struct Summary {
  std::int64_t runs = 0, files = 0, points = 0;
  std::int64_t artifacts = 0;                    // pictures and texts
  std::map<std::string, std::int64_t> left_out;  // by kind: what a run has no place for
  std::vector<transfer::Problem> problems;
};

class Import {
 public:
  // `experiment`: its name, made when it is not there.
  Import(std::filesystem::path folder, std::string experiment, transfer::Sink& sink)
      : folder_(std::move(folder)), experiment_(std::move(experiment)), sink_(sink) {}

  // Reads what was written since the last call, and finds new files. `progress` is called now and then.
  Status read(const std::function<void(const Summary&)>& progress);
  // Ends the runs at the time of their last event.
  Status finish();
  const Summary& summary() const { return summary_; }

 private:
  struct Source {
    EventFile file;
    bool broken = false;
  };
  struct Run {
    tracking::Run record;
    std::map<std::string, Source> files;  // by path: writers put the time first in the name
    tracking::Batch batch;
    bool begun = false;
    std::optional<std::map<std::string, std::uint64_t>> stored;  // sizes of its artifacts, once they were asked for
    std::set<std::string> written;                               // paths of artifacts that this import made
  };

  Status find_files();
  Run& run_of(const std::filesystem::path& folder);
  Status read_file(Run& run, Source& source, const std::function<void(const Summary&)>& progress);
  Status add(Run& run, const Event& event);
  Status add_file(Run& run, const File& file, std::int64_t step);
  Status begin(Run& run);
  Status send(Run& run);

  const std::filesystem::path folder_;
  const std::string experiment_;
  transfer::Sink& sink_;
  std::string experiment_id_;        // once it is known
  std::map<std::string, Run> runs_;  // by folder
  Summary summary_;
};

}  // namespace treadle::app::tensorboard
