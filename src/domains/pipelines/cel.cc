#include "domains/pipelines/cel.h"

#include <cmath>

#include "domains/pipelines/cel_parser.h"

namespace treadle::pipelines {
namespace {

using cel::Node;

StatusOr<Json> evaluate(const Node& node, const Json& names);

Status wrong_type(std::string_view what, const Json& value) {
  return invalid("condition: ", what, " cannot be applied to ", value.type_name(), " ", to_text(value).substr(0, 100));
}

StatusOr<Json> to_integer(const Json& value) {
  if (value.is_boolean()) return Json(value.get<bool>() ? 1 : 0);
  if (value.is_number_integer()) return value;
  if (value.is_number() && std::abs(value.get<double>()) < 9e18) {
    return Json(static_cast<std::int64_t>(value.get<double>()));
  }
  if (value.is_string()) {
    const auto number = parse_int(value.get_ref<const std::string&>());
    if (number) return Json(*number);
  }
  return wrong_type("int()", value);
}

StatusOr<Json> to_double(const Json& value) {
  if (value.is_number()) return Json(value.get<double>());
  if (value.is_string()) {
    const auto number = parse_double(value.get_ref<const std::string&>());
    if (number) return Json(*number);
  }
  return wrong_type("double()", value);
}

StatusOr<Json> to_boolean(const Json& value) {
  if (value.is_boolean()) return value;
  if (value == "true" || value == "True") return Json(true);
  if (value == "false" || value == "False") return Json(false);
  return wrong_type("bool()", value);
}

StatusOr<Json> call(const Node& node, const Json& names) {
  if (node.children.size() != 1) return invalid("condition: ", node.text, "() takes one value");
  ASSIGN_OR_RETURN(const Json value, evaluate(node.children[0], names));
  if (node.text == "int") return to_integer(value);
  if (node.text == "double") return to_double(value);
  if (node.text == "bool") return to_boolean(value);
  if (node.text == "string") return value.is_string() ? value : Json(to_text(value));
  if (node.text == "size" && (value.is_array() || value.is_object())) return Json(value.size());
  if (node.text == "size" && value.is_string()) return Json(value.get_ref<const std::string&>().size());
  if (node.text == "parseJson" && value.is_string()) return parse_json(value.get_ref<const std::string&>());
  if (node.text == "size" || node.text == "parseJson") return wrong_type(node.text + "()", value);
  return invalid("condition: the function ", node.text,
                 "() is not known (known: int double string bool size parseJson)");
}

StatusOr<Json> index(const Node& node, const Json& names) {
  ASSIGN_OR_RETURN(const Json whole, evaluate(node.children[0], names));
  ASSIGN_OR_RETURN(const Json key, evaluate(node.children[1], names));
  if (whole.is_object() && key.is_string()) {
    const auto found = whole.find(key.get_ref<const std::string&>());
    if (found != whole.end()) return *found;
    return invalid("condition: there is no value named ", to_text(key));
  }
  if (whole.is_array() && key.is_number_integer()) {
    const auto at = key.get<std::int64_t>();
    if (at >= 0 && at < static_cast<std::int64_t>(whole.size())) return whole[static_cast<std::size_t>(at)];
    return invalid("condition: index ", at, " is outside the list of ", whole.size());
  }
  return wrong_type("[]", whole);
}

StatusOr<Json> compare(const std::string& op, const Json& a, const Json& b) {
  if (op == "==") return Json(a == b);
  if (op == "!=") return Json(a != b);
  if (!(a.is_number() && b.is_number()) && !(a.is_string() && b.is_string())) {
    return invalid("condition: ", to_text(a).substr(0, 100), " and ", to_text(b).substr(0, 100),
                   " cannot be compared by ", op);
  }
  if (op == "<") return Json(a < b);
  if (op == "<=") return Json(a <= b);
  if (op == ">") return Json(a > b);
  return Json(a >= b);
}

StatusOr<Json> arithmetic(const std::string& op, const Json& a, const Json& b) {
  if (op == "+" && a.is_string() && b.is_string()) return Json(a.get<std::string>() + b.get<std::string>());
  if (!a.is_number()) return wrong_type(op, a);
  if (!b.is_number()) return wrong_type(op, b);
  if (a.is_number_integer() && b.is_number_integer()) {
    const auto x = a.get<std::int64_t>();
    const auto y = b.get<std::int64_t>();
    std::int64_t out = 0;
    bool overflow = false;
    if (op == "+") overflow = __builtin_add_overflow(x, y, &out);
    if (op == "-") overflow = __builtin_sub_overflow(x, y, &out);
    if (op == "*") overflow = __builtin_mul_overflow(x, y, &out);
    if (op == "/" || op == "%") {
      overflow = y == 0 || (y == -1 && x == INT64_MIN);
      if (!overflow) out = op == "/" ? x / y : x % y;
    }
    if (overflow) return invalid("condition: ", x, " ", op, " ", y, " has no result in 64 bits");
    return Json(out);
  }
  const auto x = a.get<double>();
  const auto y = b.get<double>();
  if (op == "+") return Json(x + y);
  if (op == "-") return Json(x - y);
  if (op == "*") return Json(x * y);
  if (op == "/") return Json(x / y);
  return wrong_type(op, a);
}

StatusOr<bool> truth(const Node& node, const Json& names) {
  ASSIGN_OR_RETURN(const Json value, evaluate(node, names));
  if (!value.is_boolean()) return wrong_type("a logical operator", value);
  return value.get<bool>();
}

StatusOr<Json> binary(const Node& node, const Json& names) {
  if (node.text == "&&" || node.text == "||") {
    ASSIGN_OR_RETURN(const bool left, truth(node.children[0], names));
    if (left == (node.text == "||")) return Json(left);
    ASSIGN_OR_RETURN(const bool right, truth(node.children[1], names));
    return Json(right);
  }
  ASSIGN_OR_RETURN(const Json a, evaluate(node.children[0], names));
  ASSIGN_OR_RETURN(const Json b, evaluate(node.children[1], names));
  if (node.text == "in") {
    if (b.is_array()) return Json(std::find(b.begin(), b.end(), a) != b.end());
    if (b.is_object() && a.is_string()) return Json(b.contains(a.get_ref<const std::string&>()));
    return wrong_type("in", b);
  }
  if (node.text.find_first_of("=<>!") != std::string::npos) return compare(node.text, a, b);
  return arithmetic(node.text, a, b);
}

StatusOr<Json> unary(const Node& node, const Json& names) {
  if (node.text == "!") {
    ASSIGN_OR_RETURN(const bool value, truth(node.children[0], names));
    return Json(!value);
  }
  ASSIGN_OR_RETURN(const Json value, evaluate(node.children[0], names));
  return arithmetic("-", value.is_number_float() ? Json(0.0) : Json(0), value);
}

StatusOr<Json> evaluate(const Node& node, const Json& names) {
  switch (node.kind) {
    case Node::Kind::kLiteral:
      return node.value;
    case Node::Kind::kName: {
      const auto found = names.find(node.text);
      if (found == names.end()) return invalid("condition: the name ", node.text, " is not known");
      return *found;
    }
    case Node::Kind::kCall:
      return call(node, names);
    case Node::Kind::kIndex:
      return index(node, names);
    case Node::Kind::kUnary:
      return unary(node, names);
    case Node::Kind::kBinary:
      return binary(node, names);
    case Node::Kind::kList:
      break;
  }
  Json list = Json::array();
  for (const Node& child : node.children) {
    ASSIGN_OR_RETURN(Json item, evaluate(child, names));
    list.push_back(std::move(item));
  }
  return list;
}

}  // namespace

Status check_cel(std::string_view expression) { return detail::as_status(cel::parse(expression)); }

StatusOr<Json> evaluate_cel(std::string_view expression, const Json& names) {
  ASSIGN_OR_RETURN(const Node tree, cel::parse(expression));
  return evaluate(tree, names);
}

StatusOr<bool> evaluate_condition(std::string_view expression, const Json& parameter_values) {
  ASSIGN_OR_RETURN(const Json value, evaluate_cel(expression, {{"inputs", {{"parameter_values", parameter_values}}}}));
  if (!value.is_boolean())
    return invalid("condition \"", expression, "\" gives ", to_text(value), ", not true or false");
  return value.get<bool>();
}

}  // namespace treadle::pipelines
