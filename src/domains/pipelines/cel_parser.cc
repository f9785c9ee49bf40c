#include "domains/pipelines/cel_parser.h"

#include <array>
#include <cctype>

namespace treadle::pipelines::cel {
namespace {

constexpr std::size_t kMaxLength = 16 << 10;
constexpr int kMaxDepth = 64;

bool word_start(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_'; }
bool word_part(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }
bool digit(char c) { return c >= '0' && c <= '9'; }

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  StatusOr<Node> whole() {
    ASSIGN_OR_RETURN(Node node, binary(0));
    skip_space();
    if (at_ < text_.size()) return error("unexpected text");
    return node;
  }

 private:
  Status error(std::string_view what) const {
    return invalid("condition \"", text_, "\": ", what, " at character ", at_ + 1);
  }
  void skip_space() {
    while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_])) != 0) ++at_;
  }
  bool take(std::string_view token) {
    skip_space();
    if (!text_.substr(at_).starts_with(token)) return false;
    const std::size_t end = at_ + token.size();
    if (word_start(token[0]) && end < text_.size() && word_part(text_[end])) return false;
    at_ = end;
    return true;
  }

  // Precedence climbing; longer operators come before their prefixes.
  StatusOr<Node> binary(std::size_t level) {
    static const std::array<std::vector<std::string_view>, 5> kLevels = {
        {{"||"}, {"&&"}, {"==", "!=", "<=", ">=", "<", ">", "in"}, {"+", "-"}, {"*", "/", "%"}}};
    if (level == kLevels.size()) return unary();
    ASSIGN_OR_RETURN(Node left, binary(level + 1));
    while (true) {
      std::string_view found;
      for (const std::string_view op : kLevels[level]) {
        if (take(op)) {
          found = op;
          break;
        }
      }
      if (found.empty()) return left;
      ASSIGN_OR_RETURN(Node right, binary(level + 1));
      left = Node{Node::Kind::kBinary, std::string(found), {}, {std::move(left), std::move(right)}};
    }
  }

  StatusOr<Node> unary() {
    if (++depth_ > kMaxDepth) return error("nested too deep");
    StatusOr<Node> out = unary_inner();
    --depth_;
    return out;
  }
  StatusOr<Node> unary_inner() {
    for (const std::string_view op : {"!", "-"}) {
      if (!take(op)) continue;
      ASSIGN_OR_RETURN(Node operand, unary());
      return Node{Node::Kind::kUnary, std::string(op), {}, {std::move(operand)}};
    }
    ASSIGN_OR_RETURN(Node node, primary());
    while (true) {
      Node key;
      if (take("[")) {
        ASSIGN_OR_RETURN(key, binary(0));
        if (!take("]")) return error("expected ]");
      } else if (take(".")) {
        ASSIGN_OR_RETURN(std::string name, word());
        key.value = std::move(name);
      } else {
        return node;
      }
      node = Node{Node::Kind::kIndex, "", {}, {std::move(node), std::move(key)}};
    }
  }

  StatusOr<std::string> word() {
    skip_space();
    const std::size_t begin = at_;
    if (at_ < text_.size() && word_start(text_[at_])) {
      while (at_ < text_.size() && word_part(text_[at_])) ++at_;
    }
    if (at_ == begin) return error("expected a value");
    return std::string(text_.substr(begin, at_ - begin));
  }

  StatusOr<std::vector<Node>> arguments(std::string_view close) {
    std::vector<Node> out;
    if (take(close)) return out;
    do {
      ASSIGN_OR_RETURN(Node item, binary(0));
      out.push_back(std::move(item));
    } while (take(","));
    if (!take(close)) return error(str_cat("expected ", close));
    return out;
  }

  StatusOr<Node> primary() {
    skip_space();
    if (at_ >= text_.size()) return error("ends too early");
    const char c = text_[at_];
    if (c == '\'' || c == '"') return string_literal();
    if (digit(c) || c == '.') return number();
    Node node;
    if (take("(")) {
      ASSIGN_OR_RETURN(node, binary(0));
      if (!take(")")) return error("expected )");
      return node;
    }
    if (take("[")) {
      node.kind = Node::Kind::kList;
      ASSIGN_OR_RETURN(node.children, arguments("]"));
      return node;
    }
    ASSIGN_OR_RETURN(node.text, word());
    if (node.text == "true" || node.text == "false") {
      node.value = node.text == "true";
    } else if (node.text == "null") {
      node.value = nullptr;
    } else if (take("(")) {
      node.kind = Node::Kind::kCall;
      ASSIGN_OR_RETURN(node.children, arguments(")"));
    } else {
      node.kind = Node::Kind::kName;
    }
    return node;
  }

  StatusOr<Node> number() {
    const std::size_t begin = at_;
    bool fraction = false;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      const bool sign = (c == '+' || c == '-') && (text_[at_ - 1] == 'e' || text_[at_ - 1] == 'E') && at_ > begin;
      if (c == '.' || c == 'e' || c == 'E') fraction = true;
      if (!digit(c) && c != '.' && c != 'e' && c != 'E' && !sign) break;
      ++at_;
    }
    const std::string_view digits = text_.substr(begin, at_ - begin);
    Node node;
    if (fraction) {
      const auto value = parse_double(digits);
      if (!value) return error("not a number");
      node.value = *value;
    } else {
      const auto value = parse_int(digits);
      if (!value) return error("not an integer of 64 bits");
      node.value = *value;
    }
    return node;
  }

  StatusOr<Node> string_literal() {
    const char quote = text_[at_++];
    std::string out;
    while (at_ < text_.size() && text_[at_] != quote) {
      char c = text_[at_++];
      if (c == '\\' && at_ < text_.size()) {
        c = text_[at_++];
        if (c == 'n') c = '\n';
        if (c == 't') c = '\t';
        if (c == 'r') c = '\r';
      }
      out.push_back(c);
    }
    if (at_ >= text_.size()) return error("a string is not closed");
    ++at_;
    Node node;
    node.value = std::move(out);
    return node;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  int depth_ = 0;
};

}  // namespace

StatusOr<Node> parse(std::string_view expression) {
  if (expression.size() > kMaxLength) return invalid("the condition is longer than ", kMaxLength, " characters");
  return Parser(expression).whole();
}

}  // namespace treadle::pipelines::cel
