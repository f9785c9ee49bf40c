#include "domains/tracking/filter.h"

#include <array>
#include <cctype>
#include <optional>

#include "base/strings.h"

namespace treadle::tracking {
namespace {

constexpr std::size_t kMaxLength = 10'000;
constexpr std::size_t kMaxConditions = 100;

struct Name {
  std::string_view alias, entity;
};
constexpr std::array<Name, 14> kEntities = {{{"metric", "metric"},
                                             {"metrics", "metric"},
                                             {"param", "param"},
                                             {"params", "param"},
                                             {"parameter", "param"},
                                             {"parameters", "param"},
                                             {"tag", "tag"},
                                             {"tags", "tag"},
                                             {"attribute", "attribute"},
                                             {"attributes", "attribute"},
                                             {"attr", "attribute"},
                                             {"run", "attribute"},
                                             {"dataset", "dataset"},
                                             {"datasets", "dataset"}}};

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-' || c == '/'; }

class Parser {
 public:
  explicit Parser(std::string_view text, Grammar grammar = Grammar::kRuns) : text_(text), grammar_(grammar) {}

  bool at_end() {
    skip_space();
    return at_ >= text_.size();
  }

  StatusOr<Condition> condition() {
    Condition condition;
    RETURN_IF_ERROR(identifier(condition.entity, condition.key));
    ASSIGN_OR_RETURN(condition.comparator, comparator());
    switch (condition.comparator) {
      case Comparator::kIsNull:
      case Comparator::kIsNotNull:
        return condition;
      case Comparator::kIn:
      case Comparator::kNotIn: {
        RETURN_IF_ERROR(list(condition.values));
        return condition;
      }
      default: {
        ASSIGN_OR_RETURN(FilterValue single, value());
        condition.values.push_back(std::move(single));
        return condition;
      }
    }
  }

  // "params.`a b`", "tags.\"x.y\"", "attributes.status", "status".
  Status identifier(std::string& entity, std::string& key) {
    skip_space();
    if (at_ < text_.size() && (text_[at_] == '`' || text_[at_] == '"')) {
      entity = "attribute";
      ASSIGN_OR_RETURN(key, quoted(text_[at_]));
      return ok_status();
    }
    const std::string first = word();
    if (first.empty()) return error("expected a name such as metrics.rmse or attributes.status");
    if (at_ >= text_.size() || text_[at_] != '.') {
      entity = "attribute";
      key = first;
      return ok_status();
    }
    ++at_;
    for (const Name& name : kEntities) {
      if (name.alias == first) entity = std::string(name.entity);
    }
    if (grammar_ == Grammar::kTraces) {
      if (first == "metadata" || first == "request_metadata") entity = "metadata";
      if (first == "trace") entity = "attribute";
      for (const std::string_view own : {"feedback", "expectation", "span", "assessment", "issue"}) {
        if (first == own) entity = first;
      }
    }
    if (entity.empty() && grammar_ == Grammar::kTraces) {
      return error(str_cat("Invalid entity type '", first,
                           "'. Valid values are attributes, tags, metadata, span, feedback, expectation, assessment,"
                           " issue and trace"));
    }
    if (entity.empty()) {
      return error(
          str_cat("\"", first, "\" is not something to search by; use metrics, params, tags, attributes or datasets"));
    }
    if (at_ < text_.size() && (text_[at_] == '`' || text_[at_] == '"')) {
      ASSIGN_OR_RETURN(key, quoted(text_[at_]));
      return ok_status();
    }
    // A bare key may hold dots: tags.mlflow.runName.
    key = word();
    while (at_ < text_.size() && text_[at_] == '.') {
      ++at_;
      // Also in part: span.attributes.`llm.model name`.
      if (at_ < text_.size() && (text_[at_] == '`' || text_[at_] == '"')) {
        ASSIGN_OR_RETURN(const std::string rest, quoted(text_[at_]));
        str_append(&key, ".", rest);
        return ok_status();
      }
      str_append(&key, ".", word());
    }
    if (key.empty()) return error(str_cat("expected a key after ", first, "."));
    return ok_status();
  }

  // The word here, in any case; nothing is taken when it is another one.
  bool take_keyword(std::string_view keyword) {
    skip_space();
    if (!equals_ignore_case(text_.substr(at_, keyword.size()), keyword)) return false;
    if (at_ + keyword.size() < text_.size() && is_word(text_[at_ + keyword.size()])) return false;
    at_ += keyword.size();
    return true;
  }

  Status error(std::string_view what) const {
    return invalid_field("filter", "at character ", at_ + 1, ": ", what, " (in \"", text_, "\")");
  }

 private:
  void skip_space() {
    while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_]))) ++at_;
  }

  std::string word() {
    const std::size_t start = at_;
    while (at_ < text_.size() && is_word(text_[at_])) ++at_;
    return std::string(text_.substr(start, at_ - start));
  }

  // A quote inside is written twice, as in SQL.
  StatusOr<std::string> quoted(char quote) {
    std::string inside;
    for (std::size_t from = at_ + 1;;) {
      const std::size_t end = text_.find(quote, from);
      if (end == std::string_view::npos) return error(str_cat("the ", quote, " is never closed"));
      inside += text_.substr(from, end - from);
      from = end + 1;
      if (from >= text_.size() || text_[from] != quote) {
        at_ = from;
        return inside;
      }
      inside += quote;
      ++from;
    }
  }

  StatusOr<Comparator> comparator() {
    if (take_keyword("NOT")) {
      if (take_keyword("IN")) return Comparator::kNotIn;
      return error("expected IN after NOT");
    }
    if (take_keyword("IS")) {
      const bool negated = take_keyword("NOT");
      if (!take_keyword("NULL")) return error("expected NULL after IS");
      return negated ? Comparator::kIsNotNull : Comparator::kIsNull;
    }
    if (take_keyword("LIKE")) return Comparator::kLike;
    if (take_keyword("ILIKE")) return Comparator::kIlike;
    if (grammar_ == Grammar::kTraces && take_keyword("RLIKE")) return Comparator::kRlike;
    if (take_keyword("IN")) return Comparator::kIn;
    skip_space();
    static constexpr std::array<std::pair<std::string_view, Comparator>, 8> kSymbols = {
        {{"!=", Comparator::kNotEqual},
         {"<>", Comparator::kNotEqual},
         {"<=", Comparator::kLessEqual},
         {">=", Comparator::kGreaterEqual},
         {"==", Comparator::kEqual},
         {"=", Comparator::kEqual},
         {"<", Comparator::kLess},
         {">", Comparator::kGreater}}};
    for (const auto& [symbol, comparator] : kSymbols) {
      if (text_.substr(at_).starts_with(symbol)) {
        at_ += symbol.size();
        return comparator;
      }
    }
    return error("expected a comparator: = != < <= > >= LIKE ILIKE IN, NOT IN, IS NULL");
  }

  StatusOr<FilterValue> value() {
    skip_space();
    if (at_ >= text_.size()) return error("expected a value");
    if (text_[at_] == '\'' || text_[at_] == '"') {
      ASSIGN_OR_RETURN(std::string text, quoted(text_[at_]));
      return FilterValue{std::move(text), true};
    }
    const std::size_t start = at_;
    while (at_ < text_.size() && (is_word(text_[at_]) || text_[at_] == '.' || text_[at_] == '+')) ++at_;
    std::string number(text_.substr(start, at_ - start));
    if (!parse_double(number)) {
      at_ = start;
      return error("expected a number, or text in single quotes");
    }
    return FilterValue{std::move(number), false};
  }

  Status list(std::vector<FilterValue>& values) {
    skip_space();
    if (at_ >= text_.size() || text_[at_] != '(') return error("expected ( after IN");
    ++at_;
    while (true) {
      ASSIGN_OR_RETURN(FilterValue single, value());
      values.push_back(std::move(single));
      skip_space();
      if (at_ < text_.size() && text_[at_] == ',') {
        ++at_;
        skip_space();
        if (at_ >= text_.size() || text_[at_] != ')') continue;  // "('x',)": how Python writes a tuple of one
      }
      if (at_ < text_.size() && text_[at_] == ')') {
        ++at_;
        return ok_status();
      }
      return error("expected , or ) in the list");
    }
  }

  std::string_view text_;
  Grammar grammar_;
  std::size_t at_ = 0;
};

}  // namespace

StatusOr<std::vector<Condition>> parse_filter(std::string_view text, Grammar grammar) {
  if (text.size() > kMaxLength) return invalid_field("filter", "is longer than ", kMaxLength, " characters");
  if (text.find('\0') != std::string_view::npos) return invalid_field("filter", "must not contain the character NUL");
  std::vector<Condition> conditions;
  Parser parser(text, grammar);
  if (parser.at_end()) return conditions;
  while (true) {
    ASSIGN_OR_RETURN(Condition condition, parser.condition());
    conditions.push_back(std::move(condition));
    if (parser.at_end()) return conditions;
    if (!parser.take_keyword("AND"))
      return parser.error("expected AND (OR and parentheses are not part of the grammar)");
    if (conditions.size() >= kMaxConditions)
      return invalid_field("filter", "has more than ", kMaxConditions, " conditions");
  }
}

StatusOr<OrderBy> parse_order_by(std::string_view text, Grammar grammar) {
  if (text.size() > kMaxLength || text.find('\0') != std::string_view::npos)
    return invalid_field("order_by", "is longer than ", kMaxLength, " characters, or holds the character NUL");
  OrderBy order;
  Parser parser(text, grammar);
  Status status = parser.identifier(order.entity, order.key);
  if (status.ok()) {
    if (parser.take_keyword("DESC"))
      order.ascending = false;
    else
      parser.take_keyword("ASC");
    if (!parser.at_end()) status = parser.error("expected ASC, DESC or nothing");
  }
  if (!status.ok()) return invalid_field("order_by", status.message().substr(status.message().find(": ") + 2));
  return order;
}

std::string_view sql_operator(Comparator comparator) {
  switch (comparator) {
    case Comparator::kEqual:
      return "=";
    case Comparator::kNotEqual:
      return "<>";
    case Comparator::kLess:
      return "<";
    case Comparator::kLessEqual:
      return "<=";
    case Comparator::kGreater:
      return ">";
    case Comparator::kGreaterEqual:
      return ">=";
    case Comparator::kLike:
      return "LIKE";
    case Comparator::kIlike:
      return "ILIKE";
    case Comparator::kRlike:
      return "RLIKE";
    case Comparator::kIn:
      return "IN";
    case Comparator::kNotIn:
      return "NOT IN";
    case Comparator::kIsNull:
      return "IS NULL";
    case Comparator::kIsNotNull:
      return "IS NOT NULL";
  }
  return "=";
}

}  // namespace treadle::tracking
