#include "domains/serving/registry_source.h"

namespace treadle::serving {

StatusOr<std::filesystem::path> RegistryModelSource::locate(std::string_view model, std::int64_t version) {
  ASSIGN_OR_RETURN(const registry::Version found, registry_.get_version(std::string(model), version));
  ASSIGN_OR_RETURN(const std::string folder, registry_.artifact_folder(found));
  return blobs_.local_path(folder);
}

Status RegistryModelSource::admit(std::string_view model, std::int64_t version, std::string_view deployment,
                                  std::string_view reason) {
  return registry_.admit_deployment(std::string(model), version, std::string(deployment), std::string(reason));
}

}  // namespace treadle::serving
