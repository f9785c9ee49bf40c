#include "adapters/mlflow/graphql_parse.h"

#include <cctype>
#include <map>
#include <set>

#include "base/strings.h"

namespace treadle::mlflow::graphql {
namespace {

constexpr std::size_t kMaxText = 100'000;
// Told apart from a query that is wrong: MLflow answers this one with 200.
template <typename... Parts>
Status too_much(const Parts&... parts) {
  return {StatusCode::kResourceExhausted, str_cat(parts...)};
}

constexpr int kMaxDepth = 10, kMaxFields = 1000, kMaxTop = 10, kMaxAliases = 10, kMaxValueDepth = 20;

// A selection as it is written: a field, or a fragment to be put in its place.
struct Selection {
  std::string name, alias, spread;  // `spread` names a fragment
  bool is_inline = false;           // "... on Type { }"
  Json arguments = Json::object();
  bool skipped = false;  // by @skip or @include
  std::vector<Selection> selections;
};
using Fragments = std::map<std::string, std::vector<Selection>>;

struct Definition {
  bool mutation = false;
  std::string name;
  std::vector<Selection> selections;
};

class Reader {
 public:
  Reader(std::string_view text, const Json& variables) : text_(text), variables_(variables) {}

  Status document(std::vector<Definition>& operations, Fragments& fragments) {
    while (!at_end()) {
      if (peek() == '{') {
        Definition shorthand;
        RETURN_IF_ERROR(selections(shorthand.selections, 1));
        operations.push_back(std::move(shorthand));
        continue;
      }
      const std::string kind = word();
      if (kind == "fragment") {
        const std::string name = word();
        if (word() != "on" || word().empty()) return error("expected \"on\" and a type after the fragment's name");
        RETURN_IF_ERROR(directives(nullptr));
        RETURN_IF_ERROR(selections(fragments[name], 1));
        continue;
      }
      if (kind != "query" && kind != "mutation") return error("expected query, mutation or fragment");
      Definition operation{kind == "mutation", word(), {}};
      // Defaults of variables are filled in for this operation only; names are checked where they are used.
      if (peek() == '(') RETURN_IF_ERROR(definitions());
      RETURN_IF_ERROR(directives(nullptr));
      RETURN_IF_ERROR(selections(operation.selections, 1));
      operations.push_back(std::move(operation));
    }
    return ok_status();
  }

 private:
  Status error(std::string_view what) const { return invalid("Syntax Error at character ", at_ + 1, ": ", what); }

  // Past spaces, commas and comments.
  void skip() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '#') {
        while (at_ < text_.size() && text_[at_] != '\n') ++at_;
      } else if (std::isspace(static_cast<unsigned char>(c)) || c == ',') {
        ++at_;
      } else {
        return;
      }
    }
  }
  bool at_end() {
    skip();
    return at_ >= text_.size();
  }
  char peek() {
    skip();
    return at_ < text_.size() ? text_[at_] : '\0';
  }
  bool take(char c) {
    if (peek() != c) return false;
    ++at_;
    return true;
  }
  std::string word() {
    skip();
    const std::size_t start = at_;
    while (at_ < text_.size() && (std::isalnum(static_cast<unsigned char>(text_[at_])) || text_[at_] == '_')) ++at_;
    return std::string(text_.substr(start, at_ - start));
  }

  // ($a: Type! = default, $b: [Type!])
  Status definitions() {
    take('(');
    while (!take(')')) {
      if (!take('$')) return error("expected a variable such as $data");
      const std::string name = word();
      if (!take(':')) return error("expected : and the variable's type");
      while (take('[')) {
      }
      if (word().empty()) return error("expected a type");
      while (take('!') || take(']')) {
      }
      if (!take('=')) continue;
      ASSIGN_OR_RETURN(Json fallback, value(1));
      defaults_.emplace(name, std::move(fallback));
    }
    return ok_status();
  }

  Status directives(bool* skipped) {
    while (take('@')) {
      const std::string name = word();
      Json arguments = Json::object();
      if (peek() == '(') RETURN_IF_ERROR(read_arguments(arguments));
      const auto it = arguments.find("if");
      const bool condition = it != arguments.end() && it->is_boolean() && it->get<bool>();
      if (skipped != nullptr && ((name == "skip" && condition) || (name == "include" && !condition))) *skipped = true;
    }
    return ok_status();
  }

  Status read_arguments(Json& arguments) {
    take('(');
    while (!take(')')) {
      const std::string name = word();
      if (name.empty() || !take(':')) return error("expected an argument such as input: {…}");
      ASSIGN_OR_RETURN(arguments[name], value(1));
    }
    return ok_status();
  }

  Status selections(std::vector<Selection>& list, int depth) {
    if (!take('{')) return error("expected {");
    if (depth > kMaxDepth) return too_much("Query exceeds maximum depth of ", kMaxDepth);
    while (!take('}')) {
      if (++count_ > kMaxFields) return too_much("Query exceeds maximum total selections of ", kMaxFields);
      Selection& one = list.emplace_back();
      if (text_.substr(at_).starts_with("...")) {
        at_ += 3;
        one.spread = word();
        one.is_inline = one.spread.empty() || one.spread == "on";
        if (one.spread == "on") word();
        RETURN_IF_ERROR(directives(&one.skipped));
        if (one.is_inline) RETURN_IF_ERROR(selections(one.selections, depth + 1));
        continue;
      }
      one.name = word();
      if (one.name.empty()) return error("expected a field");
      if (take(':')) {
        one.alias = std::exchange(one.name, word());
        if (one.name.empty()) return error("expected a field after its alias");
      }
      if (peek() == '(') RETURN_IF_ERROR(read_arguments(one.arguments));
      RETURN_IF_ERROR(directives(&one.skipped));
      if (peek() == '{') RETURN_IF_ERROR(selections(one.selections, depth + 1));
    }
    if (list.empty()) return error("expected at least one field between { and }");
    return ok_status();
  }

  StatusOr<Json> value(int depth) {
    if (depth > kMaxValueDepth) return error("a value is nested too deep");
    const char c = peek();
    if (c == '$') return variable();
    if (c == '"') return text();
    if (c == '[') return list(depth);
    if (c == '{') return object(depth);
    if (c == '-' || std::isdigit(static_cast<unsigned char>(c))) return number();
    const std::string name = word();
    if (name.empty()) return error("expected a value");
    if (name == "true" || name == "false") return Json(name == "true");
    if (name == "null") return Json();
    return Json(name);  // a word of an enumeration
  }

  StatusOr<Json> variable() {
    take('$');
    const std::string name = word();
    if (const auto it = variables_.find(name); it != variables_.end()) return *it;
    const auto it = defaults_.find(name);
    return it == defaults_.end() ? Json() : it->second;
  }

  StatusOr<Json> text() {
    if (text_.substr(at_).starts_with("\"\"\"")) {
      const std::size_t end = text_.find("\"\"\"", at_ + 3);
      if (end == std::string_view::npos) return error("the text is never closed");
      Json block(std::string(text_.substr(at_ + 3, end - at_ - 3)));
      at_ = end + 3;
      return block;
    }
    std::size_t end = at_ + 1;
    while (end < text_.size() && text_[end] != '"' && text_[end] != '\n') end += text_[end] == '\\' ? 2 : 1;
    if (end >= text_.size() || text_[end] != '"') return error("the text is never closed");
    // GraphQL writes a text as JSON does.
    ASSIGN_OR_RETURN(Json read, parse_json(text_.substr(at_, end + 1 - at_)));
    at_ = end + 1;
    return read;
  }

  StatusOr<Json> number() {
    const std::size_t start = at_;
    while (at_ < text_.size() && (std::isalnum(static_cast<unsigned char>(text_[at_])) || text_[at_] == '-' ||
                                  text_[at_] == '+' || text_[at_] == '.'))
      ++at_;
    const std::string_view written = text_.substr(start, at_ - start);
    if (const auto whole = parse_int(written)) return Json(*whole);
    const auto real = parse_double(written);
    if (!real) return error("expected a number");
    return Json(*real);
  }

  StatusOr<Json> list(int depth) {
    take('[');
    Json items = Json::array();
    while (!take(']')) {
      if (at_end()) return error("the list is never closed");
      ASSIGN_OR_RETURN(Json item, value(depth + 1));
      items.push_back(std::move(item));
    }
    return items;
  }

  StatusOr<Json> object(int depth) {
    take('{');
    Json fields = Json::object();
    while (!take('}')) {
      const std::string name = word();
      if (name.empty() || !take(':')) return error("expected a name and : in the object");
      ASSIGN_OR_RETURN(fields[name], value(depth + 1));
    }
    return fields;
  }

  std::string_view text_;
  const Json& variables_;
  std::map<std::string, Json> defaults_;
  std::size_t at_ = 0;
  int count_ = 0;
};

// Fragments in place of their spreads. A field that comes twice is one field with what both ask for.
class Expander {
 public:
  explicit Expander(const Fragments& fragments) : fragments_(fragments) {}

  Status expand(const std::vector<Selection>& list, const std::set<std::string>& inside, int depth,
                std::vector<Field>& out) {
    if (!list.empty() && depth > kMaxDepth) return too_much("Query exceeds maximum depth of ", kMaxDepth);
    for (const Selection& one : list) {
      if (++count_ > kMaxFields) return too_much("Query exceeds maximum total selections of ", kMaxFields);
      if (one.skipped) continue;
      if (one.is_inline) {
        RETURN_IF_ERROR(expand(one.selections, inside, depth, out));
      } else if (!one.spread.empty()) {
        const auto it = fragments_.find(one.spread);
        if (it == fragments_.end()) return invalid("Unknown fragment '", one.spread, "'.");
        auto deeper = inside;
        if (!deeper.insert(one.spread).second)
          return invalid("Cannot spread fragment '", one.spread, "' within itself.");
        RETURN_IF_ERROR(expand(it->second, deeper, depth, out));
      } else {
        RETURN_IF_ERROR(expand(one.selections, inside, depth + 1, place(one, out).fields));
      }
    }
    std::size_t aliases = 0;
    for (const Field& field : out) aliases += field.alias != field.name ? 1 : 0;
    if (aliases <= kMaxAliases) return ok_status();
    return too_much("GraphQL queries should have at most ", kMaxAliases, " aliases, got ", aliases, " aliases.");
  }

 private:
  static Field& place(const Selection& one, std::vector<Field>& out) {
    const std::string& alias = one.alias.empty() ? one.name : one.alias;
    for (Field& known : out) {
      if (known.alias == alias && known.name == one.name) return known;
    }
    return out.emplace_back(Field{one.name, alias, one.arguments, {}});
  }

  const Fragments& fragments_;
  int count_ = 0;
};

}  // namespace

StatusOr<Operation> parse(std::string_view document, const Json& variables, const std::string& operation_name) {
  if (document.size() > kMaxText) return invalid("the query is longer than ", kMaxText, " characters");
  std::vector<Definition> definitions;
  Fragments fragments;
  RETURN_IF_ERROR(Reader(document, variables).document(definitions, fragments));
  for (const Definition& definition : definitions) {
    if (!operation_name.empty() && definition.name != operation_name) continue;
    if (operation_name.empty() && definitions.size() > 1)
      return invalid("Must provide operation name if query contains multiple operations.");
    Operation operation{definition.mutation, {}};
    RETURN_IF_ERROR(Expander(fragments).expand(definition.selections, {}, 1, operation.fields));
    if (operation.fields.size() <= kMaxTop) return operation;
    return too_much("GraphQL queries should have at most ", kMaxTop, " root fields, got ", operation.fields.size(),
                    " root fields.");
  }
  return invalid("Unknown operation named '", operation_name, "'.");
}

}  // namespace treadle::mlflow::graphql
