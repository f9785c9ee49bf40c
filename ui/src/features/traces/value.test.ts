import { describe, expect, it } from "vitest";
import { asWritten, readValue } from "./value";

describe("the value of an assessment", () => {
  it("is JSON where it reads as that, else text", () => {
    expect(["true", "0.8", '"no"', "[1, 2]", "quite good", "'x'"].map(readValue)).toEqual([true, 0.8, "no", [1, 2], "quite good", "'x'"]);
  });

  it("comes back as it was when it is written and read", () => {
    for (const value of [true, 0, "true", "0.8", "quite good", "", " padded ", [1, { a: "b" }], null]) expect(readValue(asWritten(value))).toEqual(value);
  });
});
