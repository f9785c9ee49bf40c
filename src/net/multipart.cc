#include "net/multipart.h"

#include "base/strings.h"

namespace treadle::net {
namespace {

constexpr std::size_t kMaxParts = 64;

// The value of `; name=value` or `; name="value"` in a header field; "" when it is not there.
std::string parameter(std::string_view field, std::string_view name) {
  for (std::size_t at = field.find(';'); at != std::string_view::npos; at = field.find(';', at + 1)) {
    std::string_view rest = trim(field.substr(at + 1));
    if (rest.size() <= name.size() || to_lower(rest.substr(0, name.size())) != name || rest[name.size()] != '=')
      continue;
    rest.remove_prefix(name.size() + 1);
    if (!rest.starts_with('"')) return std::string(trim(rest.substr(0, rest.find(';'))));
    return std::string(rest.substr(1, rest.find('"', 1) - 1));
  }
  return "";
}

Part read_part(std::string_view head, std::string_view content) {
  Part part;
  part.content = content;
  for (const std::string_view line : split(head, '\n')) {
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || to_lower(trim(line.substr(0, colon))) != "content-disposition") continue;
    part.name = parameter(line, "name");
    part.file_name = parameter(line, "filename");
  }
  return part;
}

}  // namespace

StatusOr<std::vector<Part>> parse_multipart(std::string_view content_type, std::string_view body) {
  if (to_lower(trim(content_type.substr(0, content_type.find(';')))) != "multipart/form-data") {
    return invalid_field("Content-Type", "must be multipart/form-data");
  }
  const std::string boundary = parameter(content_type, "boundary");
  if (boundary.empty() || boundary.size() > 70)
    return invalid_field("Content-Type", "names no boundary of 1 to 70 characters");
  const std::string first = str_cat("--", boundary), next = str_cat("\r\n--", boundary);
  if (!body.starts_with(first)) return invalid("the body does not begin with the boundary that Content-Type names");
  std::vector<Part> parts;
  body.remove_prefix(first.size());
  while (!body.starts_with("--")) {
    if (parts.size() == kMaxParts) return invalid("the body has more than ", kMaxParts, " parts");
    const std::size_t head = body.find("\r\n\r\n");
    const std::size_t end = body.find(next);
    if (head == std::string_view::npos || end == std::string_view::npos || end < head) {
      return invalid("part ", parts.size() + 1, " of the body has no end: was the upload cut short?");
    }
    // An empty part's boundary begins right where its head ends.
    const std::size_t content = std::min(head + 4, end);
    parts.push_back(read_part(body.substr(0, head), body.substr(content, end - content)));
    body.remove_prefix(end + next.size());
  }
  return parts;
}

}  // namespace treadle::net
