import { describe, expect, it } from "vitest";
import { ago, bytes, compact, duration, number } from "./format";
import { timeLabels } from "./timeAxis";

describe("numbers and times as people read them", () => {
  it("tells a metric of any size in a few characters", () => {
    const told = [0, 1234, 0.123456, 1.5e-7, 12345678.9, NaN, -Infinity, Number.MAX_VALUE].map(compact);
    expect(told).toEqual(["0", "1,234", "0.12346", "1.500e-7", "1.235e+7", "NaN", "-Infinity", "Infinity"]);
  });

  it("shows a dash where there is no number", () => {
    expect([number(null), number(undefined), number(NaN), number(1 / 3, 2)]).toEqual(["–", "–", "–", "0.33"]);
  });

  it("tells durations by their size", () => {
    expect([duration(12.4), duration(1500), duration(125_000)]).toEqual(["12 ms", "1.5 s", "2 min 5 s"]);
  });

  it("tells how long ago, never in the future", () => {
    const now = Date.UTC(2026, 0, 2);
    expect([ago(now + 5000, now), ago(now - 120_000, now), ago(now - 7_200_000, now), ago(now - 86_400_000, now)]).toEqual(["just now", "2 min ago", "2 h ago", "2026-01-01"]);
  });

  it("tells sizes", () => {
    expect([bytes(999), bytes(1000), bytes(2.5e12)]).toEqual(["999 B", "1.0 kB", "2500.0 GB"]);
  });

  it("labels a time axis with the day or year only where it changes", () => {
    const noon = Date.UTC(2026, 10, 5, 12) / 1000;
    expect(timeLabels([noon, noon + 3600, noon + 86_400], 3600)).toEqual(["12:00\n5 Nov", "13:00", "12:00\n6 Nov"]);
    expect(timeLabels([noon, noon + 86_400], 86_400)).toEqual(["5 Nov\n2026", "6 Nov"]);
  });
});
