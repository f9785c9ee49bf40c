import { describe, expect, it } from "vitest";
import type { HistoryEntry } from "../../api/gates";
import { whatHappened } from "./history";

const entry = (given: Partial<HistoryEntry>): HistoryEntry =>
  ({ id: 1, model: "demand", time_ms: 0, kind: "", target: "", before: "", after: "", reason: "", user: "ada", user_verified: true, client: "", ...given });

describe("the history of a model as sentences", () => {
  it("tells a first promotion from one that takes the alias away from another", () => {
    expect(whatHappened(entry({ kind: "alias.set", version: 2, target: "champion", after: "2" }))).toBe("gave the alias champion to version 2");
    expect(whatHappened(entry({ kind: "alias.set", version: 2, target: "champion", before: "1", after: "2" }))).toBe("moved the alias champion from version 1 to version 2");
  });

  it("tells aliases from stages", () => {
    expect(whatHappened(entry({ kind: "gate.set", target: "stage:Production" }))).toBe("set the gate of the stage Production");
    expect(whatHappened(entry({ kind: "promotion.refused", version: 3, target: "champion" }))).toBe("asked for the alias champion for version 3");
  });

  it("says whose tag it is", () => {
    expect(whatHappened(entry({ kind: "tag.set", target: "team", after: "north" }))).toBe("set the tag team of the model to north");
    expect(whatHappened(entry({ kind: "tag.deleted", version: 4, target: "team" }))).toBe("removed the tag team of version 4");
  });

  it("names what it does not know", () => {
    expect(whatHappened(entry({ kind: "model.archived" }))).toBe("model.archived");
  });
});
