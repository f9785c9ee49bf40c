import { describe, expect, it } from "vitest";
import { complete, operatorsFor, put, quoted, type Vocabulary } from "./grammar";

const vocabulary: Vocabulary = {
  names: ["attributes.status", "metrics.rmse", "params.`learning rate`", "params.model", "tags.team"].map((text) => ({ text, note: "" })),
  operators: (key) => operatorsFor({ numeric: key.startsWith("metrics."), optional: /^(params|tags)/.test(key) }),
  values: (key) => (key === "params.model" ? quoted(["xgb", "it's", "mlp"], "seen") : []),
};

const offered = (text: string, caret = text.length) => complete(text, caret, vocabulary).options.map((option) => option.text);

describe("what may come next", () => {
  it("is a key at the start and after AND", () => {
    expect(offered("")).toContain("metrics.rmse");
    expect(offered("metrics.rmse < 1 AND ")).toContain("tags.team");
  });

  it("is found by any part of a key, its beginning first", () => {
    expect(offered("mod")).toEqual(["params.model"]);
    expect(offered("params.m")[0]).toBe("params.model");
    expect(offered("learning")).toEqual(["params.`learning rate`"]);
  });

  it("is an operator that fits the key", () => {
    expect(offered("metrics.rmse ")).toEqual(["<", "<=", ">", ">=", "=", "!="]);
    expect(offered("tags.team ")).toContain("IS NOT NULL");
    expect(offered("metrics.rmse ")).not.toContain("LIKE");
  });

  it("is a value seen, but none that cannot be written", () => {
    expect(offered("params.model = ")).toEqual(["'xgb'", "'mlp'"]);
    expect(offered("params.model = 'm")).toEqual(["'mlp'"]);
  });

  it("is AND after a whole condition, also after a list and a test of presence", () => {
    expect(offered("params.model = 'xgb' ")).toEqual(["AND"]);
    expect(offered("params.model IN ('a', 'b') ")).toEqual(["AND"]);
    expect(offered("tags.team IS NOT NULL ")).toEqual(["AND"]);
  });

  it("is nothing when the word is whole", () => {
    expect(offered("params.model")).toEqual([]);
  });

  it("looks at the caret, not at the end", () => {
    expect(offered("metr AND params.model = 'xgb'", 4)).toEqual(["metrics.rmse"]);
  });

  it("does not hang or throw on what no one would write", () => {
    for (const text of ["'", "``", "((((", "= = =", "a.b.c.d.", "\u0000", "🚀 AND", "x".repeat(20_000)]) expect(() => offered(text)).not.toThrow();
  });
});

describe("putting an option in", () => {
  const take = (text: string, caret: number, option: string) => put(text, complete(text, caret, vocabulary), { text: option, note: "" });

  it("replaces the word being written and keeps the rest", () => {
    expect(take("metr AND params.model = 'xgb'", 4, "metrics.rmse")).toEqual({ text: "metrics.rmse AND params.model = 'xgb'", caret: 13 });
  });

  it("leaves a gap after an operator", () => {
    expect(take("params.model =", 14, "'xgb'").text).toBe("params.model = 'xgb' ");
  });

  it("replaces a half-written operator whole", () => {
    const text = "tags.team IS NO";
    expect(take(text, text.length, "IS NOT NULL").text).toBe("tags.team IS NOT NULL ");
  });
});
