#include "domains/lineage/graph.h"

#include <gtest/gtest.h>

#include "storage/sql/testing/engines.h"

namespace treadle::lineage {
namespace {

class GraphTest : public sql::testing::EngineTest {
 protected:
  void SetUp() override {
    EngineTest::SetUp();
    if (IsSkipped()) return;
    graph_ = std::make_unique<Graph>(database(), clock_);
    ASSERT_TRUE(graph_->open().ok());
  }
  Status node(const Node& node) {
    return database().write([&](sql::Connection& tx) { return graph_->add_node(tx, node); });
  }
  Status edge(const Edge& edge) {
    return database().write([&](sql::Connection& tx) { return graph_->add_edge(tx, edge); });
  }
  ManualClock clock_{1};
  std::unique_ptr<Graph> graph_;
};

TEST_P(GraphTest, WalksBothWays) {
  ASSERT_TRUE(node({"dataset", "d", {{"rows", 5}}}).ok());
  ASSERT_TRUE(node({"run", "r"}).ok());
  ASSERT_TRUE(node({"model_version", "m/1"}).ok());
  ASSERT_TRUE(edge({{"dataset", "d"}, {"run", "r"}, "input"}).ok());
  ASSERT_TRUE(edge({{"run", "r"}, {"model_version", "m/1"}, "output"}).ok());
  ASSERT_TRUE(edge({{"run", "r"}, {"model_version", "m/1"}, "output"}).ok());
  const auto up = graph_->upstream({"model_version", "m/1"});
  ASSERT_TRUE(up.ok());
  ASSERT_EQ(up->nodes.size(), 3u);
  EXPECT_EQ(up->edges.size(), 2u);
  EXPECT_EQ(up->nodes[2].attributes["rows"], 5);
  EXPECT_EQ(graph_->downstream({"dataset", "d"})->nodes.size(), 3u);
  EXPECT_EQ(graph_->upstream({"model_version", "m/1"}, 1)->nodes.size(), 2u);
  const auto leaf = graph_->upstream({"model_version", "m/1"}, 32, 1000, {"run"});
  EXPECT_EQ(leaf->nodes.size(), 2u) << "the run is there, its data set is not";
  EXPECT_EQ(leaf->edges.size(), 1u);
  EXPECT_EQ(graph_->upstream({"run", "nobody"}).status().code(), StatusCode::kNotFound);
}

TEST_P(GraphTest, AttributesMergeAndEndsMustExist) {
  ASSERT_TRUE(node({"run", "r", {{"a", 1}}}).ok());
  ASSERT_TRUE(node({"run", "r", {{"b", 2}}}).ok());
  EXPECT_EQ(graph_->get({"run", "r"})->attributes, (Json{{"a", 1}, {"b", 2}}));
  EXPECT_EQ(edge({{"run", "r"}, {"run", "nobody"}, "input"}).code(), StatusCode::kNotFound);
}

TREADLE_ON_BOTH_ENGINES(GraphTest);

}  // namespace
}  // namespace treadle::lineage
