#include "storage/sql/in_list.h"

#include <algorithm>
#include <span>

#include "base/strings.h"

namespace treadle::sql {
namespace {

constexpr std::size_t kChunk = 200;
constexpr std::size_t kRows = 64;

InList list_of(std::span<const std::string> values) {
  InList list;
  list.values.reserve(values.size());
  for (const std::string& value : values) {
    list.marks += list.values.empty() ? "?" : ", ?";
    list.values.emplace_back(value);
  }
  return list;
}

// "(?, ?), (?, ?)"
std::string row_marks(std::size_t rows, std::size_t columns) {
  std::string one = "(";
  for (std::size_t i = 0; i < columns; ++i) one += i == 0 ? "?" : ", ?";
  one += ")";
  std::string all;
  all.reserve(rows * (one.size() + 2));
  for (std::size_t i = 0; i < rows; ++i) all.append(i == 0 ? "" : ", ").append(one);
  return all;
}

}  // namespace

InList in_list(const std::vector<std::string>& values) { return list_of(values); }

StatusOr<std::int64_t> insert_rows(Connection& tx, std::string_view into, std::size_t columns, const Values& values,
                                   std::string_view conflict) {
  std::int64_t changed = 0;
  const std::size_t most = kRows * columns;
  for (std::size_t first = 0; first < values.size(); first += most) {
    const std::size_t count = std::min(most, values.size() - first);
    const auto begin = values.begin() + static_cast<std::ptrdiff_t>(first);
    ASSIGN_OR_RETURN(
        const std::int64_t some,
        tx.execute(str_cat(into, row_marks(count / columns, columns), conflict),
                   count == values.size() ? values : Values(begin, begin + static_cast<std::ptrdiff_t>(count))));
    changed += some;
  }
  return changed;
}

Status in_chunks(const std::vector<std::string>& values, const std::function<Status(const InList&)>& work) {
  const std::span<const std::string> all(values);
  for (std::size_t first = 0; first < all.size(); first += kChunk)
    RETURN_IF_ERROR(work(list_of(all.subspan(first, std::min(kChunk, all.size() - first)))));
  return ok_status();
}

}  // namespace treadle::sql
