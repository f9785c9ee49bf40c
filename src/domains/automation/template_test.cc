#include "domains/automation/template.h"

#include <gtest/gtest.h>

namespace treadle::automation {
namespace {

const Json kEvent = {{"day", "2014-11-01"}, {"value", 1.5}};

TEST(Template, FillsTextsAtAnyDepthAndKeepsTypes) {
  const Json filled = *fill_template(
      {{"a", "{{event.day}}"}, {"b", {"x {{ event.value }} y {{event.day}}", 3}}, {"c", "{{event.value}}"}}, kEvent);
  EXPECT_EQ(filled, (Json{{"a", "2014-11-01"}, {"b", {"x 1.5 y 2014-11-01", 3}}, {"c", 1.5}}));
  EXPECT_EQ(*fill_template("{{ unfinished", kEvent), "{{ unfinished");
}

TEST(Template, UnknownFieldsAreErrorsThatNameTheKnown) {
  const Status status = fill_template({{"a", "{{event.dya}}"}}, kEvent).status();
  EXPECT_EQ(status.field(), "action.parameters");
  EXPECT_NE(status.message().find("it has day, value"), std::string::npos);
  EXPECT_FALSE(fill_template("{{secret}}", kEvent).ok());
}

}  // namespace
}  // namespace treadle::automation
