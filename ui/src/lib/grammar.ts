// Completion of the search grammar: what may stand at the caret, by the words before it. What can be searched by is another
// matter for runs than for traces: each gives its vocabulary.
export interface Option {
  text: string; // what is put in
  note: string;
}

export interface Vocabulary {
  names: Option[];
  operators: (key: string) => Option[];
  values: (key: string) => Option[];
}

export interface Completion {
  from: number; // the part of the text that an option replaces
  to: number;
  options: Option[];
}

const TOKEN = /\s+|'[^']*'?|"[^"]*"?|(?:[\w-]+|[./]|`[^`]*`?|(?<=\.)"[^"]*"?)+|<=|>=|!=|[<>=(),]/y;
const MOST = 12;

interface Token {
  text: string;
  from: number;
  to: number;
}

function tokens(text: string): Token[] {
  const found: Token[] = [];
  for (let at = 0; at < text.length; ) {
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(text)?.[0] ?? text[at];
    if (match.trim()) found.push({ text: match, from: at, to: at + match.length });
    at += match.length;
  }
  return found;
}

type Expecting = "key" | "operator" | "value" | "and";
interface Place {
  expecting: Expecting;
  key: string;
  inList: boolean;
}

const WORDS = /^(LIKE|ILIKE|RLIKE|NOT|IN|IS|NULL)$/i;

// Where the grammar stands after these words.
function placeAfter(words: Token[]): Place {
  const place: Place = { expecting: "key", key: "", inList: false };
  for (const { text } of words) {
    if (place.expecting === "key") {
      place.key = text;
      place.expecting = "operator";
    } else if (place.expecting === "operator") {
      if (/^IS$/i.test(text) || /^NOT$/i.test(text)) continue;
      place.expecting = /^NULL$/i.test(text) ? "and" : "value";
    } else if (place.expecting === "value") {
      if (text === "(") place.inList = true;
      else if (text === ")") Object.assign(place, { inList: false, expecting: "and" });
      else if (text !== "," && !place.inList) place.expecting = "and";
    } else {
      place.expecting = "key";
    }
  }
  return place;
}

export const bare = (key: string) => key.replace(/[`"]/g, "");

// Operators, by what they compare.
const NUMBERS: [string, string][] = [["<", "less"], ["<=", "at most"], [">", "more"], [">=", "at least"], ["=", "equal"], ["!=", "not equal"]];
const TEXTS: [string, string][] = [["=", "equal"], ["!=", "not equal"], ["LIKE", "% stands for anything"], ["ILIKE", "as LIKE, upper and lower case alike"]];
const LISTS: [string, string][] = [["IN", "one of a list"], ["NOT IN", "none of a list"]];
const PRESENCE: [string, string][] = [["IS NULL", "not there"], ["IS NOT NULL", "there"]];

export function operatorsFor({ numeric = false, listed = false, optional = false }): Option[] {
  const known = [...(numeric ? NUMBERS : TEXTS), ...(listed ? LISTS : []), ...(optional ? PRESENCE : [])];
  return known.map(([text, note]) => ({ text, note }));
}

export const quoted = (values: Iterable<string>, note: string): Option[] =>
  [...values].filter((value) => !value.includes("'")).map((value) => ({ text: `'${value}'`, note }));

// Words that begin like `typed` first, then those that hold it.
function matching(options: Option[], typed: string): Option[] {
  const wanted = bare(typed).toLowerCase().replace(/^'/, "");
  const rank = ({ text }: Option) => {
    const plain = bare(text).toLowerCase().replace(/^'/, "");
    return plain.startsWith(wanted) ? 0 : plain.split(".").slice(1).join(".").startsWith(wanted) ? 1 : plain.includes(wanted) ? 2 : 3;
  };
  return options.map((option) => ({ option, at: rank(option) })).filter(({ at }) => at < 3).sort((a, b) => a.at - b.at).slice(0, MOST).map(({ option }) => option);
}

export function complete(text: string, caret: number, vocabulary: Vocabulary): Completion {
  const words = tokens(text.slice(0, caret));
  const last = words.at(-1);
  // The word that the caret touches is still being written; operators and brackets are whole.
  const touched = last && last.to === caret && !/^[<>=!(),]/.test(last.text) ? last : undefined;
  const finished = touched && /^'.*'$|^".*"$/.test(touched.text) ? undefined : touched;
  const before = words.slice(0, finished ? -1 : undefined);
  const place = placeAfter(before);
  const typed = finished?.text ?? "";
  const options =
    place.expecting === "key" ? vocabulary.names
    : place.expecting === "operator" ? vocabulary.operators(place.key)
    : place.expecting === "value" ? vocabulary.values(place.key)
    : [{ text: "AND", note: "another condition" }];
  // After "IS" the whole operator is replaced.
  const operatorFrom = place.expecting === "operator" && before.length > 0 && WORDS.test(before.at(-1)!.text) ? before.at(-1)!.from : undefined;
  const found = matching(options, operatorFrom === undefined ? typed : text.slice(operatorFrom, caret).toUpperCase());
  const exact = found.length === 1 && found[0].text === typed;
  return { from: operatorFrom ?? finished?.from ?? caret, to: caret, options: exact ? [] : found };
}

// The text with the option put in, and where the caret goes.
export function put(text: string, { from, to }: Completion, option: Option): { text: string; caret: number } {
  const gap = from > 0 && !/[\s(]$/.test(text.slice(0, from)) ? " " : "";
  const head = `${text.slice(0, from)}${gap}${option.text} `;
  return { text: head + text.slice(to).replace(/^\s+/, ""), caret: head.length };
}
