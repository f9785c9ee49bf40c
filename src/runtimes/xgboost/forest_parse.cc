// From XGBoost's model file to the evaluator's nodes. Every index is checked here, so that predict() need not.
#include <cmath>

#include "base/json.h"
#include "runtimes/xgboost/forest.h"
#include "runtimes/xgboost/ubjson.h"

namespace treadle::xgboost {
namespace {

constexpr std::int64_t kMaxNodes = 1 << 24;

StatusOr<const Json*> object_at(const Json& parent, std::string_view field) {
  ASSIGN_OR_RETURN(const Json* value, optional_object(parent, field));
  if (value == nullptr) return invalid_field(field, "is missing from the XGBoost model");
  return value;
}

StatusOr<const Json*> array_at(const Json& parent, std::string_view field) {
  ASSIGN_OR_RETURN(const Json* value, optional_array(parent, field));
  if (value == nullptr) return invalid_field(field, "is missing from the XGBoost model");
  return value;
}

// "5E-1" until 3.0, "[5E-1]" since.
StatusOr<float> parse_base_score(std::string_view text) {
  if (text.starts_with('[') && text.ends_with(']')) text = text.substr(1, text.size() - 2);
  if (text.find(',') != std::string_view::npos) return unimplemented("a model with several targets is not served yet");
  const auto value = parse_double(text);
  if (!value || !std::isfinite(*value)) return invalid_field("base_score", "must be a number, got '", text, "'");
  return static_cast<float>(*value);
}

// One array of a tree with a number per node.
class NodeArray {
 public:
  static StatusOr<NodeArray> create(const Json& tree, std::string_view field, std::size_t size) {
    ASSIGN_OR_RETURN(const Json* values, array_at(tree, field));
    if (values->size() != size) return invalid_field(field, "has ", values->size(), " entries for ", size, " nodes");
    for (const Json& value : *values) {
      if (!value.is_number() && !value.is_boolean()) return invalid_field(field, "must hold numbers");
    }
    return NodeArray(*values);
  }
  std::int64_t integer(std::size_t i) const {
    const Json& value = (*values_)[i];
    return value.is_boolean() ? static_cast<std::int64_t>(value.get<bool>()) : value.get<std::int64_t>();
  }
  float real(std::size_t i) const { return (*values_)[i].get<float>(); }

 private:
  explicit NodeArray(const Json& values) : values_(&values) {}
  const Json* values_;
};

struct TreeArrays {
  NodeArray left, right, feature, threshold, default_left;
  std::size_t size;
};

StatusOr<TreeArrays> tree_arrays(const Json& tree) {
  ASSIGN_OR_RETURN(const Json* parameters, object_at(tree, "tree_param"));
  ASSIGN_OR_RETURN(const std::int64_t leaf_size, optional_int(*parameters, "size_leaf_vector", 1));
  if (leaf_size > 1) return unimplemented("trees with vector leaves are not served yet");
  ASSIGN_OR_RETURN(const Json* children, array_at(tree, "left_children"));
  const std::size_t size = children->size();
  if (size == 0 || size > static_cast<std::size_t>(kMaxNodes))
    return invalid_field("left_children", "has ", size, " nodes");
  ASSIGN_OR_RETURN(const Json* categories, optional_array(tree, "categories_nodes"));
  if (categories != nullptr && !categories->empty()) return unimplemented("categorical splits are not served yet");
  ASSIGN_OR_RETURN(NodeArray left, NodeArray::create(tree, "left_children", size));
  ASSIGN_OR_RETURN(NodeArray right, NodeArray::create(tree, "right_children", size));
  ASSIGN_OR_RETURN(NodeArray feature, NodeArray::create(tree, "split_indices", size));
  ASSIGN_OR_RETURN(NodeArray threshold, NodeArray::create(tree, "split_conditions", size));
  ASSIGN_OR_RETURN(NodeArray default_left, NodeArray::create(tree, "default_left", size));
  return TreeArrays{left, right, feature, threshold, default_left, size};
}

}  // namespace

struct Forest::Builder {
  Forest forest;

  Status objective(const Json& learner) {
    ASSIGN_OR_RETURN(const Json* parameters, object_at(learner, "learner_model_param"));
    ASSIGN_OR_RETURN(const std::int64_t classes, optional_int(*parameters, "num_class", 0));
    ASSIGN_OR_RETURN(const std::int64_t targets, optional_int(*parameters, "num_target", 1));
    if (classes > 1) return unimplemented("multi-class models are not served yet");
    if (targets > 1) return unimplemented("models with several targets are not served yet");
    ASSIGN_OR_RETURN(const std::int64_t features, required_int(*parameters, "num_feature"));
    if (features < 1 || features > 1'000'000) return invalid_field("num_feature", "is ", features);
    forest.features_ = static_cast<std::size_t>(features);
    ASSIGN_OR_RETURN(const std::string score_text, required_string(*parameters, "base_score"));
    ASSIGN_OR_RETURN(const float score, parse_base_score(score_text));
    ASSIGN_OR_RETURN(const Json* objective, object_at(learner, "objective"));
    ASSIGN_OR_RETURN(forest.objective_, required_string(*objective, "name"));
    return set_link(forest.objective_, score);
  }

  // The base score is stored as a prediction; the trees add to it before the link function.
  Status set_link(std::string_view name, float score) {
    for (const std::string_view identity :
         {"reg:squarederror", "reg:linear", "reg:squaredlogerror", "reg:absoluteerror", "reg:pseudohubererror",
          "reg:quantileerror", "rank:ndcg", "rank:pairwise", "rank:map", "binary:logitraw"}) {
      if (name != identity) continue;
      forest.link_ = Link::kIdentity;
      forest.base_margin_ = score;
      return ok_status();
    }
    if (name == "binary:logistic" || name == "reg:logistic") {
      if (score <= 0 || score >= 1) return invalid_field("base_score", "must be between 0 and 1 for ", name);
      forest.link_ = Link::kLogistic;
      forest.base_margin_ = -std::log(1.0F / score - 1.0F);
      return ok_status();
    }
    if (name == "count:poisson" || name == "reg:gamma" || name == "reg:tweedie") {
      if (score <= 0) return invalid_field("base_score", "must be positive for ", name);
      forest.link_ = Link::kExponential;
      forest.base_margin_ = std::log(score);
      return ok_status();
    }
    return unimplemented("objective '", name, "' is not served yet");
  }

  Status names(const Json& learner) {
    ASSIGN_OR_RETURN(const Json* names, optional_array(learner, "feature_names"));
    if (names == nullptr || names->empty()) return ok_status();
    if (names->size() != forest.features_) {
      return invalid_field("feature_names", "has ", names->size(), " names for ", forest.features_, " features");
    }
    for (const Json& name : *names) {
      if (!name.is_string()) return invalid_field("feature_names", "must hold strings");
      forest.feature_names_.push_back(name.get<std::string>());
    }
    return ok_status();
  }

  Status booster(const Json& learner, Trees which) {
    ASSIGN_OR_RETURN(const Json* booster, object_at(learner, "gradient_booster"));
    ASSIGN_OR_RETURN(const std::string name, required_string(*booster, "name"));
    const Json* weights = nullptr;
    if (name == "dart") {
      ASSIGN_OR_RETURN(weights, array_at(*booster, "weight_drop"));
      ASSIGN_OR_RETURN(booster, object_at(*booster, "gbtree"));
    } else if (name != "gbtree") {
      return unimplemented("booster '", name, "' is not served; gbtree and dart are");
    }
    ASSIGN_OR_RETURN(const Json* model, object_at(*booster, "model"));
    ASSIGN_OR_RETURN(const Json* trees, array_at(*model, "trees"));
    ASSIGN_OR_RETURN(const std::size_t count, tree_count(learner, *model, trees->size(), which));
    if (weights != nullptr && weights->size() != trees->size()) {
      return invalid_field("weight_drop", "has ", weights->size(), " entries for ", trees->size(), " trees");
    }
    for (std::size_t i = 0; i < count; ++i) {
      float weight = 1;
      if (weights != nullptr) {
        if (!(*weights)[i].is_number()) return invalid_field("weight_drop", "must hold numbers");
        weight = (*weights)[i].get<float>();
      }
      const Status added = tree((*trees)[i], weight);
      if (!added.ok()) return with_context(added, str_cat("tree ", i));
    }
    return ok_status();
  }

  static StatusOr<std::size_t> tree_count(const Json& learner, const Json& model, std::size_t all, Trees which) {
    if (which == Trees::kAll) return all;
    ASSIGN_OR_RETURN(const Json* attributes, optional_object(learner, "attributes"));
    if (attributes == nullptr) return all;
    ASSIGN_OR_RETURN(const std::int64_t best, optional_int(*attributes, "best_iteration", -1));
    if (best < 0) return all;
    ASSIGN_OR_RETURN(const Json* starts, array_at(model, "iteration_indptr"));
    const auto end = static_cast<std::size_t>(best) + 1;
    if (end >= starts->size() || !(*starts)[end].is_number_integer()) {
      return invalid_field("best_iteration", "is ", best, " but the model has ", starts->size(), " iterations");
    }
    return std::min(all, (*starts)[end].get<std::size_t>());
  }

  // Lays the tree out breadth first, so that siblings are neighbours and the upper levels share cache lines.
  Status tree(const Json& json, float weight) {
    if (!json.is_object()) return invalid("must be an object");
    ASSIGN_OR_RETURN(const TreeArrays arrays, tree_arrays(json));
    struct Item {
      std::size_t source;
      std::uint32_t depth;
    };
    const auto first = static_cast<std::uint32_t>(forest.nodes_.size());
    std::vector<Item> order{{0, 0}};
    std::vector<char> seen(arrays.size, 0);
    seen[0] = 1;
    std::uint32_t depth = 0;
    for (std::size_t i = 0; i < order.size(); ++i) {  // grows while it runs
      const auto [source, level] = order[i];
      depth = std::max(depth, level);
      const std::int64_t left = arrays.left.integer(source), right = arrays.right.integer(source);
      const auto self = static_cast<std::uint32_t>(first + i);
      if (left == -1) {
        forest.nodes_.push_back({arrays.threshold.real(source), 0, self, 0, 0});
        continue;
      }
      for (const std::int64_t child : {left, right}) {
        if (child < 0 || child >= static_cast<std::int64_t>(arrays.size) || seen[static_cast<std::size_t>(child)]) {
          return invalid("node ", source, " has the child ", child, ", which is not a tree's");
        }
        seen[static_cast<std::size_t>(child)] = 1;
      }
      const std::int64_t feature = arrays.feature.integer(source);
      if (feature < 0 || feature >= static_cast<std::int64_t>(forest.features_)) {
        return invalid("node ", source, " splits on feature ", feature, " of ", forest.features_);
      }
      forest.nodes_.push_back({arrays.threshold.real(source), static_cast<std::uint32_t>(feature),
                               static_cast<std::uint32_t>(first + order.size()), 1,
                               static_cast<std::uint16_t>(arrays.default_left.integer(source) == 0 ? 1 : 0)});
      order.push_back({static_cast<std::size_t>(left), level + 1});
      order.push_back({static_cast<std::size_t>(right), level + 1});
    }
    forest.roots_.push_back({first, depth, weight});
    if (forest.nodes_.size() > static_cast<std::size_t>(kMaxNodes))
      return resource_exhausted("the model has too many nodes");
    return ok_status();
  }
};

StatusOr<Forest> Forest::parse(std::string_view bytes, Trees trees) {
  if (bytes.starts_with("binf") || bytes.starts_with("bs64")) {
    return unimplemented("this is XGBoost's old binary format; save the model as .ubj or .json");
  }
  // Both forms begin with '{'; JSON goes on with a quote or white space, UBJSON with a length.
  const bool json = bytes.size() > 1 && bytes[0] == '{' && (bytes[1] == '"' || bytes[1] == ' ' || bytes[1] == '\n');
  ASSIGN_OR_RETURN(const Json document, json ? parse_json(bytes) : parse_ubjson(bytes));
  if (!document.is_object()) return invalid("an XGBoost model is a JSON object");
  ASSIGN_OR_RETURN(const Json* learner, object_at(document, "learner"));
  Builder builder;
  RETURN_IF_ERROR(builder.objective(*learner));
  RETURN_IF_ERROR(builder.names(*learner));
  RETURN_IF_ERROR(builder.booster(*learner, trees));
  return std::move(builder.forest);
}

}  // namespace treadle::xgboost
