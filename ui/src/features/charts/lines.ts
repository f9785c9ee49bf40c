// From histories to the lines of a chart: what x means, smoothing, and one table of all runs.
import uPlot from "uplot";
import type { Metric } from "../../api/types";

export type XAxis = "step" | "time" | "relative";

export interface Look {
  x: XAxis;
  smooth: number; // 0: not at all … 0.99
  logX: boolean;
  logY: boolean;
}

const xOf = (points: Metric[], axis: XAxis) => {
  const start = points.length > 0 ? Math.min(...points.map(([, time]) => time)) : 0;
  return points.map(([step, time]) => (axis === "step" ? step : axis === "time" ? time / 1000 : (time - start) / 1000));
};

// An exponential mean, freed of the weight that its start at zero would have.
export function smoothed(values: (number | null)[], weight: number): (number | null)[] {
  let last = 0;
  let count = 0;
  return values.map((value) => {
    if (value === null) return null;
    last = last * weight + (1 - weight) * value;
    count += 1;
    return last / (1 - weight ** count);
  });
}

// One x, one y: with several points at the same place the last holds. uPlot wants x to rise.
function rising(xs: number[], ys: (number | null)[]): [number[], (number | null)[]] {
  const order = xs.map((_, i) => i).sort((a, b) => xs[a] - xs[b] || a - b);
  const keptX: number[] = [];
  const keptY: (number | null)[] = [];
  for (const i of order) {
    if (keptX.length > 0 && keptX.at(-1) === xs[i]) keptY[keptY.length - 1] = ys[i];
    else {
      keptX.push(xs[i]);
      keptY.push(ys[i]);
    }
  }
  return [keptX, keptY];
}

const drawable = (value: number | string, log: boolean) => {
  const number = Number(value);
  return Number.isFinite(number) && Math.abs(number) < Number.MAX_VALUE && (!log || number > 0) ? number : null;
};

// With smoothing each run has two lines: its points, faint, and their mean.
export function tableOf(histories: Metric[][], look: Look): uPlot.AlignedData {
  const parts: uPlot.AlignedData[] = histories.map((points) => {
    const [xs, ys] = rising(xOf(points, look.x), points.map(([, , value]) => drawable(value, look.logY)));
    const places = xs.map((_, i) => i).filter((i) => !look.logX || xs[i] > 0);
    const x = places.map((i) => xs[i]);
    const y = places.map((i) => ys[i]);
    return look.smooth > 0 ? [x, y, smoothed(y, look.smooth)] : [x, y];
  });
  return parts.length === 1 ? parts[0] : uPlot.join(parts);
}
