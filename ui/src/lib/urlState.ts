// What a page shows lives in its address, so that a link shows what its sender saw.
import { useCallback, useMemo } from "react";
import { useSearch } from "wouter";
import { navigate } from "wouter/use-browser-location";

export type Changes = Record<string, string | null | undefined>;

// Empty values leave the address.
export function useUrlState(): [URLSearchParams, (changes: Changes) => void] {
  const search = useSearch();
  const query = useMemo(() => new URLSearchParams(search), [search]);
  const change = useCallback((changes: Changes) => {
    const next = new URLSearchParams(location.search);
    for (const [name, value] of Object.entries(changes)) {
      if (value) next.set(name, value);
      else next.delete(name);
    }
    const text = next.toString();
    navigate(`${location.pathname}${text && `?${text}`}`, { replace: true });
  }, []);
  return [query, change];
}

// A list in one parameter. Keys may hold commas, which are escaped.
export const writeList = (items: string[]) => items.map((item) => item.replaceAll("\\", "\\\\").replaceAll(",", "\\,")).join(",");

export function readList(text: string | null): string[] {
  if (!text) return [];
  return (text.match(/(?:\\.|[^,\\])+/g) ?? []).map((item) => item.replace(/\\(.)/g, "$1"));
}
