// RapidJSON's Writer straight into a std::string, with float32 in its shortest form: for answers too large or too
// frequent to be built as a value first (json.h).
#pragma once

#include <rapidjson/writer.h>

#include <charconv>
#include <cmath>
#include <string>
#include <string_view>

namespace treadle {

struct StringOutput {
  using Ch = char;
  std::string text;
  void Put(char c) { text.push_back(c); }
  void Flush() {}
};

class JsonWriter {
 public:
  explicit JsonWriter(std::size_t expected_size = 256) : writer_(output_) { output_.text.reserve(expected_size); }
  JsonWriter(const JsonWriter&) = delete;
  JsonWriter& operator=(const JsonWriter&) = delete;

  void begin_object() { writer_.StartObject(); }
  void end_object() { writer_.EndObject(); }
  void begin_array() { writer_.StartArray(); }
  void end_array() { writer_.EndArray(); }
  void key(std::string_view name) { writer_.Key(name.data(), static_cast<rapidjson::SizeType>(name.size())); }
  void value(std::string_view text) { writer_.String(text.data(), static_cast<rapidjson::SizeType>(text.size())); }
  void value(std::int64_t number) { writer_.Int64(number); }
  void value(std::uint64_t number) { writer_.Uint64(number); }
  void value(bool flag) { writer_.Bool(flag); }
  // Must be finite.
  void value(double number) { writer_.Double(number); }
  // What JSON has no number for is null.
  void value(float number) {
    if (!std::isfinite(number)) {
      writer_.Null();
      return;
    }
    char buffer[32];
    const char* end = std::to_chars(buffer, buffer + sizeof buffer, number).ptr;
    writer_.RawValue(buffer, static_cast<std::size_t>(end - buffer), rapidjson::kNumberType);
  }
  template <typename T>
  void field(std::string_view name, T content) {
    key(name);
    value(content);
  }
  std::string take() { return std::move(output_.text); }

 private:
  StringOutput output_;
  // No validation on writing: invalid UTF-8 can only come from names that were checked when they were stored.
  rapidjson::Writer<StringOutput> writer_;
};

}  // namespace treadle
