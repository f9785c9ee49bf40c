#include "adapters/access/fields.h"

namespace treadle::access {
namespace {

constexpr std::string_view kHeader = "header:";
constexpr std::size_t kMaxValue = 8192;        // ids and names are shorter; a path is at most 4096
constexpr std::size_t kMaxValues = 1'000'000;  // of one body

// Notes every text and number of a JSON text under its path. Unlike a parsed document it also sees the first of two
// equal keys, which some parsers take and others do not.
class Collector final : public nlohmann::json_sax<Json> {
 public:
  Collector(std::map<std::string, std::set<std::string>, std::less<>>& out,
            std::set<std::string, std::less<>>& too_long)
      : out_(out), too_long_(too_long) {}

  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t value) override { return note(str_cat(value)); }
  bool number_unsigned(number_unsigned_t value) override { return note(str_cat(value)); }
  bool number_float(number_float_t, const string_t& text) override { return note(text); }
  bool string(string_t& value) override { return note(value); }
  bool binary(binary_t&) override { return true; }
  bool start_object(std::size_t) override {
    frames_.push_back(path_.size());
    return true;
  }
  bool key(string_t& name) override {
    path_.resize(frames_.back());
    if (!path_.empty()) path_.push_back('.');
    // A key that looks like a path must not stand for one.
    for (const char c : name) path_.push_back(c == '.' || c == '[' ? '\1' : c);
    return true;
  }
  bool end_object() override { return end(); }
  bool start_array(std::size_t) override {
    frames_.push_back(path_.size());
    path_ += "[]";
    return true;
  }
  bool end_array() override { return end(); }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override { return false; }

 private:
  bool end() {
    path_.resize(frames_.back());
    frames_.pop_back();
    return true;
  }
  bool note(const std::string& value) {
    if (value.size() > kMaxValue && !path_.empty()) {
      too_long_.insert(path_);
      return true;
    }
    auto& values = out_[path_];
    if (values.insert(value).second) ++count_;
    return count_ <= kMaxValues;
  }

  std::map<std::string, std::set<std::string>, std::less<>>& out_;
  std::set<std::string, std::less<>>& too_long_;
  std::string path_;
  std::vector<std::size_t> frames_;  // how long the path was where each open object or array began
  std::size_t count_ = 0;
};

}  // namespace

void Fields::read_body() {
  if (read_) return;
  read_ = true;
  if (raw_body_ || request_.stream != nullptr || request_.body.empty()) return;
  Collector collector(body_, too_long_);
  const auto parse = [&](const std::string& text) {
    const bool whole = Json::sax_parse(text, &collector);
    if (!whole) trouble_ = invalid("the body is not valid JSON");
    return whole;
  };
  if (!parse(request_.body)) return;
  // Old clients of MLflow send a JSON text within a JSON text.
  const auto whole = body_.find("");
  if (whole != body_.end()) parse(std::string(*whole->second.begin()));
}

std::vector<std::string> Fields::all(std::string_view field) {
  std::set<std::string> values;
  for (const std::string_view name : split(field, '|')) {
    if (name.starts_with(kHeader)) {
      const std::string_view value = request_.headers.get(name.substr(kHeader.size()));
      if (!value.empty()) values.emplace(value);
      continue;
    }
    const std::string_view plain = name.ends_with("[]") ? name.substr(0, name.size() - 2) : name;
    for (const auto& [known, value] : request_.path_params) {
      if (known == plain) return {value};
    }
    for (const auto& [known, value] : request_.query.pairs()) {
      if (known == plain) values.insert(value);
    }
    read_body();
    for (const std::string_view form : {name, plain}) {
      // Others would use what was not checked.
      if (too_long_.contains(form)) trouble_ = invalid_field(form, "is longer than ", kMaxValue, " bytes");
      if (const auto it = body_.find(form); it != body_.end()) values.insert(it->second.begin(), it->second.end());
    }
  }
  return {values.begin(), values.end()};
}

StatusOr<std::optional<std::string>> Fields::one(std::string_view field) {
  auto values = all(field);
  RETURN_IF_ERROR(trouble_);
  if (values.empty()) return std::optional<std::string>();
  if (values.size() > 1) {
    return invalid_field(split(field, '|').front(), "is given more than once, with different values");
  }
  return std::optional(std::move(values.front()));
}

Status missing_field(std::string_view field) {
  return {StatusCode::kInvalidArgument,
          str_cat("Missing value for required parameter '", field,
                  "'. See the API docs for more information about request parameters."),
          std::string(field)};
}

}  // namespace treadle::access
