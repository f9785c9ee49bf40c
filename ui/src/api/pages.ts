// A long list in pages, each fetched when it comes near the view and dropped some time after it has left it. A page can
// only be asked for by the token that the page before it gave, so the list grows as one scrolls.
import { useQueries, type QueryKey } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";

export interface Page<T> {
  items: T[];
  next: string | null; // token of the next page
}

export interface Listed<T> {
  count: number; // known so far
  complete: boolean; // there are no more
  stale: boolean; // there is no answer yet: what is shown is of the question before
  error: unknown;
  at: (index: number) => T | undefined; // undefined: its page is on its way
  loaded: { page: number; items: T[] }[]; // the pages now in memory
  show: (first: number, last: number) => void; // which items are in view
  retry: () => void;
}

interface Known {
  tokens: string[]; // of each page known to exist
  sizes: number[]; // of each page seen
}

const NEAR = 300; // items before the end at which the next page is asked for
const START: Known = { tokens: [""], sizes: [] };

// What page `index` says of the pages: how many it has itself and whether one follows.
function learn(known: Known, index: number, page: Page<unknown>): Known {
  const tokens = page.next === null ? known.tokens.slice(0, index + 1) : [...known.tokens];
  if (page.next !== null) tokens[index + 1] = page.next;
  const sizes = known.sizes.slice(0, tokens.length);
  sizes[index] = page.items.length;
  const same = tokens.join() === known.tokens.join() && sizes.join() === known.sizes.join();
  return same ? known : { tokens, sizes };
}

const sum = (sizes: number[]) => sizes.reduce((total, size) => total + size, 0);

export function usePages<T>(key: QueryKey, size: number, fetchPage: (token: string, signal: AbortSignal) => Promise<Page<T>>): Listed<T> {
  const id = JSON.stringify(key);
  const [state, setState] = useState({ id, known: START, first: 0, last: 0 });
  // Another question begins at its top, at once and not after drawing the old places.
  const { known, first, last } = state.id === id ? state : { known: START, first: 0, last: 0 };

  const wanted = useMemo(() => {
    const from = Math.floor(first / size);
    const to = Math.floor((last + NEAR) / size);
    return known.tokens.map((token, index) => ({ token, index })).filter(({ index }) => index >= from && index <= to);
  }, [known, first, last, size]);

  const results = useQueries({
    queries: wanted.map(({ token }) => ({
      queryKey: [...key, token],
      queryFn: ({ signal }: { signal: AbortSignal }) => fetchPage(token, signal),
      gcTime: 60_000,
    })),
  });

  const pages = new Map(wanted.flatMap(({ index }, i) => (results[i].data ? [[index, results[i].data] as const] : [])));
  const stamp = wanted.map(({ index }, i) => `${index}:${results[i].dataUpdatedAt}`).join();
  useEffect(() => {
    setState((before) => {
      const base = before.id === id ? before : { id, known: START, first: 0, last: 0 };
      const after = [...pages].reduce((so, [index, page]) => learn(so, index, page), base.known);
      return after === base.known && base === before ? before : { ...base, known: after };
    });
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [id, stamp]);

  const show = useCallback(
    (from: number, to: number) =>
      setState((before) => {
        const base = before.id === id ? before : { id, known: START, first: 0, last: 0 };
        return before.id === id && before.first === from && before.last === to ? before : { ...base, first: from, last: to };
      }),
    [id],
  );

  const failed = results.find((result) => result.error);
  const answered = pages.size > 0 || known.sizes.length > 0;
  const now = {
    count: Math.max(sum(known.sizes), ...[...pages].map(([index, page]) => index * size + page.items.length)),
    complete: known.sizes.length > 0 && known.sizes.length === known.tokens.length,
    at: (index: number) => pages.get(Math.floor(index / size))?.items[index % size],
    loaded: [...pages].map(([index, page]) => ({ page: index, items: page.items })),
  };
  // While a new question has no answer yet, or gets none, the old one stays in place.
  const settled = useRef(now);
  if (answered) settled.current = now;
  return {
    ...settled.current,
    stale: !answered,
    error: failed?.error ?? null,
    show,
    retry: () => results.forEach((result) => result.error && void result.refetch()),
  };
}
