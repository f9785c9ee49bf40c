#include "domains/serving/model.h"

#include "base/files.h"

namespace treadle::serving {

void RuntimeRegistry::add(std::unique_ptr<ModelRuntime> runtime) { runtimes_.push_back(std::move(runtime)); }

StatusOr<std::unique_ptr<Model>> RuntimeRegistry::load(const std::filesystem::path& folder) const {
  constexpr std::size_t kMlModelLimit = 4u << 20;
  const StatusOr<std::string> text = read_file(folder / "MLmodel", kMlModelLimit);
  if (!text.ok()) return with_context(text.status(), "not a model folder");
  ASSIGN_OR_RETURN(const MlModel description, parse_mlmodel(*text));
  for (const auto& runtime : runtimes_) {
    if (!description.flavours.contains(runtime->flavour())) continue;
    ASSIGN_OR_RETURN(std::unique_ptr<Model> model, runtime->load(folder, description));
    FeatureMatrix probe;
    probe.reset(1, model->signature().size());
    float value = 0;
    model->predict(probe, &value);
    return model;
  }
  std::string has, known;
  for (const auto& [name, fields] : description.flavours) str_append(&has, has.empty() ? "" : ", ", name);
  for (const auto& runtime : runtimes_) str_append(&known, known.empty() ? "" : ", ", runtime->flavour());
  return unimplemented("no runtime for the model's flavours (", has, "); this server runs ", known);
}

}  // namespace treadle::serving
