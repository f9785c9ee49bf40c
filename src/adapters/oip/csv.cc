#include "adapters/oip/csv.h"

#include <limits>

#include "adapters/oip/rows.h"

namespace treadle::oip {
namespace {

// Cuts one record off `text`. Quoted cells may hold commas, line ends and doubled quotes; their text is put into
// `spare`.
class CsvReader {
 public:
  explicit CsvReader(std::string_view text) : rest_(text) {
    if (rest_.starts_with("\xEF\xBB\xBF")) rest_.remove_prefix(3);
  }

  bool done() const { return rest_.empty(); }
  std::size_t line() const { return line_; }

  Status next(std::vector<std::string>* cells) {
    ++line_;
    cells->clear();
    while (true) {
      cells->emplace_back();
      if (rest_.starts_with('"')) {
        RETURN_IF_ERROR(quoted(&cells->back()));
      } else {
        const std::size_t end = std::min(rest_.find_first_of(",\r\n"), rest_.size());
        cells->back() = trim(rest_.substr(0, end));
        rest_.remove_prefix(end);
      }
      if (rest_.starts_with(',')) {
        rest_.remove_prefix(1);
        continue;
      }
      if (rest_.starts_with('\r')) rest_.remove_prefix(1);
      if (rest_.starts_with('\n')) rest_.remove_prefix(1);
      return ok_status();
    }
  }

 private:
  Status quoted(std::string* cell) {
    rest_.remove_prefix(1);
    while (true) {
      const std::size_t quote = rest_.find('"');
      if (quote == std::string_view::npos) return invalid("line ", line_, ": a quoted cell does not end");
      cell->append(rest_.substr(0, quote));
      rest_.remove_prefix(quote + 1);
      if (!rest_.starts_with('"')) break;
      cell->push_back('"');
      rest_.remove_prefix(1);
    }
    if (rest_.empty() || rest_.front() == ',' || rest_.front() == '\r' || rest_.front() == '\n') return ok_status();
    return invalid("line ", line_, ": text follows a closing quote");
  }

  std::string_view rest_;
  std::size_t line_ = 0;
};

std::optional<float> cell_value(std::string_view cell) {
  constexpr float kMissing = std::numeric_limits<float>::quiet_NaN();
  for (const std::string_view missing : {"", "NaN", "nan", "NA", "N/A", "null", "NULL", "None"}) {
    if (cell == missing) return kMissing;
  }
  if (equals_ignore_case(cell, "true")) return 1.0F;
  if (equals_ignore_case(cell, "false")) return 0.0F;
  const auto number = parse_double(cell);
  return number ? std::optional(static_cast<float>(*number)) : std::nullopt;
}

}  // namespace

Status read_csv(std::string_view text, serving::Call& call) {
  CsvReader reader(text);
  if (reader.done()) return invalid("the CSV is empty; it needs a header line of feature names");
  std::vector<std::string> cells;
  RETURN_IF_ERROR(reader.next(&cells));
  const std::size_t width = cells.size();
  const serving::Signature& signature = call.signature();
  std::vector<std::size_t> places;
  if (signature.named()) {
    ASSIGN_OR_RETURN(places, map_columns({cells.begin(), cells.end()}, signature));
  } else if (width != signature.size()) {
    return invalid("the CSV has ", width, " columns; the model takes ", signature.size());
  }
  std::vector<float> values;
  std::size_t rows = 0;
  while (!reader.done()) {
    RETURN_IF_ERROR(reader.next(&cells));
    if (cells.size() == 1 && cells[0].empty() && width > 1) continue;  // pandas skips blank lines
    if (cells.size() != width) return invalid("line ", reader.line(), " has ", cells.size(), " cells, not ", width);
    for (std::size_t i = 0; i < width; ++i) {
      const auto value = cell_value(cells[i]);
      const std::size_t column = places.empty() ? i : places[i];
      if (!value) {
        return invalid_field(signature.features()[column].name, "line ", reader.line(), " must be a number, got '",
                             std::string_view(cells[i]).substr(0, 40), "'");
      }
      values.push_back(*value);
    }
    ++rows;
  }
  RETURN_IF_ERROR(call.reset(rows));
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t i = 0; i < width; ++i) {
      call.features().row(row)[places.empty() ? i : places[i]] = values[row * width + i];
    }
  }
  return ok_status();
}

}  // namespace treadle::oip
