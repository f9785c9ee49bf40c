// The time window lives in the address, so that a link shows what its sender saw.
import { useCallback, useMemo } from "react";
import { useSearch } from "wouter";
import { navigate } from "wouter/use-browser-location";
import type { Window } from "../../components/Chart";

export function useZoom(): [Window, (zoom: Window) => void] {
  const search = useSearch();
  const zoom = useMemo<Window>(() => {
    const query = new URLSearchParams(search);
    const from = Number(query.get("from"));
    const to = Number(query.get("to"));
    return from > 0 && to > from ? [from, to] : null;
  }, [search]);
  const setZoom = useCallback((next: Window) => {
    const query = next ? `?from=${Math.round(next[0])}&to=${Math.round(next[1])}` : "";
    navigate(`${location.pathname}${query}`, { replace: true });
  }, []);
  return [zoom, setZoom];
}
