#include "runtimes/xgboost/ubjson.h"

#include <bit>
#include <cstring>

namespace treadle::xgboost {
namespace {

constexpr int kMaxDepth = 64;

// Big-endian, as the format says.
template <typename T>
T load(const char* bytes) {
  unsigned char reversed[sizeof(T)];
  for (std::size_t i = 0; i < sizeof(T); ++i) reversed[i] = static_cast<unsigned char>(bytes[sizeof(T) - 1 - i]);
  T value;
  std::memcpy(&value, reversed, sizeof(T));
  return value;
}

// Bytes of a number of this type; 0 for anything else.
std::size_t number_size(char type) {
  switch (type) {
    case 'i':
    case 'U':
      return 1;
    case 'I':
      return 2;
    case 'l':
    case 'd':
      return 4;
    case 'L':
    case 'D':
      return 8;
    default:
      return 0;
  }
}

Json number(char type, const char* bytes) {
  switch (type) {
    case 'i':
      return static_cast<std::int8_t>(*bytes);
    case 'U':
      return static_cast<std::uint8_t>(*bytes);
    case 'I':
      return load<std::int16_t>(bytes);
    case 'l':
      return load<std::int32_t>(bytes);
    case 'L':
      return load<std::int64_t>(bytes);
    case 'd':
      return load<float>(bytes);
    default:
      return load<double>(bytes);
  }
}

class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}

  StatusOr<Json> document() {
    ASSIGN_OR_RETURN(Json value, next(0));
    if (at_ != bytes_.size()) return broken("bytes follow the value");
    return value;
  }

 private:
  Status broken(std::string_view what) const { return invalid("not valid UBJSON at byte ", at_, ": ", what); }
  std::size_t left() const { return bytes_.size() - at_; }
  char peek() const { return at_ < bytes_.size() ? bytes_[at_] : '\0'; }

  StatusOr<std::size_t> length() {
    const char type = peek();
    const std::size_t size = number_size(type);
    if (size == 0 || type == 'd' || type == 'D' || left() < 1 + size) return broken("a length was expected");
    const auto value = number(type, bytes_.data() + at_ + 1).get<std::int64_t>();
    if (value < 0) return broken("a length is negative");
    at_ += 1 + size;
    return static_cast<std::size_t>(value);
  }

  StatusOr<std::string> text() {
    ASSIGN_OR_RETURN(const std::size_t size, length());
    if (size > left()) return broken("a string is cut short");
    std::string value(bytes_.substr(at_, size));
    at_ += size;
    return value;
  }

  StatusOr<Json> next(int depth) {
    if (depth > kMaxDepth) return broken("it is nested too deep");
    if (left() == 0) return broken("it ends too soon");
    const char type = bytes_[at_++];
    switch (type) {
      case '{':
        return object(depth);
      case '[':
        return array(depth);
      case 'S': {
        ASSIGN_OR_RETURN(std::string value, text());
        return Json(std::move(value));
      }
      case 'C':
        return left() == 0 ? StatusOr<Json>(broken("it ends too soon")) : Json(std::string(1, bytes_[at_++]));
      case 'T':
        return Json(true);
      case 'F':
        return Json(false);
      case 'Z':
        return Json(nullptr);
      default:
        break;
    }
    const std::size_t size = number_size(type);
    if (size == 0 || size > left()) return broken("an unknown or incomplete value");
    at_ += size;
    return number(type, bytes_.data() + at_ - size);
  }

  StatusOr<Json> array(int depth) {
    Json out = Json::array();
    char type = '\0';
    if (peek() == '$') {
      if (left() < 2) return broken("it ends too soon");
      type = bytes_[at_ + 1];
      at_ += 2;
      if (number_size(type) == 0 || peek() != '#') return broken("only arrays of numbers may be typed");
    }
    if (peek() != '#') {
      while (peek() != ']') {
        ASSIGN_OR_RETURN(Json value, next(depth + 1));
        out.push_back(std::move(value));
      }
      ++at_;
      return out;
    }
    ++at_;
    ASSIGN_OR_RETURN(const std::size_t count, length());
    const std::size_t size = type == '\0' ? 1 : number_size(type);
    if (count > left() / size) return broken("an array is cut short");
    for (std::size_t i = 0; i < count; ++i) {
      if (type == '\0') {
        ASSIGN_OR_RETURN(Json value, next(depth + 1));
        out.push_back(std::move(value));
      } else {
        out.push_back(number(type, bytes_.data() + at_));
        at_ += size;
      }
    }
    return out;
  }

  StatusOr<Json> object(int depth) {
    Json out = Json::object();
    if (peek() == '$') return broken("typed objects are not used by XGBoost");
    std::size_t count = SIZE_MAX;
    if (peek() == '#') {
      ++at_;
      ASSIGN_OR_RETURN(count, length());
    }
    const bool counted = count != SIZE_MAX;
    for (std::size_t i = 0; i < count; ++i) {
      if (!counted && peek() == '}') {
        ++at_;
        break;
      }
      ASSIGN_OR_RETURN(std::string key, text());
      ASSIGN_OR_RETURN(Json value, next(depth + 1));
      out[std::move(key)] = std::move(value);
    }
    return out;
  }

  std::string_view bytes_;
  std::size_t at_ = 0;
};

}  // namespace

StatusOr<Json> parse_ubjson(std::string_view bytes) { return Reader(bytes).document(); }

}  // namespace treadle::xgboost
