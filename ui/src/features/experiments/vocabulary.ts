// What runs can be searched by: their attributes, and the keys and values seen so far.
import { bare, operatorsFor, quoted, type Option, type Vocabulary } from "../../lib/grammar";
import { ATTRIBUTES, inGrammar, type Keys } from "./columns";

const STATUSES = ["RUNNING", "SCHEDULED", "FINISHED", "FAILED", "KILLED"];
const SEARCHED = Object.keys(ATTRIBUTES).filter((key) => key !== "duration").concat("run_name");
const NUMBERS = ["start_time", "end_time"];

const nameIn = (key: string) => bare(key.slice(key.indexOf(".") + 1));

function operators(key: string): Option[] {
  const [kind] = key.split(".");
  return operatorsFor({ numeric: kind === "metrics" || NUMBERS.includes(nameIn(key)), listed: /run_id$/.test(key), optional: kind === "params" || kind === "tags" });
}

function values(key: string, keys: Keys): Option[] {
  if (/(^|\.)status$/.test(key)) return quoted(STATUSES, "status");
  const kind = key.startsWith("params.") ? "params" : key.startsWith("tags.") ? "tags" : null;
  return kind ? quoted([...(keys[kind].get(nameIn(key)) ?? [])].sort(), "seen") : [];
}

export function runVocabulary(keys: Keys): Vocabulary {
  const found = (["metrics", "params", "tags"] as const).flatMap((kind) =>
    [...keys[kind].keys()].sort().map((key) => ({ text: inGrammar(kind, key), note: kind.slice(0, -1) })),
  );
  const attributes = SEARCHED.map((key) => ({ text: `attributes.${key}`, note: "attribute" }));
  return { names: [...attributes, ...found], operators, values: (key) => values(key, keys) };
}
