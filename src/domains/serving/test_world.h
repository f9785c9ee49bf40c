// For tests of serving and its adapters: a model whose answers are known, a registry of folders, a log in memory.
#pragma once

#include <cmath>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/files.h"
#include "domains/serving/service.h"

namespace treadle::serving::testing {

// Answers bias + the sum of the features that are not missing.
class SumModel final : public Model {
 public:
  SumModel(Signature signature, float bias) : signature_(std::move(signature)), bias_(bias) {}
  const Signature& signature() const override { return signature_; }
  std::string_view platform() const override { return "sum"; }
  void predict(const FeatureMatrix& features, float* out) const override {
    for (std::size_t i = 0; i < features.rows(); ++i) {
      float sum = bias_;
      for (std::size_t k = 0; k < features.columns(); ++k) {
        const float value = features.data()[i * features.columns() + k];
        if (!std::isnan(value)) sum += value;
      }
      out[i] = sum;
    }
  }

 private:
  Signature signature_;
  float bias_;
};

class SumRuntime final : public ModelRuntime {
 public:
  std::string_view flavour() const override { return "sum"; }
  StatusOr<std::unique_ptr<Model>> load(const std::filesystem::path&, const MlModel& description) const override {
    const auto& fields = description.flavours.at("sum");
    const bool named = !description.inputs.empty();
    std::vector<Feature> features = description.inputs;
    if (!named) features = {{"f0"}, {"f1"}, {"f2"}};
    ASSIGN_OR_RETURN(Signature signature, Signature::create(features, named, "total"));
    const auto bias = parse_double(fields.at("bias"));
    if (!bias) return invalid_field("bias", "must be a number");
    return std::unique_ptr<Model>(std::make_unique<SumModel>(std::move(signature), static_cast<float>(*bias)));
  }
};

// Model folders on disk, by model and version.
class FolderSource final : public ModelSource {
 public:
  explicit FolderSource(std::filesystem::path root) : root_(std::move(root)) {}
  // A model with features a (double), b (long) and c (optional float), or three unnamed ones.
  void add(const std::string& model, std::int64_t version, const std::string& bias, bool named = true) {
    const std::filesystem::path folder = root_ / str_cat(model, "-", version);
    std::filesystem::create_directories(folder);
    std::string text = str_cat("flavors:\n  sum:\n    bias: ", bias, "\n");
    if (named) {
      text += R"(signature:
  inputs: '[{"type":"double","name":"a","required":true},{"type":"long","name":"b","required":true},
    {"type":"float","name":"c","required":false}]'
  outputs: '[{"type":"double","name":"total","required":true}]'
)";
    }
    (void)write_file_atomic(folder / "MLmodel", text);
    const std::lock_guard lock(mutex_);
    folders_[{model, version}] = folder;
  }
  StatusOr<std::filesystem::path> locate(std::string_view model, std::int64_t version) override {
    const std::lock_guard lock(mutex_);
    const auto it = folders_.find({std::string(model), version});
    if (it == folders_.end()) return not_found("model '", model, "' has no version ", version);
    return it->second;
  }
  Status admit(std::string_view, std::int64_t version, std::string_view, std::string_view) override {
    const std::lock_guard lock(mutex_);
    return refused_.contains(version) ? Status(StatusCode::kAborted, "the gate refuses it") : ok_status();
  }
  void refuse(std::int64_t version) {
    const std::lock_guard lock(mutex_);
    refused_.insert(version);
  }

 private:
  std::filesystem::path root_;
  std::mutex mutex_;
  std::map<std::pair<std::string, std::int64_t>, std::filesystem::path> folders_;
  std::set<std::int64_t> refused_;
};

class MemorySink final : public PredictionSink {
 public:
  Status append(const std::vector<PredictionBatch>& batches) override {
    const std::lock_guard lock(mutex_);
    if (!error.ok()) return error;
    batches_.insert(batches_.end(), batches.begin(), batches.end());
    return ok_status();
  }
  std::vector<PredictionBatch> batches() const {
    const std::lock_guard lock(mutex_);
    return batches_;
  }
  std::size_t rows() const {
    std::size_t count = 0;
    for (const PredictionBatch& batch : batches()) count += batch.rows.size();
    return count;
  }
  Status error;  // what append() answers; set before use

 private:
  mutable std::mutex mutex_;
  std::vector<PredictionBatch> batches_;
};

// A data directory with a server's serving part in it; `restart` is what a crash and a new start do.
class World {
 public:
  static std::unique_ptr<World> create() {
    auto folder = TempDir::create();
    return folder.ok() ? std::unique_ptr<World>(new World(*std::move(folder))) : nullptr;
  }
  ~World() { close(); }

  void restart() {
    close();
    open();
  }

  TempDir folder;
  SystemClock clock;
  FolderSource source;
  MemorySink sink;
  std::unique_ptr<sql::Database> database;
  std::unique_ptr<events::EventLog> events;
  std::unique_ptr<lineage::Graph> graph;
  std::unique_ptr<Service> service;

 private:
  explicit World(TempDir temporary) : folder(std::move(temporary)), source(folder.path()) { open(); }
  void open() {
    database = *sql::open_sqlite({.path = (folder.path() / "test.db").string()});
    events = std::make_unique<events::EventLog>(*database, clock);
    graph = std::make_unique<lineage::Graph>(*database, clock);
    service = std::make_unique<Service>(*database, *events, *graph, clock, source, sink);
    service->add_runtime(std::make_unique<SumRuntime>());
    (void)events->open();
    (void)graph->open();
    (void)service->open();
    (void)service->start();
    for (int i = 0; i < 2000 && !service->ready(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  void close() {
    service.reset();
    graph.reset();
    events.reset();
    database.reset();
  }
};

}  // namespace treadle::serving::testing
