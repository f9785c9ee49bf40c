import { describe, expect, it } from "vitest";
import { readList, writeList } from "./urlState";

describe("a list in one parameter of the address", () => {
  it("comes back as it was, whatever its keys hold", () => {
    const keys = ["metrics.a,b", "tags.back\\slash", "params.\\,", "plain", "ü 🚀"];
    expect(readList(writeList(keys))).toEqual(keys);
  });

  it("is empty when there is nothing", () => {
    expect([readList(null), readList(""), readList(",,")]).toEqual([[], [], []]);
  });
});
