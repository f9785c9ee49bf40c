#include "runtimes/xgboost/library.h"

#include <cstdlib>

#include "base/shared_library.h"

namespace treadle::xgboost {
namespace {

StatusOr<Library> load() {
  // OpenMP's threads would spin while they wait for work, and on a busy machine take the cores from those that have it.
  // Read by libgomp when it is loaded, so it has to be set here.
  setenv("OMP_WAIT_POLICY", "PASSIVE", 0);
  ASSIGN_OR_RETURN(const SharedLibrary file,
                   SharedLibrary::open({"XGBoost", "TREADLE_XGBOOST", "xgboost/xgboost/lib/libxgboost.so"}));
  Library api{};
  Status status;
  const auto take = [&](auto& function, const char* name) {
    if (!status.ok()) return;
    auto found = file.symbol<std::remove_reference_t<decltype(function)>>(name);
    if (found.ok()) {
      function = *found;
    } else {
      status = found.status();
    }
  };
  take(api.version, "XGBoostVersion");
  RETURN_IF_ERROR(status);
  int major = 0;
  int minor = 0;
  int patch = 0;
  api.version(&major, &minor, &patch);
  if (major != 3) {
    return unavailable(file.path().string(), " is XGBoost ", major, ".", minor, ".", patch,
                       ", but 3.x is needed; run script/bootstrap");
  }
  take(api.last_error, "XGBGetLastError");
  take(api.matrix_from_dense, "XGDMatrixCreateFromDense");
  take(api.matrix_free, "XGDMatrixFree");
  take(api.matrix_set_info, "XGDMatrixSetInfoFromInterface");
  take(api.matrix_set_names, "XGDMatrixSetStrFeatureInfo");
  take(api.booster_create, "XGBoosterCreate");
  take(api.booster_free, "XGBoosterFree");
  take(api.booster_set_param, "XGBoosterSetParam");
  take(api.booster_set_names, "XGBoosterSetStrFeatureInfo");
  take(api.booster_update, "XGBoosterUpdateOneIter");
  take(api.booster_eval, "XGBoosterEvalOneIter");
  take(api.booster_save, "XGBoosterSaveModelToBuffer");
  take(api.booster_load, "XGBoosterLoadModelFromBuffer");
  take(api.booster_predict, "XGBoosterPredictFromDMatrix");
  take(api.booster_scores, "XGBoosterFeatureScore");
  RETURN_IF_ERROR(status);
  return api;
}

}  // namespace

Status Library::check(int result) const {
  if (result == 0) return {};
  // The first line tells what was wrong; the rest is a stack trace.
  const std::string text = last_error();
  return invalid("XGBoost: ", std::string_view(text).substr(0, text.find("\nStack trace")));
}

StatusOr<const Library*> load_library() {
  static const StatusOr<Library> library = load();
  if (!library.ok()) return library.status();
  return &*library;
}

}  // namespace treadle::xgboost
