// Field numbers: tensorflow/core/util/event.proto, framework/summary.proto, framework/tensor.proto and
// tensorboard/plugins/hparams/plugin_data.proto.
#include "app/tensorboard/event.h"

#include <cmath>
#include <optional>

#include "app/tensorboard/fields.h"
#include "app/tensorboard/media.h"
#include "base/json.h"
#include "base/strings.h"

namespace treadle::app::tensorboard {
namespace {

using wire::Reader;

constexpr std::string_view kHparams = "_hparams_/session_start_info";
enum DataType : std::uint64_t { kFloat = 1, kDouble = 2, kInt32 = 3, kInt64 = 9 };

// The first number of what a list field holds: packed or one by one.
std::optional<double> first_of(const Field& field, DataType type) {
  std::uint64_t value = field.value;
  if (field.wire == wire::kBytes) {
    Reader packed(field.bytes);
    const bool read = type == kFloat    ? packed.fixed(4, value)
                      : type == kDouble ? packed.fixed(8, value)
                                        : packed.varint(value);
    if (!read) return std::nullopt;
  }
  const Field one{.value = value};
  if (type == kFloat) return static_cast<double>(one.single());
  if (type == kDouble) return one.real();
  return static_cast<double>(type == kInt32 ? static_cast<std::int32_t>(value) : one.integer());
}

// The number of a tensor that holds one number, else nothing.
StatusOr<std::optional<double>> scalar_of(std::string_view tensor) {
  std::uint64_t type = 0, size = 1;
  std::string_view content;
  std::optional<double> value;
  RETURN_IF_ERROR(each_field(tensor, [&](const Field& field) -> Status {
    if (field.number == 1) type = field.value;
    if (field.number == 4) content = field.bytes;
    if (field.number == 5) value = first_of(field, kFloat);
    if (field.number == 6) value = first_of(field, kDouble);
    if (field.number == 7) value = first_of(field, kInt32);
    if (field.number == 10) value = first_of(field, kInt64);
    if (field.number != 2) return ok_status();
    return each_field(field.bytes, [&](const Field& dimension) -> Status {
      if (dimension.number != 2) return ok_status();
      return each_field(dimension.bytes, [&](const Field& extent) {
        if (extent.number == 1) size *= extent.value;
        return ok_status();
      });
    });
  }));
  if (size != 1) return std::optional<double>();
  if (content.empty()) return value;
  Reader raw(content);
  std::uint64_t bits = 0;
  const std::size_t width = type == kFloat || type == kInt32 ? 4 : 8;
  if ((type != kFloat && type != kDouble && type != kInt32 && type != kInt64) || !raw.fixed(width, bits))
    return std::optional<double>();
  const Field one{.value = bits};
  if (type == kFloat) return std::optional<double>(one.single());
  if (type == kDouble) return std::optional(one.real());
  return std::optional(static_cast<double>(type == kInt32 ? static_cast<std::int32_t>(bits) : one.integer()));
}

// A google.protobuf.Value that is a number, a text or a truth.
StatusOr<std::string> param_of(std::string_view bytes) {
  std::string text;
  RETURN_IF_ERROR(each_field(bytes, [&](const Field& field) {
    if (field.number == 2) text = to_text(Json(field.real()));
    if (field.number == 3) text = std::string(field.bytes);
    if (field.number == 4) text = field.value != 0 ? "true" : "false";
    return ok_status();
  }));
  return text;
}

Status read_hparams(std::string_view content, Event& event) {
  return each_field(content, [&](const Field& data) -> Status {
    if (data.number != 3) return ok_status();  // what a session was started with
    return each_field(data.bytes, [&](const Field& entry) -> Status {
      if (entry.number != 1) return ok_status();
      std::string key, value;
      RETURN_IF_ERROR(each_field(entry.bytes, [&](const Field& part) -> Status {
        if (part.number == 1) key = std::string(part.bytes);
        if (part.number == 2) {
          ASSIGN_OR_RETURN(value, param_of(part.bytes));
        }
        return ok_status();
      }));
      event.params.emplace_back(std::move(key), std::move(value));
      return ok_status();
    });
  });
}

struct Metadata {
  std::string plugin;
  std::string_view content;
};

StatusOr<Metadata> read_metadata(std::string_view bytes) {
  Metadata metadata;
  RETURN_IF_ERROR(each_field(bytes, [&](const Field& field) -> Status {
    if (field.number != 1) return ok_status();
    return each_field(field.bytes, [&](const Field& plugin) {
      if (plugin.number == 1) metadata.plugin = std::string(plugin.bytes);
      if (plugin.number == 2) metadata.content = plugin.bytes;
      return ok_status();
    });
  }));
  return metadata;
}

struct Value {
  std::string tag, kind;  // kind: of a value that is neither a number nor a tensor
  std::string_view image, tensor;
  std::optional<double> number;
  Metadata metadata;
};

StatusOr<Value> read_fields(std::string_view bytes) {
  Value value;
  RETURN_IF_ERROR(each_field(bytes, [&](const Field& field) -> Status {
    if (field.number == 1 && field.wire == wire::kBytes) value.tag = std::string(field.bytes);
    if (field.number == 2 && field.wire == wire::kFixed32) value.number = static_cast<double>(field.single());
    if (field.number == 4) value.image = field.bytes;
    if (field.number == 5) value.kind = "histograms";
    if (field.number == 6) value.kind = "sounds";
    if (field.number == 8) value.tensor = field.bytes;
    if (field.number == 9) {
      ASSIGN_OR_RETURN(value.metadata, read_metadata(field.bytes));
    }
    return ok_status();
  }));
  return value;
}

Status read_value(std::string_view bytes, Event& event) {
  ASSIGN_OR_RETURN(Value value, read_fields(bytes));
  const std::string& plugin = value.metadata.plugin;
  if (plugin == "hparams") return value.tag == kHparams ? read_hparams(value.metadata.content, event) : ok_status();
  if (!value.image.empty()) return read_image(value.image, value.tag, event);
  if (plugin == "images") return read_image_tensor(value.tensor, value.tag, event);
  if (plugin == "text") return read_text_tensor(value.tensor, value.tag, event);
  // Other plugins also keep single numbers as tensors (the count of a histogram): those are not scalars.
  const bool may_be_scalar = plugin.empty() || plugin == "scalars";
  if (!value.number && may_be_scalar && !value.tensor.empty()) {
    ASSIGN_OR_RETURN(value.number, scalar_of(value.tensor));
  }
  if (value.number) {
    event.scalars.emplace_back(std::move(value.tag), *value.number);
  } else if (!value.tag.empty()) {
    ++event.left_out[!value.kind.empty() ? value.kind : plugin.empty() ? "tensors" : plugin];
  }
  return ok_status();
}

}  // namespace

StatusOr<Event> parse_event(std::string_view bytes) {
  Event event;
  RETURN_IF_ERROR(each_field(bytes, [&](const Field& field) -> Status {
    if (field.number == 1 && field.wire == wire::kFixed64) {
      const double seconds = field.real();
      if (std::isfinite(seconds) && std::fabs(seconds) < 1e12) event.time_ms = std::llround(seconds * 1000);
    }
    if (field.number == 2 && field.wire == wire::kVarint) event.step = field.integer();
    if (field.number != 5 || field.wire != wire::kBytes) return ok_status();
    return each_field(field.bytes, [&](const Field& value) {
      return value.number == 1 && value.wire == wire::kBytes ? read_value(value.bytes, event) : ok_status();
    });
  }));
  return event;
}

}  // namespace treadle::app::tensorboard
