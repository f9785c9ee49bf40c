import { describe, expect, it } from "vitest";
import type { Metric } from "../../api/types";
import { smoothed, tableOf, type Look } from "./lines";

const PLAIN: Look = { x: "step", smooth: 0, logX: false, logY: false };
const points = (...values: number[]): Metric[] => values.map((value, step) => [step, 1_000_000 + 2000 * step, value]);

describe("smoothing", () => {
  it("leaves a constant as it is, from its first point on", () => {
    smoothed([5, 5, 5], 0.9).forEach((value) => expect(value).toBeCloseTo(5, 12));
  });

  it("is the weighted mean of what came before", () => {
    const [first, second] = smoothed([0, 1], 0.5);
    expect(first).toBe(0);
    expect(second).toBeCloseTo(2 / 3, 12);
  });

  it("keeps gaps and is not thrown by them", () => {
    expect(smoothed([1, null, 1], 0.6)[1]).toBeNull();
    expect(smoothed([1, null, 1], 0.6)[2]).toBeCloseTo(1, 12);
  });

  it("follows a line more slowly the heavier it is", () => {
    const line = Array.from({ length: 50 }, (_, i) => i);
    expect(smoothed(line, 0.9).at(-1)!).toBeLessThan(smoothed(line, 0.5).at(-1)!);
  });
});

describe("the table of a chart", () => {
  it("puts steps, times or the time since the start along x", () => {
    const history = points(3, 2, 1);
    expect(tableOf([history], PLAIN)[0]).toEqual([0, 1, 2]);
    expect(tableOf([history], { ...PLAIN, x: "time" })[0]).toEqual([1000, 1002, 1004]);
    expect(tableOf([history], { ...PLAIN, x: "relative" })[0]).toEqual([0, 2, 4]);
  });

  it("sorts points that came out of order; the last at a place holds", () => {
    const table = tableOf([[[2, 0, 20], [1, 0, 10], [2, 0, 21]]], PLAIN);
    expect(table).toEqual([[1, 2], [10, 21]]);
  });

  it("does not draw what has no place: NaN, infinities, and what is not above zero on a log scale", () => {
    const history: Metric[] = [[0, 0, NaN], [1, 0, Number.MAX_VALUE], [2, 0, -1], [3, 0, 1]];
    expect(tableOf([history], PLAIN)[1]).toEqual([null, null, -1, 1]);
    expect(tableOf([history], { ...PLAIN, logY: true })[1]).toEqual([null, null, null, 1]);
    expect(tableOf([history], { ...PLAIN, logX: true })[0]).toEqual([1, 2, 3]);
  });

  it("has two lines for each smoothed run, joined on one x", () => {
    const table = tableOf([points(1, 2), [[1, 0, 5], [7, 0, 6]]], { ...PLAIN, smooth: 0.5 });
    expect(table[0]).toEqual([0, 1, 7]);
    expect(table).toHaveLength(5);
    expect(table[3].slice(1)).toEqual([5, 6]);
  });

  it("is empty without points", () => {
    expect(tableOf([[]], PLAIN)).toEqual([[], []]);
  });
});
