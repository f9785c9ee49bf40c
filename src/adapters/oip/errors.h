// Status to the error forms of the protocols in this folder.
#pragma once

#include "base/status.h"
#include "net/http.h"

namespace treadle::oip {

// {"error":"…"} with 400, 404, 413, 500, 501, 503: the Open Inference Protocol and KServe V1.
net::Response v2_error(const Status& status);
// {"error_code":"BAD_REQUEST","message":"…"}: MLflow's scoring server.
net::Response scoring_error(const Status& status);

}  // namespace treadle::oip
