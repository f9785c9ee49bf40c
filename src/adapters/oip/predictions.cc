#include "adapters/oip/predictions.h"

#include "base/json_writer.h"

namespace treadle::oip {

StatusOr<net::Response> answer_predictions(serving::Service& serving, serving::Call& call) {
  RETURN_IF_ERROR(call.predict());
  JsonWriter json(32 + call.values().size() * 14);
  json.begin_object();
  json.key("predictions");
  json.begin_array();
  for (const float value : call.values()) json.value(value);
  json.end_array();
  json.end_object();
  serving.finish(call, {});
  return net::Response::json_text(json.take());
}

}  // namespace treadle::oip
