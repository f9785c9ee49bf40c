// Scales of the plots drawn as SVG: numbers (plain or logarithmic) and words, from values to places and back to labels.
import { compact } from "../../lib/format";

export type Value = number | string | null;

export interface Scale {
  place: (value: Value) => number | null; // null: cannot be placed
  ticks: { at: number; label: string }[];
}

const TICKS = 5; // at most about so many
const CLOSEST = 0.08; // of the room: values nearer to each other are not all labelled

// Round numbers between two ends, apart by 1, 2, 2.5 or 5 times a power of ten.
export function roundSteps(low: number, high: number): number[] {
  const least = (high - low) / TICKS;
  const power = 10 ** Math.floor(Math.log10(least));
  const step = power * ([1, 2, 2.5, 5].find((factor) => factor * power >= least) ?? 10);
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

// A few different values are labelled themselves, many by round numbers, or powers of ten where there are enough of them.
function labelled(places: number[], log: boolean): number[] {
  const low = places[0];
  const high = places.at(-1)!;
  const apart = places.every((place, i) => i === 0 || place - places[i - 1] >= CLOSEST * (high - low));
  if (places.length <= TICKS && apart) return places;
  if (!log) return roundSteps(low, high);
  if (high - low >= 2) return roundSteps(low, high).filter(Number.isInteger);
  return roundSteps(10 ** low, 10 ** high).filter((value) => value > 0).map(Math.log10);
}

function numeric(values: number[], log: boolean, from: number, to: number): Scale {
  const on = (value: number) => (log ? Math.log10(value) : value);
  const places = [...new Set((log ? values.filter((value) => value > 0) : values).map(on))].sort((a, b) => a - b);
  const low = places[0];
  const high = places.at(-1)!;
  const span = high > low ? high - low : Math.abs(high) || 1;
  const base = high > low ? low : low - span / 2;
  const onto = (place: number) => from + ((place - base) / span) * (to - from);
  return {
    place: (value) => (typeof value === "number" && Number.isFinite(value) && (!log || value > 0) ? onto(on(value)) : null),
    ticks: labelled(places, log).map((place) => ({ at: onto(place), label: compact(Number((log ? 10 ** place : place).toPrecision(4))) })),
  };
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
