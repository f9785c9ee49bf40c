// The prediction log on disk: per deployment a folder of numbered segments, the newest of them open. A segment is
// newline-delimited JSON, one line per batch, synced before append() returns. A full one becomes Parquet in the
// background (segment_archive.h); where that fails it stays as it is and is read all the same.
//
// A crash can leave half a line at the end of an open segment; open() cuts it off. Nothing that was acknowledged is in
// it.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/files.h"
#include "base/status.h"
#include "domains/monitoring/types.h"
#include "domains/serving/prediction_sink.h"

namespace treadle::monitoring {

// Where a batch's line begins. Kept with each indexed prediction, so that reading one is one seek.
struct LogPlace {
  std::int64_t segment = 0;
  std::int64_t offset = 0;
};

class PredictionLog {
 public:
  struct Options {
    std::filesystem::path folder;
    std::int64_t bytes_per_segment = 16 << 20;
  };

  explicit PredictionLog(Options options);
  ~PredictionLog();
  Status open();

  // One place per batch, on disk when it returns ok. What was written before an error stays, known to no index.
  StatusOr<std::vector<LogPlace>> append(const std::vector<serving::PredictionBatch>& batches);
  // The prediction `id` of the batch at `place`.
  StatusOr<LoggedPrediction> read(std::string_view deployment, LogPlace place, std::string_view id);
  // Looks through the segments, newest first: for predictions that no index holds. kNotFound when none has it.
  StatusOr<LoggedPrediction> find(std::string_view id);

 private:
  struct Writer;  // one deployment's open segment
  StatusOr<Writer*> writer(const std::string& deployment);
  void archive_full_segments(const std::stop_token& stop);
  std::filesystem::path segment_path(std::string_view deployment, std::int64_t segment) const;

  const Options options_;
  std::mutex mutex_;  // guards the map; each writer has its own lock
  std::map<std::string, std::unique_ptr<Writer>, std::less<>> writers_;
  std::condition_variable_any segment_full_;
  bool has_full_ = true;
  std::jthread archiver_;  // last: it uses everything above
};

}  // namespace treadle::monitoring
