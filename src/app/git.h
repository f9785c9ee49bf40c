// What git says about the code that is being submitted.
#pragma once

#include <filesystem>

#include "base/json.h"

namespace treadle::app {

// {"commit":"<40 hex>","dirty":false} of the checkout that holds `file`; null when it is in none, is not under version
// control there, or git is not installed. Dirty: a file under version control differs from the commit.
Json code_of(const std::filesystem::path& file);

// More is not kept: a patch that was cut could not be applied.
inline constexpr std::size_t kMostChanges = 1 << 20;
// How the checkout that holds `file` differs from its commit, as a patch; empty when it does not or is larger than
// kMostChanges.
std::string uncommitted_changes(const std::filesystem::path& file);

}  // namespace treadle::app
