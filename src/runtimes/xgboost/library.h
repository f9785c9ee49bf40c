// The part of XGBoost's C API (3.4.1) that we call, declared by hand because the wheel ships no header.
#pragma once

#include <cstdint>
#include <utility>

#include "base/status.h"

namespace treadle::xgboost {

struct Library {
  using Handle = void*;
  using Length = std::uint64_t;  // bst_ulong

  void (*version)(int* major, int* minor, int* patch);
  const char* (*last_error)();
  int (*matrix_from_dense)(const char* array, const char* config, Handle* out);
  int (*matrix_free)(Handle matrix);
  int (*matrix_set_info)(Handle matrix, const char* field, const char* array);
  int (*matrix_set_names)(Handle matrix, const char* field, const char** names, Length count);
  int (*booster_create)(const Handle* matrices, Length count, Handle* out);
  int (*booster_free)(Handle booster);
  int (*booster_set_param)(Handle booster, const char* name, const char* value);
  int (*booster_set_names)(Handle booster, const char* field, const char** names, Length count);
  int (*booster_update)(Handle booster, int round, Handle matrix);
  int (*booster_eval)(Handle booster, int round, Handle* matrices, const char** names, Length count,
                      const char** result);
  int (*booster_save)(Handle booster, const char* config, Length* length, const char** bytes);
  int (*booster_load)(Handle booster, const void* bytes, Length length);
  int (*booster_predict)(Handle booster, Handle matrix, const char* config, const Length** shape, Length* dimensions,
                         const float** result);
  int (*booster_scores)(Handle booster, const char* config, Length* count, const char*** names, Length* dimensions,
                        const Length** shape, const float** scores);

  // XGBoost's error text for a call that did not answer 0.
  Status check(int result) const;
};

// Loaded once per process.
StatusOr<const Library*> load_library();

// A matrix or booster that is freed when it goes.
class Owned {
 public:
  Owned() = default;
  explicit Owned(int (*free)(void*)) : free_(free) {}
  Owned(Owned&& other) noexcept : free_(other.free_), handle_(std::exchange(other.handle_, nullptr)) {}
  Owned& operator=(Owned&&) = delete;
  ~Owned() {
    if (handle_ != nullptr) free_(handle_);
  }
  void** out() { return &handle_; }
  void* get() const { return handle_; }

 private:
  int (*free_)(void*) = nullptr;
  void* handle_ = nullptr;
};

}  // namespace treadle::xgboost
