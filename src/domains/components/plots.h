// Small pictures for people: one HTML page with inline SVG and no script.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace treadle::components {

struct EvaluationPlots {
  std::string title;
  std::vector<double> truth, forecast;                      // in time order
  std::vector<std::pair<std::string, double>> importances;  // falling
};
// Forecast against truth (the newest 7 days of 48 steps), the errors' histogram, the ten most useful features.
std::string render(const EvaluationPlots& plots);

}  // namespace treadle::components
