// Identifiers. All random bits come from the operating system; all functions are thread-safe.
#pragma once

#include <string>
#include <string_view>

namespace treadle {

// 32 lower-case hex digits: MLflow's form of a run id.
std::string new_hex_id();
// The same form, but ids made later sort later: a UUID of version 7 (RFC 9562, 48 bits of milliseconds, then random
// ones). For what is written much: rows of new things then lie together in an index instead of all over it. The digits
// that differ between neighbours are the last ones.
std::string new_ordered_hex_id();
// The two forms of one 128-bit id. A run is 32 hex digits to MLflow and 8-4-4-4-12 to KFP.
std::string hex_to_uuid(std::string_view hex);
std::string uuid_to_hex(std::string_view uuid);
// True for exactly 32 lower-case hex digits.
bool is_hex_id(std::string_view text);
// 26 characters that sort by time of creation (Crockford base 32: 48 bits of milliseconds, 80 random bits).
std::string new_ulid();

}  // namespace treadle
