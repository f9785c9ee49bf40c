import { describe, expect, it } from "vitest";
import { asNumbers, scaleOf } from "./scale";

describe("scales", () => {
  it("places numbers from one end to the other", () => {
    const scale = scaleOf([0, 5, 10], 0, 100);
    expect([0, 5, 10].map(scale.place)).toEqual([0, 50, 100]);
  });

  it("labels a few values themselves and many by round numbers", () => {
    const labels = (...values: number[]) => scaleOf(values, 0, 100).ticks.map(({ label }) => label);
    expect(labels(10, 80, 40, 10)).toEqual(["10", "40", "80"]);
    expect(labels(7, 7)).toEqual(["7"]);
    expect(labels(0, 0.01, 10)).toEqual(["0", "2", "4", "6", "8", "10"]);
    expect(labels(0.17932, 0.18035, 0.21, 0.322)).toEqual(["0.2", "0.25", "0.3"]);
    expect(labels(-3, -1, 0.5, 1, 2, 7)).toEqual(["-2", "0", "2", "4", "6"]);
    expect(labels(1e300, 2e300, 2.01e300)).toHaveLength(5);
    expect(scaleOf([0, 0.01, 10], 0, 100).ticks[1].at).toBeCloseTo(20, 9);
  });

  it("labels powers of ten on a log scale when it spans a few, else round numbers", () => {
    const labels = (...values: number[]) => scaleOf(values, 0, 100, true).ticks.map(({ label }) => label);
    expect(labels(0.001, 0.0011, 0.02, 1, 5, 90)).toEqual(["0.001", "0.01", "0.1", "1", "10"]);
    expect(labels(10, 11, 12, 13, 30, 60)).toEqual(["10", "20", "30", "40", "50", "60"]);
  });

  it("places by powers on a log scale, and what is not above zero nowhere", () => {
    const scale = scaleOf([0.01, 1, 100, -3], 0, 100, true);
    expect(scale.place(1)).toBeCloseTo(50, 9);
    expect([scale.place(0), scale.place(-3)]).toEqual([null, null]);
  });

  it("puts a single number in the middle", () => {
    expect(scaleOf([7, 7], 0, 100).place(7)).toBe(50);
    expect(scaleOf([0], 0, 100).place(0)).toBe(50);
  });

  it("places words in their order, and a number among words as a word", () => {
    const scale = scaleOf(["b", "a", "c"], 0, 10);
    expect(["a", "b", "c"].map(scale.place)).toEqual([0, 5, 10]);
    expect(scaleOf(["x"], 0, 10).place("x")).toBe(5);
  });

  it("labels no more words than can be read", () => {
    expect(scaleOf(Array.from({ length: 500 }, (_, i) => `w${i}`), 0, 1).ticks.length).toBeLessThanOrEqual(12);
  });

  it("places nothing when there is nothing, or nothing usable", () => {
    for (const scale of [scaleOf([], 0, 1), scaleOf([null], 0, 1), scaleOf([-1], 0, 1, true), scaleOf([NaN], 0, 1)]) {
      expect(scale.ticks).toEqual([]);
      expect(scale.place(1)).toBeNull();
    }
  });

  it("takes params as numbers only when all of them are", () => {
    expect(asNumbers(["0.1", "1e-3", null, ""])).toEqual([0.1, 0.001, null, null]);
    expect(asNumbers(["0.1", "auto"])).toEqual(["0.1", "auto"]);
  });
});
