#include "domains/webhooks/payloads.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>

#include "base/time.h"

namespace treadle::webhooks {
namespace {

constexpr std::string_view kIsPrompt = "mlflow.prompt.is_prompt", kPromptType = "_mlflow_prompt_type",
                           kPromptText = "mlflow.prompt.text";

// A missing text is null where MLflow says so.
OrderedJson text_or_null(const Json& owner, std::string_view field) {
  const std::string text = owner.value(std::string(field), "");
  return text.empty() ? OrderedJson(nullptr) : OrderedJson(text);
}

Json tags_in(const Json& payload) { return payload.value("tags", Json::object()); }

// Of a prompt without those that only say that it is one.
OrderedJson own_tags(const Json& payload, bool prompt) {
  Json tags = tags_in(payload);
  if (prompt) {
    for (const std::string_view internal : {kIsPrompt, kPromptType, kPromptText}) tags.erase(std::string(internal));
  }
  return tags;
}

std::string version_in(const Json& payload) { return str_cat(payload.value("version", std::int64_t{0})); }

// As Python writes a time in UTC; before 3.11 it reads no other form.
std::string python_time(std::int64_t ms) {
  std::string text = format_rfc3339(ms);
  text.pop_back();  // "Z"
  return str_cat(text, text.find('.') == std::string::npos ? "" : "000", "+00:00");
}

OrderedJson created_data(const Json& payload, bool prompt) {
  return {{"name", payload.value("model", "")},
          {"tags", own_tags(payload, prompt)},
          {"description", payload.value("description", "")}};
}

OrderedJson version_data(const Json& payload, bool prompt) {
  OrderedJson data = {{"name", payload.value("model", "")}, {"version", version_in(payload)}};
  if (prompt) {
    data["template"] = text_or_null(tags_in(payload), kPromptText);
  } else {
    data["source"] = payload.value("source", "");
    data["run_id"] = text_or_null(payload, "run_id");
  }
  data["tags"] = own_tags(payload, prompt);
  data["description"] = text_or_null(payload, "description");
  return data;
}

// The fields of `payload` that are there, under MLflow's names.
OrderedJson tag_data(const Json& payload) {
  OrderedJson data = {{"name", payload.value("model", "")}};
  if (payload.contains("version")) data["version"] = version_in(payload);
  for (const char* field : {"key", "value"}) {
    if (payload.contains(field)) data[field] = payload[field];
  }
  return data;
}

OrderedJson alias_data(const Json& payload) {
  OrderedJson data = {{"name", payload.value("model", "")}, {"alias", payload.value("alias", "")}};
  if (payload.contains("version")) data["version"] = version_in(payload);
  return data;
}

}  // namespace

const std::vector<std::string>& known_events() {
  static const std::vector<std::string> events = {"registered_model.created",
                                                  "model_version.created",
                                                  "model_version_tag.set",
                                                  "model_version_tag.deleted",
                                                  "model_version_alias.created",
                                                  "model_version_alias.deleted",
                                                  "prompt.created",
                                                  "prompt_version.created",
                                                  "prompt_tag.set",
                                                  "prompt_tag.deleted",
                                                  "prompt_version_tag.set",
                                                  "prompt_version_tag.deleted",
                                                  "prompt_alias.created",
                                                  "prompt_alias.deleted",
                                                  "budget_policy.exceeded"};
  return events;
}

std::optional<Message> message_of(const events::Event& event) {
  const Json& payload = event.payload;
  const bool prompt = payload.value("prompt", false);
  const auto named = [&](std::string_view model_name, std::string_view prompt_name) {
    return std::string(prompt ? prompt_name : model_name);
  };
  if (event.type == "model.created")
    return Message{named("registered_model.created", "prompt.created"), created_data(payload, prompt)};
  if (event.type == "model_version.created")
    return Message{named("model_version.created", "prompt_version.created"), version_data(payload, prompt)};
  if (event.type == "model_version_tag.set")
    return Message{named("model_version_tag.set", "prompt_version_tag.set"), tag_data(payload)};
  if (event.type == "model_version_tag.deleted")
    return Message{named("model_version_tag.deleted", "prompt_version_tag.deleted"), tag_data(payload)};
  if (event.type == "model_alias.set")
    return Message{named("model_version_alias.created", "prompt_alias.created"), alias_data(payload)};
  if (event.type == "model_alias.deleted")
    return Message{named("model_version_alias.deleted", "prompt_alias.deleted"), alias_data(payload)};
  if (prompt && event.type == "model_tag.set") return Message{"prompt_tag.set", tag_data(payload)};
  if (prompt && event.type == "model_tag.deleted") return Message{"prompt_tag.deleted", tag_data(payload)};
  return std::nullopt;
}

OrderedJson example_data(std::string_view event) {
  const bool prompt = event.starts_with("prompt");
  const std::string_view entity = event.substr(0, event.find('.'));
  if (entity == "budget_policy") return {{"budget_policy_id", "example_policy"}};
  OrderedJson data = {{"name", prompt ? "example_prompt" : "example_model"}};
  const bool of_version = entity.find("version") != std::string_view::npos && entity != "model_version_alias";
  if (of_version) data["version"] = "1";
  if (event.ends_with("alias.created")) data["version"] = "1";
  if (entity.ends_with("alias")) data["alias"] = "example_alias";
  if (entity.ends_with("tag")) data["key"] = "example_key";
  if (event.ends_with("tag.set")) data["value"] = "example_value";
  if (!event.ends_with(".created") || entity.ends_with("alias")) return data;
  data["tags"] = {{"example_key", "example_value"}};
  if (event == "registered_model.created") data["description"] = "An example registered model";
  if (event == "prompt.created") data["description"] = "An example prompt";
  if (event == "prompt_version.created") {
    data["description"] = "An example prompt version";
    data["template"] = "Hello {{name}}!";
  }
  if (event == "model_version.created") {
    data["description"] = "An example model version";
    data["source"] = "models:/123";
    data["run_id"] = "abcd1234abcd5678";
  }
  return data;
}

std::string body_of(std::string_view event, const OrderedJson& data, std::int64_t time_ms) {
  const std::size_t dot = event.find('.');
  const OrderedJson body = {{"entity", event.substr(0, dot)},
                            {"action", event.substr(dot + 1)},
                            {"timestamp", python_time(time_ms)},
                            {"data", data}};
  return ordered_text(body);
}

std::string signature(std::string_view secret, std::string_view id, std::string_view timestamp, std::string_view body) {
  const std::string text = str_cat(id, ".", timestamp, ".", body);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned int size = 0;
  HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data(), &size);
  return str_cat("v1,", base64_encode({reinterpret_cast<const char*>(digest.data()), size}));
}

}  // namespace treadle::webhooks
