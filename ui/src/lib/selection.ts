// Which rows of a long list are chosen. A range goes from the last toggled row to this one. Small selections are kept in the
// address, so that a link carries them.
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { readList, useUrlState, writeList } from "./urlState";

const IN_ADDRESS = 40;

export interface Selection {
  ids: string[];
  has: (id: string) => boolean;
  toggle: (index: number, range: boolean) => void;
  all: () => void;
  none: () => void;
}

export function useSelection(count: number, idAt: (index: number) => string | undefined): Selection {
  const [query, change] = useUrlState();
  const [chosen, setChosen] = useState(() => new Set(readList(query.get("selected"))));
  const anchor = useRef(-1);
  const now = useRef({ count, idAt });
  now.current = { count, idAt };
  useEffect(() => {
    change({ selected: chosen.size > 0 && chosen.size <= IN_ADDRESS ? writeList([...chosen]) : null });
  }, [chosen, change]);

  const toggle = useCallback((index: number, range: boolean) => {
    const from = range && anchor.current >= 0 ? Math.min(anchor.current, index) : index;
    const to = range && anchor.current >= 0 ? Math.max(anchor.current, index) : index;
    if (!range || anchor.current < 0) anchor.current = index;
    setChosen((before) => {
      const next = new Set(before);
      for (let i = from; i <= to; ++i) {
        const id = now.current.idAt(i);
        if (!id) continue;
        if (!range && next.has(id)) next.delete(id);
        else next.add(id);
      }
      return next;
    });
  }, []);
  const all = useCallback(() => {
    const { count: length, idAt: at } = now.current;
    setChosen((before) => new Set([...before, ...Array.from({ length }, (_, i) => at(i)).filter((id) => id !== undefined)]));
  }, []);
  const none = useCallback(() => setChosen(new Set()), []);
  return useMemo(() => ({ ids: [...chosen], has: (id: string) => chosen.has(id), toggle, all, none }), [chosen, toggle, all, none]);
}
