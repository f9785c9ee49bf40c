#include "app/transfer/copy.h"

#include <algorithm>
#include <set>

#include "app/transfer/portable.h"
#include "base/files.h"
#include "domains/tracking/service.h"

namespace treadle::app::transfer {
namespace {

using tracking::Limits;

// The other side is gone; going on makes no sense.
bool is_fatal(const Status& status) {
  return status.code() == StatusCode::kUnavailable || status.code() == StatusCode::kDeadlineExceeded ||
         status.code() == StatusCode::kUnauthenticated;
}

class Copy {
 public:
  Copy(Source& source, Sink& sink, const CopyOptions& options, Summary& summary, TempDir scratch)
      : source_(source), sink_(sink), options_(options), summary_(summary), scratch_(std::move(scratch)) {}

  Status everything() {
    ASSIGN_OR_RETURN(const auto experiments, source_.experiments());
    std::set<std::string> wanted(options_.experiments.begin(), options_.experiments.end());
    for (const auto& experiment : experiments) {
      if (!options_.experiments.empty() && wanted.erase(experiment.name) == 0) continue;
      RETURN_IF_ERROR(noted("experiment " + experiment.name, copy_experiment(experiment)));
    }
    if (!wanted.empty()) return not_found("the source has no experiment named \"", *wanted.begin(), "\"");
    if (!options_.experiments.empty()) return ok_status();
    return source_.registered_models([this](RegisteredModel&& model) { return copy_registered_model(model); });
  }

 private:
  // Records what went wrong with one thing; only what ends the copy is returned.
  Status noted(const std::string& what, const Status& status) {
    if (status.ok()) return status;
    if (is_fatal(status)) return with_context(status, what);
    summary_.add({what, status.message()});
    return ok_status();
  }

  void show(const std::string& now) {
    if (options_.progress) options_.progress(now, summary_);
  }

  Status copy_experiment(const tracking::Experiment& experiment) {
    show(experiment.name);
    ASSIGN_OR_RETURN(const std::string id, sink_.begin_experiment(experiment));
    ++summary_.experiments;
    // Before the runs, which name them as inputs and outputs.
    RETURN_IF_ERROR(source_.logged_models(experiment.id, [&](LoggedModel&& model) {
      show(experiment.name);
      return noted("logged model " + model.record.id, copy_logged_model(model, id));
    }));
    RETURN_IF_ERROR(source_.runs(experiment.id, [&](Run&& run) {
      show(experiment.name);
      return noted("run " + run.record.id, copy_run(run, id));
    }));
    return sink_.end_experiment(experiment, id);
  }

  Status copy_logged_model(const LoggedModel& model, const std::string& experiment) {
    RETURN_IF_ERROR(sink_.put_logged_model(model.record, experiment));
    ++summary_.logged_models;
    return copy_artifacts("logged model " + model.record.id, model.owner(), experiment);
  }

  Status copy_run(const Run& run, const std::string& experiment) {
    ASSIGN_OR_RETURN(const bool there, sink_.has_run(run.record, experiment));
    if (there) {
      ++summary_.runs_there;
      return ok_status();
    }
    RETURN_IF_ERROR(sink_.begin_run(run.record, experiment));
    RETURN_IF_ERROR(copy_params_and_tags(run));
    RETURN_IF_ERROR(copy_inputs(run));
    for (const auto& metric : run.record.metrics) {
      const Status status = source_.history(run, metric.key, [&](std::vector<tracking::Metric>&& points) {
        summary_.points += static_cast<std::int64_t>(points.size());
        tracking::Batch batch;
        batch.metrics = std::move(points);
        return sink_.log(run.record, batch);
      });
      RETURN_IF_ERROR(noted(str_cat("metric \"", metric.key, "\" of run ", run.record.id), status));
    }
    RETURN_IF_ERROR(copy_artifacts("run " + run.record.id, run.owner(), experiment));
    RETURN_IF_ERROR(sink_.end_run(run.record, experiment));
    ++summary_.runs;
    return ok_status();
  }

  // A batch that is refused is sent again one by one, so that only what is wrong stays behind.
  Status copy_pairs(const Run& run, const char* what, const tracking::Tags& pairs,
                    tracking::Tags tracking::Batch::*part) {
    for (std::size_t first = 0; first < pairs.size(); first += Limits::kBatchTags) {
      const std::size_t end = std::min(pairs.size(), first + Limits::kBatchTags);
      tracking::Batch batch;
      (batch.*part)
          .assign(pairs.begin() + static_cast<std::ptrdiff_t>(first), pairs.begin() + static_cast<std::ptrdiff_t>(end));
      Status status = sink_.log(run.record, batch);
      if (status.ok()) continue;
      if (is_fatal(status)) return status;
      for (std::size_t i = first; i < end; ++i) {
        tracking::Batch one;
        (one.*part).push_back(pairs[i]);
        RETURN_IF_ERROR(
            noted(str_cat(what, " \"", pairs[i].first, "\" of run ", run.record.id), sink_.log(run.record, one)));
      }
    }
    return ok_status();
  }

  Status copy_params_and_tags(const Run& run) {
    RETURN_IF_ERROR(copy_pairs(run, "param", run.record.params, &tracking::Batch::params));
    return copy_pairs(run, "tag", run.record.tags, &tracking::Batch::tags);
  }

  Status copy_inputs(const Run& run) {
    for (const auto& input : run.record.inputs) {
      tracking::Batch batch;
      batch.inputs.push_back(input);
      RETURN_IF_ERROR(
          noted(str_cat("dataset \"", input.name, "\" of run ", run.record.id), sink_.log(run.record, batch)));
    }
    const auto link = [&](const tracking::ModelLink& one, std::vector<tracking::ModelLink> tracking::Batch::*part) {
      tracking::Batch batch;
      (batch.*part).push_back(one);
      return noted(str_cat("link of run ", run.record.id, " to logged model ", one.model_id),
                   sink_.log(run.record, batch));
    };
    for (const auto& one : run.record.model_inputs) RETURN_IF_ERROR(link(one, &tracking::Batch::model_inputs));
    for (const auto& one : run.record.model_outputs) RETURN_IF_ERROR(link(one, &tracking::Batch::model_outputs));
    return ok_status();
  }

  Status copy_artifacts(const std::string& what, const Owner& owner, const std::string& experiment) {
    if (!options_.artifacts) return ok_status();
    const auto files = source_.artifacts(owner);
    if (!files.ok()) return noted("artifacts of " + what, files.status());
    if (files->empty()) return ok_status();
    ASSIGN_OR_RETURN(const auto there, sink_.artifacts(owner, experiment));
    for (const ArtifactFile& file : *files) {
      const auto known = there.find(file.path);
      if (known != there.end() && known->second == file.size) {
        ++summary_.artifacts_there;
        continue;
      }
      show(file.path);
      const Status status = copy_artifact(owner, experiment, file);
      RETURN_IF_ERROR(noted(str_cat("artifact \"", file.path, "\" of ", what), status));
    }
    return ok_status();
  }

  Status copy_artifact(const Owner& owner, const std::string& experiment, const ArtifactFile& file) {
    ASSIGN_OR_RETURN(const auto local, source_.artifact(owner, file.path, scratch_.path()));
    RETURN_IF_ERROR(sink_.put_artifact(owner, experiment, file.path, local));
    ++summary_.artifacts;
    summary_.bytes += file.size;
    return ok_status();
  }

  Status copy_registered_model(const RegisteredModel& model) {
    show(model.record.name);
    const std::string what = "registered model " + model.record.name;
    const Status made = sink_.put_registered_model(model.record);
    if (!made.ok()) return noted(what, made);
    ++summary_.models;
    for (registry::Version version : model.versions) {
      version.source = portable_source(version.source);
      const Status status = sink_.put_version(version);
      summary_.versions += status.ok();
      RETURN_IF_ERROR(noted(str_cat(what, " version ", version.version), status));
    }
    for (const auto& alias : model.record.aliases) {
      RETURN_IF_ERROR(noted(str_cat(what, " alias ", alias.alias), sink_.put_alias(model.record.name, alias)));
    }
    return ok_status();
  }

  Source& source_;
  Sink& sink_;
  const CopyOptions& options_;
  Summary& summary_;
  const TempDir scratch_;
};

}  // namespace

void Summary::add(Problem problem) {
  ++problem_count;
  if (problems.size() < 1000) problems.push_back(std::move(problem));
}

Status copy(Source& source, Sink& sink, const CopyOptions& options, Summary& summary) {
  ASSIGN_OR_RETURN(TempDir scratch, TempDir::create());
  Copy job(source, sink, options, summary, std::move(scratch));
  RETURN_IF_ERROR(job.everything());
  const auto left = source.left_behind();
  if (left.ok() && !left->empty()) summary.add({*left, "this kind is not carried over"});
  return ok_status();
}

}  // namespace treadle::app::transfer
