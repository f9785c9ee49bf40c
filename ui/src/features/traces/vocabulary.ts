// What traces can be searched by: their attributes, what their spans hold, and the tags and metadata of those in memory.
import type { TraceInfo } from "../../api/traces";
import { bare, operatorsFor, quoted, type Option, type Vocabulary } from "../../lib/grammar";

const ATTRIBUTES = ["status", "name", "timestamp_ms", "execution_time_ms", "run_id", "trace_id", "client_request_id"];
const NUMBERS = ["timestamp_ms", "execution_time_ms"];
const SPANS = ["span.name", "span.type", "span.status", "span.content"];
const TYPES = ["LLM", "CHAT_MODEL", "CHAIN", "AGENT", "TOOL", "RETRIEVER", "EMBEDDING", "RERANKER", "PARSER", "MEMORY", "UNKNOWN"];
const ENDS = ["OK", "ERROR", "UNSET"];
const STATES = ["OK", "ERROR", "IN_PROGRESS"];
const VALUES_KEPT = 40; // different values of one key, for completion
const LONGEST = 80;

type Seen = Map<string, Set<string>>; // "tag.topic" and "metadata.user" to their values

const written = (kind: string, key: string) => `${kind}.${/^[\w./-]+$/.test(key) ? key : `\`${key}\``}`;

function learn(seen: Seen, kind: string, pairs: Record<string, string> = {}) {
  for (const [key, value] of Object.entries(pairs)) {
    const name = written(kind, key);
    const values = seen.get(name) ?? new Set();
    seen.set(name, values);
    if (values.size < VALUES_KEPT && value.length < LONGEST) values.add(value);
  }
}

export function traceVocabulary(traces: TraceInfo[]): Vocabulary {
  const seen: Seen = new Map();
  for (const trace of traces) {
    learn(seen, "tag", trace.tags);
    learn(seen, "metadata", trace.trace_metadata);
  }
  const own = (name: string) => /\.`?mlflow\./.test(name);
  const kept = [...seen.keys()].sort((a, b) => Number(own(a)) - Number(own(b)) || a.localeCompare(b));
  const names = [...ATTRIBUTES.map((text) => ({ text, note: "attribute" })), ...SPANS.map((text) => ({ text, note: "span" })), ...kept.map((text) => ({ text, note: text.split(".")[0] }))];
  const values = (key: string): Option[] => {
    if (key === "status") return quoted(STATES, "status");
    if (key === "span.type") return quoted(TYPES, "type");
    if (key === "span.status") return quoted(ENDS, "status");
    const kind = key === "name" ? "tag.mlflow.traceName" : key === "run_id" ? "metadata.mlflow.sourceRun" : key;
    return quoted([...(seen.get(kind) ?? [])].sort(), "seen");
  };
  const operators = (key: string) => {
    if (key === "span.content") return operatorsFor({}).filter(({ text }) => text.endsWith("LIKE"));
    const span = key.startsWith("span.");
    return operatorsFor({ numeric: NUMBERS.includes(bare(key)), optional: key.includes(".") && !span, listed: span || ["trace_id", "run_id"].includes(key) });
  };
  return { names, operators, values };
}
