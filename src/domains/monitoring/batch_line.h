// One batch of predictions as one line of JSON and back.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "domains/monitoring/types.h"
#include "domains/serving/prediction_sink.h"

namespace treadle::monitoring {

// Ends with '\n' and holds no other. Missing features are null.
std::string encode_line(const serving::PredictionBatch& batch);
// Every row of the line. kDataLoss when the line is not one that encode_line wrote.
StatusOr<std::vector<LoggedPrediction>> decode_line(std::string_view line);

}  // namespace treadle::monitoring
