// MLflow's endpoints for evaluation datasets and scorers.
#pragma once

#include "domains/evaluation/datasets.h"
#include "domains/evaluation/scorers.h"
#include "net/router.h"

namespace treadle::mlflow {

void add_evaluation_dataset_routes(net::Router& router, evaluation::Datasets& datasets);
void add_scorer_routes(net::Router& router, evaluation::Scorers& scorers);

}  // namespace treadle::mlflow
