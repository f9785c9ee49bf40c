// Pictures and texts in events, for event.cc.
#pragma once

#include <string>
#include <string_view>

#include "app/tensorboard/event.h"

namespace treadle::app::tensorboard {

// Of a Summary.Image: its bytes as the writer encoded them.
Status read_image(std::string_view image, const std::string& tag, Event& event);
// Of a tensor of strings: width, height and then pictures.
Status read_image_tensor(std::string_view tensor, const std::string& tag, Event& event);
// Of a tensor of strings, each a paragraph in Markdown.
Status read_text_tensor(std::string_view tensor, const std::string& tag, Event& event);

}  // namespace treadle::app::tensorboard
