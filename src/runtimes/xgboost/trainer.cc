#include "runtimes/xgboost/trainer.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/json.h"
#include "runtimes/xgboost/library.h"

namespace treadle::xgboost {
namespace {

// What train() lets through to XGBoost, which itself only warns of a name it does not know.
const std::vector<std::string> kParams = {"objective",
                                          "eval_metric",
                                          "booster",
                                          "learning_rate",
                                          "eta",
                                          "max_depth",
                                          "min_child_weight",
                                          "subsample",
                                          "colsample_bytree",
                                          "colsample_bylevel",
                                          "colsample_bynode",
                                          "gamma",
                                          "min_split_loss",
                                          "alpha",
                                          "reg_alpha",
                                          "lambda",
                                          "reg_lambda",
                                          "tree_method",
                                          "max_bin",
                                          "max_leaves",
                                          "grow_policy",
                                          "max_delta_step",
                                          "seed",
                                          "num_parallel_tree",
                                          "monotone_constraints",
                                          "interaction_constraints",
                                          "scale_pos_weight",
                                          "huber_slope",
                                          "quantile_alpha",
                                          "base_score",
                                          "sampling_method",
                                          "rate_drop",
                                          "skip_drop",
                                          "one_drop",
                                          "sample_type",
                                          "normalize_type",
                                          "tweedie_variance_power"};

std::string array_interface(std::span<const float> values, const std::vector<std::size_t>& shape) {
  return to_text(Json{{"data", {reinterpret_cast<std::uintptr_t>(values.data()), true}},
                      {"shape", shape},
                      {"typestr", "<f4"},
                      {"version", 3}});
}

StatusOr<Owned> matrix(const Library& api, std::span<const float> values, std::size_t columns, int threads) {
  Owned out(api.matrix_free);
  const std::string config = str_cat("{\"missing\":NaN,\"nthread\":", threads, "}");
  RETURN_IF_ERROR(api.check(api.matrix_from_dense(array_interface(values, {values.size() / columns, columns}).c_str(),
                                                  config.c_str(), out.out())));
  return out;
}

Status check_rows(const Rows& rows, std::string_view what) {
  if (rows.names.empty() || rows.labels.empty()) return invalid(what, ": needs at least one row and one feature");
  if (rows.values.size() != rows.labels.size() * rows.names.size()) {
    return invalid(what, ": holds ", rows.values.size(), " values, but ", rows.labels.size(), " rows of ",
                   rows.names.size(), " features were announced");
  }
  for (std::size_t i = 0; i < rows.labels.size(); ++i) {
    if (!std::isfinite(rows.labels[i])) return invalid(what, ": the label of row ", i, " is not a finite number");
  }
  return {};
}

StatusOr<Owned> labelled(const Library& api, const Rows& rows, int threads) {
  ASSIGN_OR_RETURN(Owned out, matrix(api, rows.values, rows.names.size(), threads));
  RETURN_IF_ERROR(
      api.check(api.matrix_set_info(out.get(), "label", array_interface(rows.labels, {rows.labels.size()}).c_str())));
  std::vector<const char*> names;
  names.reserve(rows.names.size());
  for (const std::string& name : rows.names) names.push_back(name.c_str());
  RETURN_IF_ERROR(api.check(api.matrix_set_names(out.get(), "feature_name", names.data(), names.size())));
  return out;
}

Status set_params(const Library& api, void* booster, const TrainOptions& options) {
  for (const auto& [name, value] : options.params) {
    if (std::find(kParams.begin(), kParams.end(), name) == kParams.end()) {
      const std::string meant = nearest_word(name, kParams);
      return invalid_field(name, "is not a parameter of XGBoost",
                           meant.empty() ? std::string() : str_cat(", did you mean '", meant, "'?"));
    }
    RETURN_IF_ERROR(api.check(api.booster_set_param(booster, name.c_str(), value.c_str())));
  }
  RETURN_IF_ERROR(api.check(api.booster_set_param(booster, "nthread", str_cat(options.threads).c_str())));
  return api.check(api.booster_set_param(booster, "verbosity", "0"));
}

// "[3]\ttrain-rmse:0.25\tvalid-rmse:0.31"
std::vector<std::pair<std::string, double>> parse_metrics(std::string_view line) {
  std::vector<std::pair<std::string, double>> metrics;
  for (const std::string_view piece : split(line, '\t')) {
    const std::size_t colon = piece.rfind(':');
    if (colon == std::string_view::npos) continue;
    if (const auto value = parse_double(piece.substr(colon + 1))) metrics.emplace_back(piece.substr(0, colon), *value);
  }
  return metrics;
}

StatusOr<Trained> result(const Library& api, void* booster) {
  Trained out;
  Library::Length length = 0;
  const char* bytes = nullptr;
  RETURN_IF_ERROR(api.check(api.booster_save(booster, R"({"format":"ubj"})", &length, &bytes)));
  out.model.assign(bytes, length);
  Library::Length count = 0;
  Library::Length dimensions = 0;
  const char** names = nullptr;
  const Library::Length* shape = nullptr;
  const float* scores = nullptr;
  RETURN_IF_ERROR(api.check(
      api.booster_scores(booster, R"({"importance_type":"gain"})", &count, &names, &dimensions, &shape, &scores)));
  for (std::size_t i = 0; i < count; ++i) out.importances.emplace_back(names[i], scores[i]);
  std::sort(out.importances.begin(), out.importances.end(),
            [](const auto& a, const auto& b) { return a.second > b.second; });
  return out;
}

}  // namespace

StatusOr<Trained> train(const Rows& rows, const std::vector<std::pair<std::string, Rows>>& evaluations,
                        const TrainOptions& options, const OnRound& on_round) {
  if (options.rounds < 1 || options.rounds > 100'000) {
    return invalid_field("rounds", "must be between 1 and 100000, got ", options.rounds);
  }
  if (options.threads < 1 || options.threads > 1024) {
    return invalid_field("threads", "must be between 1 and 1024, got ", options.threads);
  }
  RETURN_IF_ERROR(check_rows(rows, "training rows"));
  ASSIGN_OR_RETURN(const Library* const api, load_library());
  ASSIGN_OR_RETURN(const Owned data, labelled(*api, rows, options.threads));
  std::vector<Owned> owned;
  std::vector<void*> matrices;
  std::vector<const char*> names;
  for (const auto& [name, evaluation] : evaluations) {
    RETURN_IF_ERROR(check_rows(evaluation, name));
    if (evaluation.names != rows.names) return invalid(name, ": has other features than the training rows");
    ASSIGN_OR_RETURN(Owned matrix, labelled(*api, evaluation, options.threads));
    matrices.push_back(matrix.get());
    names.push_back(name.c_str());
    owned.push_back(std::move(matrix));
  }
  Owned booster(api->booster_free);
  const std::array<void*, 1> cached = {data.get()};
  RETURN_IF_ERROR(api->check(api->booster_create(cached.data(), 1, booster.out())));
  RETURN_IF_ERROR(set_params(*api, booster.get(), options));
  std::vector<const char*> features;
  features.reserve(rows.names.size());
  for (const std::string& name : rows.names) features.push_back(name.c_str());
  RETURN_IF_ERROR(api->check(api->booster_set_names(booster.get(), "feature_name", features.data(), features.size())));
  for (int round = 0; round < options.rounds; ++round) {
    RETURN_IF_ERROR(api->check(api->booster_update(booster.get(), round, data.get())));
    if (!on_round || matrices.empty()) continue;
    const char* line = nullptr;
    RETURN_IF_ERROR(
        api->check(api->booster_eval(booster.get(), round, matrices.data(), names.data(), matrices.size(), &line)));
    RETURN_IF_ERROR(on_round(round, parse_metrics(line)));
  }
  return result(*api, booster.get());
}

StatusOr<std::vector<float>> library_predict(std::string_view model, std::span<const float> values,
                                             std::size_t columns) {
  if (columns == 0 || values.empty() || values.size() % columns != 0) return invalid("values: not whole rows");
  ASSIGN_OR_RETURN(const Library* const api, load_library());
  ASSIGN_OR_RETURN(const Owned data, matrix(*api, values, columns, 1));
  Owned booster(api->booster_free);
  RETURN_IF_ERROR(api->check(api->booster_create(nullptr, 0, booster.out())));
  RETURN_IF_ERROR(api->check(api->booster_load(booster.get(), model.data(), model.size())));
  constexpr const char* config =
      R"({"type":0,"training":false,"iteration_begin":0,"iteration_end":0,"strict_shape":false})";
  const Library::Length* shape = nullptr;
  Library::Length dimensions = 0;
  const float* predicted = nullptr;
  RETURN_IF_ERROR(api->check(api->booster_predict(booster.get(), data.get(), config, &shape, &dimensions, &predicted)));
  return std::vector<float>(predicted, predicted + values.size() / columns);
}

StatusOr<std::string> library_version() {
  ASSIGN_OR_RETURN(const Library* const api, load_library());
  int major = 0;
  int minor = 0;
  int patch = 0;
  api->version(&major, &minor, &patch);
  return str_cat(major, ".", minor, ".", patch);
}

}  // namespace treadle::xgboost
