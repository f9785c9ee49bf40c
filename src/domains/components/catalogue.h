// One function per step, each defined in the file of its name. registry.cc lists them.
#pragma once

#include "domains/components/registry.h"

namespace treadle::components {

Component import_data();
Component validate_data();
Component calendar_features();
Component add_lags_component();
Component make_features();
Component time_split();
Component train_xgboost();
Component evaluate();
Component gate();
Component register_model();
Component deploy_model();
Component resolve_model();
Component drift_report();
Component batch_predict();

}  // namespace treadle::components
