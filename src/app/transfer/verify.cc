#include "app/transfer/verify.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>

#include "app/transfer/portable.h"
#include "base/strings.h"

namespace treadle::app::transfer {
namespace {

using Point = std::tuple<std::int64_t, std::int64_t, double>;

// As numbers, in order; NaN as a number that no store holds.
StatusOr<std::vector<Point>> points_of(Source& source, const Run& run, const std::string& key) {
  std::vector<Point> points;
  RETURN_IF_ERROR(source.history(run, key, [&](std::vector<tracking::Metric>&& some) {
    for (const auto& one : some)
      points.emplace_back(one.time_ms, one.step, std::isnan(one.value) ? -INFINITY : one.value);
    return ok_status();
  }));
  std::sort(points.begin(), points.end());
  return points;
}

class Comparison {
 public:
  Comparison(Source& here, Source& there, const Problems& differences,
             const std::function<void(const std::string&)>& progress)
      : here_(here), there_(there), differences_(differences), progress_(progress) {}

  StatusOr<Compared> everything(const std::vector<std::string>& wanted) {
    ASSIGN_OR_RETURN(const auto ours, here_.experiments());
    ASSIGN_OR_RETURN(const auto theirs, there_.experiments());
    for (const auto& one : ours) {
      if (!wanted.empty() && std::find(wanted.begin(), wanted.end(), one.name) == wanted.end()) continue;
      const auto other =
          std::find_if(theirs.begin(), theirs.end(), [&](const auto& it) { return it.name == one.name; });
      if (other == theirs.end()) {
        differ("experiment " + one.name, "is not there");
        continue;
      }
      RETURN_IF_ERROR(compare_experiments(one, *other));
    }
    if (wanted.empty()) RETURN_IF_ERROR(compare_registries());
    return compared_;
  }

 private:
  void differ(const std::string& what, const std::string& why) { differences_({what, why}); }
  void differ_by(const std::string& what, const std::optional<std::string>& difference) {
    if (difference) differ(what, *difference);
  }

  Status compare_experiments(const tracking::Experiment& a, const tracking::Experiment& b) {
    progress_(a.name);
    ++compared_.experiments;
    const std::string what = "experiment " + a.name;
    if (a.deleted != b.deleted) differ(what, "is deleted on one side only");
    differ_by(what, first_difference("tag", a.tags, b.tags));
    RETURN_IF_ERROR(here_.runs(a.id, [&](Run&& run) { return compare_run(run, b.id); }));
    return compare_logged_models(a.id, b.id);
  }

  Status compare_run(const Run& run, const std::string& their_experiment) {
    ++compared_.runs;
    const std::string what = "run " + run.record.id;
    const auto other = there_.run(their_experiment, run.record.id);
    if (other.status().code() == StatusCode::kNotFound) {
      differ(what, "is not there");
      return ok_status();
    }
    RETURN_IF_ERROR(other);
    differ_by(what, first_difference(run.record, other->record));
    for (const auto& metric : run.record.metrics) {
      ASSIGN_OR_RETURN(const auto ours, points_of(here_, run, metric.key));
      const auto theirs = points_of(there_, *other, metric.key);
      compared_.points += static_cast<std::int64_t>(ours.size());
      if (!theirs.ok() || *theirs != ours) differ(what, str_cat("metric ", metric.key, ": the points differ"));
    }
    return compare_artifacts(what, run.owner(), other->owner());
  }

  Status compare_artifacts(const std::string& what, const Owner& a, const Owner& b) {
    ASSIGN_OR_RETURN(const auto ours, here_.artifacts(a));
    ASSIGN_OR_RETURN(const auto theirs, there_.artifacts(b));
    std::map<std::string, std::uint64_t> sizes;
    for (const ArtifactFile& file : theirs) sizes[file.path] = file.size;
    for (const ArtifactFile& file : ours) {
      ++compared_.artifacts;
      const auto it = sizes.find(file.path);
      if (it == sizes.end())
        differ(what, str_cat("artifact ", file.path, " is not there"));
      else if (it->second != file.size)
        differ(what, str_cat("artifact ", file.path, ": ", file.size, " bytes here, ", it->second, " there"));
    }
    return ok_status();
  }

  Status compare_logged_models(const std::string& ours, const std::string& theirs) {
    std::map<std::string, LoggedModel> others;
    RETURN_IF_ERROR(there_.logged_models(theirs, [&](LoggedModel&& model) {
      const std::string id = model.record.id;
      others[id] = std::move(model);
      return ok_status();
    }));
    return here_.logged_models(ours, [&](LoggedModel&& model) -> Status {
      ++compared_.logged_models;
      const std::string what = "logged model " + model.record.id;
      const auto other = others.find(model.record.id);
      if (other == others.end()) {
        differ(what, "is not there");
        return ok_status();
      }
      differ_by(what, first_difference("param", model.record.params, other->second.record.params));
      differ_by(what, first_difference("tag", model.record.tags, other->second.record.tags));
      if (model.record.status != other->second.record.status) differ(what, "the status differs");
      return compare_artifacts(what, model.owner(), other->second.owner());
    });
  }

  Status compare_registries() {
    std::map<std::string, RegisteredModel> others;
    RETURN_IF_ERROR(there_.registered_models([&](RegisteredModel&& model) {
      const std::string name = model.record.name;
      others[name] = std::move(model);
      return ok_status();
    }));
    return here_.registered_models([&](RegisteredModel&& model) {
      const auto other = others.find(model.record.name);
      if (other == others.end())
        differ("registered model " + model.record.name, "is not there");
      else
        compare_models(model, other->second);
      return ok_status();
    });
  }

  void compare_models(const RegisteredModel& a, const RegisteredModel& b) {
    const std::string what = "registered model " + a.record.name;
    differ_by(what, first_difference("tag", a.record.tags, b.record.tags));
    if (a.record.description != b.record.description) differ(what, "the description differs");
    differ_by(what, first_difference("alias", aliases_of(a), aliases_of(b)));
    for (const registry::Version& version : a.versions) {
      ++compared_.versions;
      const auto other = std::find_if(b.versions.begin(), b.versions.end(),
                                      [&](const auto& it) { return it.version == version.version; });
      const std::string which = str_cat(what, " version ", version.version);
      if (other == b.versions.end()) {
        differ(which, "is not there");
        continue;
      }
      differ_by(which, first_difference("tag", version.tags, other->tags));
      differ_by(which, first_difference("", fields_of(version), fields_of(*other)));
    }
  }

  static tracking::Tags aliases_of(const RegisteredModel& model) {
    tracking::Tags aliases;
    for (const auto& one : model.record.aliases) aliases.emplace_back(one.alias, str_cat(one.version));
    return aliases;
  }
  static tracking::Tags fields_of(const registry::Version& version) {
    return {{"run", version.run_id},
            {"stage", version.stage},
            {"description", version.description},
            {"source", portable_source(version.source)}};
  }

  Source& here_;
  Source& there_;
  const Problems& differences_;
  const std::function<void(const std::string&)>& progress_;
  Compared compared_;
};

}  // namespace

StatusOr<Compared> compare(Source& here, Source& there, const std::vector<std::string>& experiments,
                           const Problems& differences, const std::function<void(const std::string& now)>& progress) {
  return Comparison(here, there, differences, progress).everything(experiments);
}

}  // namespace treadle::app::transfer
