#include "base/actor.h"

#include <utility>

namespace treadle {
namespace {

thread_local Actor current;

}  // namespace

const Actor& current_actor() { return current; }

ActingAs::ActingAs(Actor actor) : before_(std::exchange(current, std::move(actor))) {}
ActingAs::~ActingAs() { current = std::move(before_); }

}  // namespace treadle
