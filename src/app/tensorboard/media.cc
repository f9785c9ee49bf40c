// Field numbers: tensorflow/core/framework/summary.proto and framework/tensor.proto.
#include "app/tensorboard/media.h"

#include <array>
#include <utility>

#include "app/tensorboard/fields.h"
#include "base/strings.h"

namespace treadle::app::tensorboard {
namespace {

// By its first bytes; empty for what no browser shows.
std::string_view extension_of(std::string_view image) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kForms = {
      {{"\x89PNG", ".png"}, {"\xff\xd8\xff", ".jpg"}, {"GIF8", ".gif"}, {"RIFF", ".webp"}}};
  for (const auto& [start, extension] : kForms) {
    if (image.starts_with(start)) return extension;
  }
  return {};
}

void add_image(std::string_view bytes, const std::string& tag, Event& event) {
  const std::string_view extension = extension_of(bytes);
  if (extension.empty()) {
    ++event.left_out["images of an unknown form"];
    return;
  }
  event.files.push_back({"images", tag, std::string(extension), std::string(bytes)});
}

StatusOr<std::vector<std::string_view>> strings_of(std::string_view tensor) {
  std::vector<std::string_view> strings;
  RETURN_IF_ERROR(each_field(tensor, [&](const Field& field) {
    if (field.number == 8 && field.wire == wire::kBytes) strings.push_back(field.bytes);
    return ok_status();
  }));
  return strings;
}

}  // namespace

Status read_image(std::string_view image, const std::string& tag, Event& event) {
  return each_field(image, [&](const Field& field) {
    if (field.number == 4 && field.wire == wire::kBytes) add_image(field.bytes, tag, event);
    return ok_status();
  });
}

Status read_image_tensor(std::string_view tensor, const std::string& tag, Event& event) {
  ASSIGN_OR_RETURN(const auto strings, strings_of(tensor));
  for (std::size_t i = 2; i < strings.size(); ++i) add_image(strings[i], tag, event);
  return ok_status();
}

Status read_text_tensor(std::string_view tensor, const std::string& tag, Event& event) {
  ASSIGN_OR_RETURN(const auto strings, strings_of(tensor));
  std::string text;
  for (const std::string_view part : strings) str_append(&text, text.empty() ? "" : "\n\n", part);
  if (!strings.empty()) event.files.push_back({"texts", tag, ".md", std::move(text)});
  return ok_status();
}

}  // namespace treadle::app::tensorboard
