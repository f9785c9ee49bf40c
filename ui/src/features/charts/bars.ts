// Metrics that have one point in each run are shown as bars from zero.
import type { Metric } from "../../api/types";

// The value of each run, undefined where it has none; null when a run has more than one point, or nobody has any.
export function singleValues(histories: Metric[][]): (number | undefined)[] | null {
  if (histories.some((points) => points.length > 1) || histories.every((points) => points.length === 0)) return null;
  return histories.map((points) => (points.length > 0 ? Number(points[0][2]) : undefined));
}

const isDrawable = (value: number | undefined): value is number => value !== undefined && Number.isFinite(value) && Math.abs(value) < Number.MAX_VALUE;

// Where each bar begins and how long it is, as shares of the room between the lowest and the highest of all values and zero.
export function sharesOf(values: (number | undefined)[]): { from: number; length: number }[] {
  const drawable = values.filter(isDrawable);
  const low = Math.min(0, ...drawable);
  const room = Math.max(0, ...drawable) - low;
  return values.map((value) => {
    if (!isDrawable(value) || room === 0 || !Number.isFinite(room)) return { from: 0, length: 0 };
    return { from: (Math.min(0, value) - low) / room, length: Math.abs(value) / room };
  });
}
