#include "domains/lineage/graph.h"

#include <algorithm>
#include <deque>
#include <set>
#include <utility>

namespace treadle::lineage {
namespace {

const std::vector<sql::Migration> kMigrations = {
    {1,
     "CREATE TABLE lineage_nodes(kind TEXT NOT NULL, id TEXT NOT NULL, attributes TEXT NOT NULL,"
     " created_ms BIGINT NOT NULL, PRIMARY KEY(kind, id));"
     "CREATE TABLE lineage_edges(from_kind TEXT NOT NULL, from_id TEXT NOT NULL, to_kind TEXT NOT NULL,"
     " to_id TEXT NOT NULL, relation TEXT NOT NULL, created_ms BIGINT NOT NULL,"
     " PRIMARY KEY(to_kind, to_id, from_kind, from_id, relation),"
     " FOREIGN KEY(from_kind, from_id) REFERENCES lineage_nodes(kind, id),"
     " FOREIGN KEY(to_kind, to_id) REFERENCES lineage_nodes(kind, id));"
     "CREATE INDEX lineage_edges_from ON lineage_edges(from_kind, from_id)"}};

constexpr std::string_view kInto =
    "SELECT from_kind, from_id, to_kind, to_id, relation FROM lineage_edges WHERE to_kind = ? AND to_id = ?"
    " ORDER BY from_kind, from_id";
constexpr std::string_view kOutOf =
    "SELECT from_kind, from_id, to_kind, to_id, relation FROM lineage_edges WHERE from_kind = ? AND from_id = ?"
    " ORDER BY to_kind, to_id";

StatusOr<Node> load_node(sql::Connection& connection, const NodeKey& key) {
  ASSIGN_OR_RETURN(
      const auto text,
      connection.query_text("SELECT attributes FROM lineage_nodes WHERE kind = ? AND id = ?", {key.kind, key.id}));
  if (!text) return not_found("the lineage graph has no ", key.kind, " \"", key.id, "\"");
  ASSIGN_OR_RETURN(Json attributes, parse_json(*text));
  return Node{key.kind, key.id, std::move(attributes)};
}

StatusOr<std::vector<Edge>> load_edges(sql::Connection& connection, std::string_view sql, const NodeKey& key) {
  std::vector<Edge> edges;
  RETURN_IF_ERROR(connection.query(sql, {key.kind, key.id}, [&](const sql::Row& row) {
    edges.push_back({{row.string(0), row.string(1)}, {row.string(2), row.string(3)}, row.string(4)});
    return ok_status();
  }));
  return edges;
}

// Breadth first along `sql`, whose far end `next` picks out of an edge.
StatusOr<Subgraph> walk(sql::Database& database, std::string_view sql, NodeKey Edge::*next, const NodeKey& start,
                        int depth, std::size_t limit, const std::vector<std::string>& leaves) {
  Subgraph graph;
  RETURN_IF_ERROR(database.read([&](sql::Connection& connection) -> Status {
    std::set<std::pair<std::string, std::string>> seen = {{start.kind, start.id}};
    std::deque<std::pair<NodeKey, int>> open = {{start, 0}};
    while (!open.empty() && graph.nodes.size() < limit) {
      const auto [key, level] = open.front();
      open.pop_front();
      ASSIGN_OR_RETURN(Node node, load_node(connection, key));
      graph.nodes.push_back(std::move(node));
      if (level >= depth || std::find(leaves.begin(), leaves.end(), key.kind) != leaves.end()) continue;
      ASSIGN_OR_RETURN(const std::vector<Edge> edges, load_edges(connection, sql, key));
      for (const Edge& edge : edges) {
        graph.edges.push_back(edge);
        const NodeKey& other = edge.*next;
        if (seen.emplace(other.kind, other.id).second) open.emplace_back(other, level + 1);
      }
    }
    return ok_status();
  }));
  return graph;
}

}  // namespace

Graph::Graph(sql::Database& database, const Clock& clock) : database_(database), clock_(clock) {}

Status Graph::open() { return sql::migrate(database_, "lineage", kMigrations); }

Status Graph::add_node(sql::Connection& tx, const Node& node) {
  Json attributes = node.attributes;
  const auto existing = load_node(tx, {node.kind, node.id});
  if (existing.ok()) {
    attributes = existing->attributes;
    attributes.update(node.attributes);
  } else if (existing.status().code() != StatusCode::kNotFound) {
    return existing.status();
  }
  return tx
      .execute(
          "INSERT INTO lineage_nodes(kind, id, attributes, created_ms) VALUES (?, ?, ?, ?)"
          " ON CONFLICT(kind, id) DO UPDATE SET attributes = excluded.attributes",
          {node.kind, node.id, to_text(attributes), clock_.now_ms()})
      .status();
}

Status Graph::add_edge(sql::Connection& tx, const Edge& edge) {
  Status status = tx.execute(
                        "INSERT INTO lineage_edges(from_kind, from_id, to_kind, to_id, relation, created_ms)"
                        " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
                        {edge.from.kind, edge.from.id, edge.to.kind, edge.to.id, edge.relation, clock_.now_ms()})
                      .status();
  if (status.code() != StatusCode::kFailedPrecondition) return status;
  return not_found("the lineage graph lacks an end of ", edge.from.kind, " \"", edge.from.id, "\" -> ", edge.to.kind,
                   " \"", edge.to.id, "\"");
}

StatusOr<Node> Graph::get(const NodeKey& key) {
  StatusOr<Node> node = not_found("");
  RETURN_IF_ERROR(database_.read([&](sql::Connection& connection) {
    node = load_node(connection, key);
    return ok_status();
  }));
  return node;
}

StatusOr<Subgraph> Graph::upstream(const NodeKey& key, int depth, std::size_t limit,
                                   const std::vector<std::string>& leaves) {
  return walk(database_, kInto, &Edge::from, key, depth, limit, leaves);
}

StatusOr<Subgraph> Graph::downstream(const NodeKey& key, int depth, std::size_t limit) {
  return walk(database_, kOutOf, &Edge::to, key, depth, limit, {});
}

}  // namespace treadle::lineage
