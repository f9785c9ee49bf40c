// Models from the registry, whose files lie in the blob store.
#pragma once

#include "domains/registry/service.h"
#include "domains/serving/model_source.h"
#include "storage/blob/blob_store.h"

namespace treadle::serving {

class RegistryModelSource final : public ModelSource {
 public:
  RegistryModelSource(registry::Service& registry, blob::BlobStore& blobs) : registry_(registry), blobs_(blobs) {}
  StatusOr<std::filesystem::path> locate(std::string_view model, std::int64_t version) override;
  Status admit(std::string_view model, std::int64_t version, std::string_view deployment,
               std::string_view reason) override;

 private:
  registry::Service& registry_;
  blob::BlobStore& blobs_;
};

}  // namespace treadle::serving
