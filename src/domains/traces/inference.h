// What spans say of their traces, for all that no report says: when, how it went, the name, tags, whose session, what
// was asked and answered, how many tokens it took. A report outranks all of it, whichever comes first.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "domains/traces/span_facts.h"
#include "domains/traces/types.h"
#include "storage/sql/database.h"

namespace treadle::traces {

// Where clients put the attachments of a trace: a tag of it.
std::pair<std::string, std::string> artifact_place(const TraceInfo& info);

class Inference {
 public:
  // `facts` of each span. Reads only.
  Inference(const std::string& experiment_id, const std::vector<Span>& spans, const std::vector<SpanFacts>& facts);

  const std::vector<std::string>& ids() const { return ids_; }            // of all traces
  const std::vector<std::string>& complete() const { return complete_; }  // whose root is here

  // Adds to what was there `before`; the spans are stored already.
  Status put(sql::Connection& tx, const std::vector<TraceInfo>& before) const;

 private:
  Status put_token_sums(sql::Connection& tx, const std::vector<TraceInfo>& before) const;

  std::map<std::string, TraceInfo, std::less<>> traces_;
  std::set<std::string, std::less<>> telling_;  // one of whose spans tells tokens
  std::vector<std::string> ids_, complete_;
};

}  // namespace treadle::traces
