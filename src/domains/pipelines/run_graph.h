// One run as a graph of nodes and the rules by which it moves. No threads, no storage: advance() says what changed and
// what is ready; the engine writes it down and runs the steps.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "domains/pipelines/types.h"

namespace treadle::pipelines {

struct Node {
  enum class Kind { kStep, kDag, kLoop };
  Task task;
  Kind kind = Kind::kStep;
  std::string short_name;  // within its DAG
  const Json* spec = nullptr;
  const Json* component = nullptr;
  Node* parent = nullptr;
  std::size_t position = 0;
  std::vector<std::unique_ptr<Node>> children;
  std::optional<Json> item;  // an iteration of a loop: its value
  bool ready = false;        // a step that waits for a free place, or runs
  bool dirty = false;
  int failures = 0;
  std::int64_t not_before_ns = 0;  // a step that is tried again later
  std::string cache_key;           // outputs to remember
};

class RunGraph {
 public:
  // `spec` was checked. Every task outside loops has its node at once.
  RunGraph(Run run, Json spec, std::optional<bool> caching);
  RunGraph(const RunGraph&) = delete;
  RunGraph& operator=(const RunGraph&) = delete;

  // Takes over the rows of an earlier server; steps that were running are pending again and returned.
  std::vector<Node*> restore(const std::vector<Task>& rows);
  // Moves as far as it goes. Nodes that changed are `dirty` until taken.
  void advance(std::int64_t now_ms);
  std::vector<Node*> take_dirty();
  // Steps that may start now, in order; `next_ns` becomes the earliest time another one may.
  std::vector<Node*> ready_steps(std::int64_t now_ns, std::int64_t& next_ns);
  void start_step(Node& node, std::int64_t now_ms);
  struct Result {
    TaskState state;
    Json inputs, outputs;
    std::string error, cache_key;
  };
  // A failure with retries left makes the step pending again.
  void finish_step(Node& node, Result result, std::int64_t now_ms, std::int64_t now_ns);
  bool use_cache(const Node& node) const;
  const std::vector<Node*>& nodes() const { return nodes_; }
  const Json& spec() const { return spec_; }

  Run run;
  bool run_dirty = false;

 private:
  void add_children(Node& dag);
  void add_iterations(Node& loop, const Json& items);
  Node& add_node(Node& parent, const std::string& name, const Json& spec, const Json& component);
  void visit(Node& dag, std::int64_t now_ms);
  void try_start(Node& node, std::int64_t now_ms);
  Status start(Node& node, std::int64_t now_ms);
  void close(Node& dag, std::int64_t now_ms);
  void end(Node& node, TaskState state, std::string error, std::int64_t now_ms);
  const Task* sibling(const Node& node, const std::string& name) const;
  void cancel_pending(std::int64_t now_ms);
  void finish_run(std::int64_t now_ms);

  Json spec_;
  std::optional<bool> caching_;
  Node root_;
  std::vector<Node*> nodes_;
  bool moved_ = false;
};

}  // namespace treadle::pipelines
