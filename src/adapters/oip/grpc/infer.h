// One ModelInfer: its tensors into a call's features, its predictions into the response.
#pragma once

#include "domains/serving/service.h"
#include "inference.pb.h"

namespace treadle::oip {

Status infer(const inference::ModelInferRequest& request, serving::Service& serving,
             inference::ModelInferResponse* response);

}  // namespace treadle::oip
