// What each route needs, as data. A route that no rule names needs an administrator, so that a new one is closed until
// somebody says here who may use it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "domains/auth/types.h"
#include "net/router.h"

namespace treadle::access {

// What a field of a request (or of an answer's items) names, and so whose permission counts.
enum class Of {
  kExperiment,         // an id
  kExperimentName,     // a name; one that does not exist needs nothing
  kExperimentAny,      // a name or an id; one that does not exist needs nothing
  kRun,                // its experiment
  kLoggedModel,        // its experiment
  kTrace,              // its experiment; one that does not exist needs nothing
  kEvaluationDataset,  // every experiment it is in; in none it is everything's
  kModel,              // a registered model's name
  kNewModel,           // as kModel; one that does not exist needs nothing
  kSource,             // a model version's source URI: what it points into
  kArtifact,           // "EXPERIMENT/…", a path below the artifact proxy; "" needs everything
  kDeployment,         // its model
  kNewDeployment,      // as kDeployment; one that does not exist needs nothing
  kPipelines,          // pipelines as such; takes no field
  kEverything,         // all experiments and models; takes no field
  kSelf,               // a user name: the caller's own
  kGrant,              // "resource_type" and "resource_id" together; takes no field
  kSubject,            // an event's subject
};

// `field` is where the value is: a parameter of the path, the query or the JSON body, or "header:NAME". "a|b" takes
// either, "a.b" is inside an object, "a[]" is a list of which all must pass. A missing one is an error unless `field`
// ends in "?", or counts as `fallback` when that is given.
struct Need {
  Of of;
  std::string_view field;
  auth::Permission level;
  std::string_view fallback = {};
};

// Items of the list `list` in a JSON answer are left out unless what `field` of them names may be read. An empty
// `field` is the item itself.
// `asked` is a list of ids in the request's body; those that may not be read are taken out of it before.
struct Keep {
  std::string_view list;
  Of of;
  std::string_view field;
  std::string_view asked = {};
};

// What a success changes about permissions.
enum class Then {
  kNothing,
  kOwnExperiment,  // the answer's "experiment_id" or "id" belongs to the caller
  kOwnModel,       // the request's "name" does
  kForgetModel,    // the request's "name" is gone
  kRenameModel,    // from the request's "name" to its "new_name"
};

enum class Who { kPublic, kSignedIn, kChecked, kAdmin };

struct Rule {
  Who who = Who::kAdmin;
  std::vector<Need> needs = {};
  std::vector<Keep> keeps = {};
  Then then = Then::kNothing;
  bool raw_body = false;  // the body is a file, whatever it looks like
  bool lineage = false;   // the answer explains a prediction (hidden_lineage.h)
};

// "POST mlflow/runs/create" for MLflow's routes, which lie under several prefixes; otherwise the method and the
// pattern; "* /prefix" for fallbacks.
struct RouteRule {
  std::string_view route;
  Rule rule;
};
const std::vector<RouteRule>& mlflow_rules();
const std::vector<RouteRule>& other_rules();

// How the rules above name a route.
std::string rule_name(const net::Router::Route& route);
// The rule of a route; the one for administrators when nothing names it.
const Rule& rule_for(const net::Router::Route& route);
// For people: "READ of the run in run_id".
std::string describe(const Rule& rule);

}  // namespace treadle::access
