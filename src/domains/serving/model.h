// What can be served: a runtime loads a model folder (MLflow's layout) and gives a Model.
//
//   RuntimeRegistry runtimes;
//   runtimes.add(std::make_unique<XgboostRuntime>());
//   ASSIGN_OR_RETURN(std::unique_ptr<Model> model, runtimes.load("/data/blobs/artifacts/0/4f…/artifacts/model"));
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "domains/serving/feature_matrix.h"
#include "domains/serving/mlmodel.h"
#include "domains/serving/signature.h"

namespace treadle::serving {

// Immutable after loading: any number of threads predict at once.
class Model {
 public:
  virtual ~Model() = default;
  virtual const Signature& signature() const = 0;
  // OIP's `platform`, e.g. "xgboost".
  virtual std::string_view platform() const = 0;
  // One value per row into `out`. `features` has the signature's number of columns.
  virtual void predict(const FeatureMatrix& features, float* out) const = 0;
};

class ModelRuntime {
 public:
  virtual ~ModelRuntime() = default;
  // The MLflow flavour it understands, e.g. "xgboost".
  virtual std::string_view flavour() const = 0;
  // Errors say what in the folder is wrong.
  virtual StatusOr<std::unique_ptr<Model>> load(const std::filesystem::path& folder,
                                                const MlModel& description) const = 0;
};

class RuntimeRegistry {
 public:
  void add(std::unique_ptr<ModelRuntime> runtime);
  // Reads `folder`/MLmodel, picks the first runtime that knows one of its flavours, loads, and tries the model once.
  // Errors: kNotFound (no MLmodel), kInvalidArgument (malformed), kUnimplemented (no runtime for its flavours).
  StatusOr<std::unique_ptr<Model>> load(const std::filesystem::path& folder) const;

 private:
  std::vector<std::unique_ptr<ModelRuntime>> runtimes_;
};

}  // namespace treadle::serving
