// Scales of the plots drawn as SVG: numbers (plain or logarithmic) and words, from values to places and back to labels.
import { compact } from "../../lib/format";

export type Value = number | string | null;

export interface Scale {
  place: (value: Value) => number | null; // null: cannot be placed
  ticks: { at: number; label: string }[];
}

const TICKS = 5;

function numeric(values: number[], log: boolean, from: number, to: number): Scale {
  const usable = log ? values.filter((value) => value > 0) : values;
  const on = (value: number) => (log ? Math.log10(value) : value);
  const low = Math.min(...usable.map(on));
  const high = Math.max(...usable.map(on));
  const span = high > low ? high - low : Math.abs(high) || 1;
  const base = high > low ? low : low - span / 2;
  const to01 = (value: number) => from + ((on(value) - base) / span) * (to - from);
  const ticks = Array.from({ length: TICKS }, (_, i) => {
    const at = base + (span * i) / (TICKS - 1);
    const value = log ? 10 ** at : at;
    return { at: from + ((to - from) * i) / (TICKS - 1), label: compact(Number(value.toPrecision(3))) };
  });
  return { place: (value) => (typeof value === "number" && Number.isFinite(value) && (!log || value > 0) ? to01(value) : null), ticks };
}

function words(values: string[], from: number, to: number): Scale {
  const known = [...new Set(values)].sort();
  const at = (i: number) => (known.length === 1 ? (from + to) / 2 : from + ((to - from) * i) / (known.length - 1));
  const every = Math.ceil(known.length / 12);
  return {
    place: (value) => (value === null ? null : at(known.indexOf(String(value)))),
    ticks: known.map((label, i) => ({ at: at(i), label })).filter((_, i) => i % every === 0),
  };
}

// Params are text; when all of them are numbers they are numbers.
export function asNumbers(values: Value[]): Value[] {
  const there = values.filter((value) => value !== null && value !== "");
  const all = there.length > 0 && there.every((value) => Number.isFinite(Number(value)));
  return all ? values.map((value) => (value === null || value === "" ? null : Number(value))) : values;
}

export function scaleOf(values: Value[], from: number, to: number, log = false): Scale {
  const numbers = values.filter((value): value is number => typeof value === "number" && Number.isFinite(value));
  const text = values.filter((value): value is string => typeof value === "string");
  if (text.length > 0) return words(text, from, to);
  if (numbers.length === 0 || (log && !numbers.some((value) => value > 0))) return { place: () => null, ticks: [] };
  return numeric(numbers, log, from, to);
}
