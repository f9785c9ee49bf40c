import { describe, expect, it } from "vitest";
import type { Metric } from "../../api/types";
import { sharesOf, singleValues } from "./bars";

const at = (value: number | string): Metric[] => [[0, 0, value as number]];

describe("single values", () => {
  it("are told run by run, also where a run has none", () => {
    expect(singleValues([at(1), [], at("NaN")])).toEqual([1, undefined, NaN]);
  });

  it("are not what a run with two points has, nor what nobody has", () => {
    expect(singleValues([at(1), [...at(1), ...at(2)]])).toBeNull();
    expect(singleValues([[], []])).toBeNull();
  });
});

describe("bars", () => {
  it("begin at zero, whatever the lowest value", () => {
    expect(sharesOf([2, 4])).toEqual([{ from: 0, length: 0.5 }, { from: 0, length: 1 }]);
  });

  it("go to the left of zero for what is below it", () => {
    expect(sharesOf([-1, 3])).toEqual([{ from: 0, length: 0.25 }, { from: 0.25, length: 0.75 }]);
  });

  it("have no length for zero, for what is missing and for what no scale holds", () => {
    for (const { length } of sharesOf([0, undefined, NaN, Infinity, Number.MAX_VALUE])) expect(length).toBe(0);
  });
});
