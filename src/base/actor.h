// Who asked for what this thread is doing, for the records that say who changed what. A server's request is answered
// by one thread from its handler to its service, so this need not travel through every function between them.
//
//   const ActingAs acting({.user = "ann", .verified = true});
//   … registry.set_alias(…) …     // notes current_actor() in the history
#pragma once

#include <string>

namespace treadle {

struct Actor {
  std::string user;       // empty: not known
  bool verified = false;  // whether access control made sure; else it is what the client says of itself
  bool admin = false;     // only of a verified one
  std::string client;     // the program, as it calls itself
};

// Nobody in particular outside of an ActingAs. Work handed to another thread must take a copy along.
const Actor& current_actor();

class ActingAs {
 public:
  explicit ActingAs(Actor actor);
  ~ActingAs();
  ActingAs(const ActingAs&) = delete;
  ActingAs& operator=(const ActingAs&) = delete;

 private:
  Actor before_;
};

}  // namespace treadle
