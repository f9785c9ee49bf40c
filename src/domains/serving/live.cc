#include "domains/serving/live.h"

namespace treadle::serving {

LiveTable::LiveTable() : map_(std::make_shared<const Map>()) {}

std::shared_ptr<LiveDeployment> LiveTable::ensure(std::string_view name) {
  const std::lock_guard lock(writers_);
  if (auto found = find(name)) return found;
  Map next = *map_.get();
  auto added = std::make_shared<LiveDeployment>(std::string(name));
  next.emplace(added->name, added);
  map_.set(std::make_shared<const Map>(std::move(next)));
  return added;
}

void LiveTable::remove(std::string_view name) {
  const std::lock_guard lock(writers_);
  Map next = *map_.get();
  const auto it = next.find(name);
  if (it == next.end()) return;
  next.erase(it);
  map_.set(std::make_shared<const Map>(std::move(next)));
}

std::shared_ptr<LiveDeployment> LiveTable::find(std::string_view name) const {
  const std::shared_ptr<const Map> map = map_.get();
  const auto it = map->find(name);
  return it == map->end() ? nullptr : it->second;
}

std::vector<std::string> LiveTable::names() const {
  std::vector<std::string> names;
  for (const auto& [name, entry] : *map_.get()) names.push_back(name);
  return names;
}

StatusOr<Lease> LiveTable::acquire(std::string_view name, std::string_view version) const {
  Lease lease;
  lease.deployment = find(name);
  if (lease.deployment == nullptr) {
    const std::string near = nearest_word(name, names());
    return not_found("deployment '", name, "' does not exist", near.empty() ? "" : "; did you mean '", near,
                     near.empty() ? "" : "'?");
  }
  lease.version = lease.deployment->current.get();
  if (lease.version == nullptr) return unavailable("deployment '", name, "' is not ready: no version is loaded");
  if (!version.empty() && version != lease.version->version_text) {
    return not_found("deployment '", name, "' serves version ", lease.version->version_text, ", not '", version, "'");
  }
  return lease;
}

}  // namespace treadle::serving
