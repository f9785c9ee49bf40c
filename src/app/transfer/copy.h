// Copying everything from a source to a sink. Safe to repeat: runs that an earlier copy finished and that have not
// changed are passed over, so an interrupted copy goes on where it was. Memory holds one run and one batch.
#pragma once

#include "app/transfer/sink.h"

namespace treadle::app::transfer {

struct Summary {
  std::int64_t experiments = 0, runs = 0, runs_there = 0, points = 0, artifacts = 0, artifacts_there = 0,
               logged_models = 0, models = 0, versions = 0;
  std::uint64_t bytes = 0;
  std::vector<Problem> problems;  // the first thousand
  std::int64_t problem_count = 0;
  void add(Problem problem);
};

struct CopyOptions {
  std::vector<std::string> experiments;  // only these, by name; empty: all, and the registry
  bool artifacts = true;
  std::function<void(const std::string& now, const Summary& summary)> progress;
};

// Fails only when the source or the target cannot be used any more; what is wrong with single things is in `summary`,
// which the source's problems should go to as well.
Status copy(Source& source, Sink& sink, const CopyOptions& options, Summary& summary);

}  // namespace treadle::app::transfer
