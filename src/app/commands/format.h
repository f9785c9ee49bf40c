// Reading fields of API answers for people: a missing or null field becomes "-".
#pragma once

#include <string>
#include <string_view>

#include "base/json.h"

namespace treadle::app {

std::string text_of(const Json& object, std::string_view field);
// A time in milliseconds as "5 min ago".
std::string ago_of(const Json& object, std::string_view field);
// A number, or a text that holds one, with that many decimals; "-" when it is neither.
std::string number_of(const Json& object, std::string_view field, int decimals);
// The array under `field`, or an empty one.
const Json& list_of(const Json& object, std::string_view field);
// The object under `field`, or an empty one.
const Json& object_of(const Json& object, std::string_view field);

}  // namespace treadle::app
