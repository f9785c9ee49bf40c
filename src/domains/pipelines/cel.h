// The part of CEL that pipeline specs use: conditions of tasks and selectors of parts of a value.
//
//   evaluate_condition("int(inputs.parameter_values['n']) > 4 && true", {{"n", 5}})  ->  true
//
// Operators || && ! == != < <= > >= in + - * / % [] . and the functions int double string bool size parseJson.
#pragma once

#include <string_view>

#include "base/json.h"

namespace treadle::pipelines {

// Only the form; what it refers to is known at run time.
Status check_cel(std::string_view expression);
// `names` are the variables the expression may use. Errors say where in the expression.
StatusOr<Json> evaluate_cel(std::string_view expression, const Json& names);
// With `inputs.parameter_values`; anything but a boolean is an error.
StatusOr<bool> evaluate_condition(std::string_view expression, const Json& parameter_values);

}  // namespace treadle::pipelines
