// The lineage graph: what came from what. Edges are written by the step that makes them, in its transaction.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "base/status.h"
#include "storage/sql/database.h"

namespace treadle::lineage {

// kinds: dataset, feature_view, pipeline_run, step, run, artifact, model_version, deployment, predictions, report,
// commit
struct Node {
  std::string kind;
  std::string id;  // unique within its kind, e.g. model_version "energy-demand/3", dataset "sha256:…"
  Json attributes = Json::object();
};
struct NodeKey {
  std::string kind, id;
  bool operator==(const NodeKey&) const = default;
};
struct Edge {
  NodeKey from, to;      // `to` was made from `from`
  std::string relation;  // "input", "output", "registered", "deployed", "predicted", "truth"
};
struct Subgraph {
  std::vector<Node> nodes;
  std::vector<Edge> edges;
};

class Graph {
 public:
  Graph(sql::Database& database, const Clock& clock);
  Status open();
  // Idempotent; attributes of an existing node are merged over.
  Status add_node(sql::Connection& tx, const Node& node);
  // Both ends must exist. Idempotent.
  Status add_edge(sql::Connection& tx, const Edge& edge);
  StatusOr<Node> get(const NodeKey& key);
  // Everything `key` was made from (upstream) or that was made from it (downstream), breadth first, at most `limit`
  // nodes.
  // A node of one of the kinds `leaves` is in the answer, but what it was made from is not: a deployment, for one, was
  // made from every version that it ever served.
  StatusOr<Subgraph> upstream(const NodeKey& key, int depth = 32, std::size_t limit = 1000,
                              const std::vector<std::string>& leaves = {});
  StatusOr<Subgraph> downstream(const NodeKey& key, int depth = 32, std::size_t limit = 1000);

 private:
  sql::Database& database_;
  const Clock& clock_;
};

}  // namespace treadle::lineage
