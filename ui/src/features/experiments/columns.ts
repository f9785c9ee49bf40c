// The columns of the runs table: "params.lr", "metrics.rmse", "tags.team" or one of the attributes.
import type { Run } from "../../api/types";
import { ago, compact, duration } from "../../lib/format";

export type Kind = "attributes" | "metrics" | "params" | "tags";

export interface Column {
  id: string;
  kind: Kind;
  key: string;
  title: string;
}

interface Attribute {
  title: string;
  sortable: boolean;
  value: (run: Run) => string | number | null;
  text?: (run: Run) => string;
}

export const ATTRIBUTES: Record<string, Attribute> = {
  status: { title: "Status", sortable: true, value: (run) => run.status },
  start_time: { title: "Started", sortable: true, value: (run) => run.startMs, text: (run) => ago(run.startMs) },
  duration: {
    title: "Duration",
    sortable: false,
    value: (run) => (run.endMs === null ? null : run.endMs - run.startMs),
    text: (run) => (run.endMs === null ? "–" : duration(run.endMs - run.startMs)),
  },
  end_time: { title: "Ended", sortable: true, value: (run) => run.endMs, text: (run) => (run.endMs === null ? "–" : ago(run.endMs)) },
  user_id: { title: "User", sortable: true, value: (run) => run.user },
  run_id: { title: "Run id", sortable: true, value: (run) => run.id },
};

const HIDDEN_TAG = /^mlflow\./;
const FIRST = 4; // metrics and params shown before anybody chose columns

export const kindOf = (id: string) => id.slice(0, id.indexOf(".")) as Kind;

export function columnOf(id: string): Column | null {
  const kind = kindOf(id);
  const key = id.slice(kind.length + 1);
  if (!["attributes", "metrics", "params", "tags"].includes(kind) || !key) return null;
  if (kind === "attributes" && !ATTRIBUTES[key]) return null;
  return { id, kind, key, title: kind === "attributes" ? ATTRIBUTES[key].title : key };
}

export const isSortable = (column: Column) => column.kind !== "attributes" || ATTRIBUTES[column.key].sortable;

export function valueOf(run: Run, column: Column): string | number | null {
  if (column.kind === "attributes") return ATTRIBUTES[column.key].value(run);
  return run[column.kind][column.key] ?? null;
}

export function textOf(run: Run, column: Column): string {
  if (column.kind === "attributes" && ATTRIBUTES[column.key].text) return ATTRIBUTES[column.key].text!(run);
  const value = valueOf(run, column);
  if (value === null || value === "") return "–";
  return typeof value === "number" ? compact(value) : value;
}

// A column as the search grammar writes it.
export const inGrammar = (kind: string, key: string) => `${kind}.${/^[\w./-]+$/.test(key) ? key : `\`${key}\``}`;

export function orderOf(id: string, descending: boolean): string {
  const column = columnOf(id);
  return column ? `${inGrammar(column.kind, column.key)} ${descending ? "DESC" : "ASC"}` : "";
}

// Every key that the runs seen so far have.
export type Keys = Record<"metrics" | "params" | "tags", Map<string, Set<string>>>;

export const noKeys = (): Keys => ({ metrics: new Map(), params: new Map(), tags: new Map() });

const VALUES_KEPT = 40; // different values of one key, for completion

// True when a key was new.
export function learnKeys(keys: Keys, runs: Run[]): boolean {
  let found = false;
  for (const run of runs) {
    for (const kind of ["metrics", "params", "tags"] as const) {
      for (const [key, value] of Object.entries(run[kind])) {
        let values = keys[kind].get(key);
        if (!values) {
          keys[kind].set(key, (values = new Set()));
          found = true;
        }
        if (kind !== "metrics" && values.size < VALUES_KEPT && String(value).length < 80) values.add(String(value));
      }
    }
  }
  return found;
}

export function defaultColumns(keys: Keys): string[] {
  const some = (kind: keyof Keys) => [...keys[kind].keys()].sort().slice(0, FIRST).map((key) => `${kind}.${key}`);
  return ["attributes.status", "attributes.start_time", "attributes.duration", ...some("metrics"), ...some("params")];
}

export function allColumns(keys: Keys): Column[] {
  const found = (["metrics", "params", "tags"] as const).flatMap((kind) =>
    [...keys[kind].keys()].filter((key) => kind !== "tags" || !HIDDEN_TAG.test(key)).sort().map((key) => `${kind}.${key}`),
  );
  const own = [...keys.tags.keys()].filter((key) => HIDDEN_TAG.test(key)).sort().map((key) => `tags.${key}`);
  return [...Object.keys(ATTRIBUTES).map((key) => `attributes.${key}`), ...found, ...own].map((id) => columnOf(id)!);
}
