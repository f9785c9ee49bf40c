// Runs under the headings of one column's values. The server sorts by that column, so each value's runs come together and a
// heading stands where the value changes.
import { useEffect, useMemo, useRef, useState } from "react";
import type { Listed } from "../../api/pages";
import { RUN_PAGE } from "../../api/tracking";
import type { Run } from "../../api/types";
import { textOf, valueOf, type Column } from "./columns";

interface Group {
  value: string;
  raw: string | null;
  from: number; // among the runs
  count: number;
}

interface Block {
  start: number; // its heading's place among the lines
  lines: number;
  group: Group;
}

export type Line = { run: number } | { group: Group; last: boolean };

export interface Grouped {
  count: number;
  lineAt: (line: number) => Line;
  runsAt: (first: number, last: number) => [first: number, last: number]; // the runs that these lines stand for
}

const rawOf = (run: Run, column: Column) => {
  const value = valueOf(run, column);
  return value === null ? null : String(value);
};

function groupsOf(items: Run[], page: number, column: Column): Group[] {
  const groups: Group[] = [];
  items.forEach((run, i) => {
    const raw = rawOf(run, column);
    const last = groups.at(-1);
    if (last?.raw === raw) last.count += 1;
    else groups.push({ value: textOf(run, column), raw, from: page * RUN_PAGE + i, count: 1 });
  });
  return groups;
}

function joined(pages: Group[][]): Group[] {
  const groups: Group[] = [];
  for (const group of pages.flat()) {
    const last = groups.at(-1);
    if (last?.raw === group.raw) last.count += group.count;
    else groups.push({ ...group });
  }
  return groups;
}

function blockAt(blocks: Block[], line: number): Block {
  let low = 0;
  for (let high = blocks.length - 1; low < high; ) {
    const middle = (low + high + 1) >> 1;
    if (blocks[middle].start <= line) low = middle;
    else high = middle - 1;
  }
  return blocks[low];
}

const PLAIN = (count: number): Grouped => ({ count, lineAt: (line) => ({ run: line }), runsAt: (first, last) => [first, last] });

// What is known of each page stays known after the page itself was dropped.
export function useGroups(runs: Listed<Run>, column: Column | null, question: string, closed: Set<string>): Grouped {
  const memory = useRef({ question, pages: [] as Group[][] });
  const [stamp, setStamp] = useState(0);
  useEffect(() => {
    if (!column || runs.stale) return;
    if (memory.current.question !== question) memory.current = { question, pages: [] };
    for (const { page, items } of runs.loaded) memory.current.pages[page] = groupsOf(items, page, column);
    memory.current.pages.length = Math.ceil(runs.count / RUN_PAGE);
    setStamp((before) => before + 1);
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [column, question, runs.stale, runs.count, runs.loaded.map(({ page }) => page).join()]);

  return useMemo(() => {
    if (!column) return PLAIN(runs.count);
    const blocks: Block[] = [];
    let start = 0;
    for (const group of joined(memory.current.pages)) {
      const lines = closed.has(group.value) ? 1 : group.count + 1;
      blocks.push({ start, lines, group });
      start += lines;
    }
    const lineAt = (line: number): Line => {
      const block = blockAt(blocks, line);
      return line === block.start ? { group: block.group, last: block === blocks.at(-1) } : { run: block.group.from + line - block.start - 1 };
    };
    // A closed group stands for all its runs, so that what follows it is asked for when it is the last in view.
    const runsAt = (first: number, last: number): [number, number] => {
      if (blocks.length === 0) return [0, 0];
      const top = blockAt(blocks, first);
      const end = blockAt(blocks, last);
      const closedEnd = end.lines === 1;
      return [top.group.from + Math.max(0, first - top.start - 1), end.group.from + (closedEnd ? end.group.count - 1 : Math.max(0, last - end.start - 1))];
    };
    return { count: start, lineAt, runsAt };
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [column, runs.count, closed, stamp]);
}
