// What runs can be compared by: metrics and params, numbers where they are numbers.
import type { Run } from "../../api/types";
import { asNumbers, type Value } from "../../components/plot/scale";
import { columnOf, valueOf } from "../experiments/columns";

export interface Dimension {
  id: string; // "metrics.rmse"
  title: string;
  values: Value[]; // of each run
  numeric: boolean;
  differs: boolean;
}

export function dimensionsOf(runs: Run[]): Dimension[] {
  const ids = new Set(runs.flatMap((run) => (["params", "metrics"] as const).flatMap((kind) => Object.keys(run[kind]).map((key) => `${kind}.${key}`))));
  return [...ids].sort().reverse().map((id) => {
    const column = columnOf(id)!;
    const values = asNumbers(runs.map((run) => valueOf(run, column)));
    return { id, title: column.key, values, numeric: values.every((value) => value === null || typeof value === "number"), differs: new Set(values).size > 1 };
  });
}
