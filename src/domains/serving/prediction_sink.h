// Where predictions go once they were made. The serving domain only knows this interface; monitoring implements it with
// Parquet segments, tests with a vector.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"

namespace treadle::serving {

struct PredictionRow {
  std::string id;   // ULID, unique for ever; `treadle why <id>` takes it
  std::string key;  // the caller's name for what was predicted ("2014-11-01T00:30:00"); "" when it gave none
  std::optional<std::int64_t> event_ms;  // the time the prediction is about
  double value = 0;
};

// What one request predicted: every row by the same version from the same columns.
struct PredictionBatch {
  std::string deployment;
  std::string model;
  std::int64_t model_version = 0;
  std::int64_t time_ms = 0;                // when it was predicted
  std::optional<std::int64_t> origin_ms;   // nothing later than this was known to the features
  std::string run_id;                      // the pipeline's tracking run; "" when none
  std::vector<std::string> feature_names;  // the model's inputs in its order
  std::vector<float> features;             // row-major, rows.size() x feature_names.size(); missing is NaN
  std::vector<PredictionRow> rows;
};

class PredictionSink {
 public:
  virtual ~PredictionSink() = default;
  // All batches or none; durable when it returns ok. Thread-safe; may block on the disk.
  virtual Status append(const std::vector<PredictionBatch>& batches) = 0;
};

}  // namespace treadle::serving
