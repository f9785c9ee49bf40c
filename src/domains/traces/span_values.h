// Values of attributes as OpenTelemetry's JSON has them, {"int_value": "5"}, without their types: 5. What is not of
// that form is null.
#pragma once

#include "base/json.h"

namespace treadle::traces {

// A whole number that is written as a text, as 64 bits are; anything else stays as it is.
Json whole_number(const Json& text);
Json plain_value(const Json& typed);
// A list of {"key": …, "value": …} as an object; of a key that comes twice the last value counts.
Json plain_values(const Json& pairs);

// A text that is itself JSON of a text, an object or a list, as programs have it that know only texts as values: as
// what it says. Anything else stays as it is.
Json unwrapped(const Json& typed);

// The member of an object, or null.
const Json* member(const Json& object, std::string_view name);

}  // namespace treadle::traces
