// The state of an experiment's table: what the address asks for, the runs found, the keys seen in them.
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { usePages } from "../../api/pages";
import { onlyTop, RUN_PAGE, searchRuns, useRunCounts, type RunSearch, type View } from "../../api/tracking";
import type { Run } from "../../api/types";
import { readList, useUrlState, writeList } from "../../lib/urlState";
import { columnOf, defaultColumns, inGrammar, learnKeys, noKeys, orderOf, type Column } from "./columns";
import { useGroups } from "./groups";

export function useRunsTable(experiment: string) {
  const [query, change] = useUrlState();
  const filter = query.get("filter") ?? "";
  const sort = query.get("sort") ?? "";
  const group = query.get("group") ?? "";
  const view: View = query.get("view") === "deleted" ? "deleted" : "active";
  const nested = query.get("nested") !== "0"; // runs inside other runs are listed too
  const groupColumn = useMemo(() => (group ? columnOf(group) : null), [group]);
  const search: RunSearch = useMemo(
    () => ({
      experiment, view,
      filter: nested ? filter : onlyTop(filter),
      orderBy: [groupColumn ? orderOf(groupColumn.id, false) : "", sort ? orderOf(sort.replace(/^-/, ""), sort.startsWith("-")) : ""].filter(Boolean),
    }),
    [experiment, filter, view, nested, groupColumn, sort],
  );
  const runs = usePages<Run>(["run-pages", search], RUN_PAGE, (token, signal) => searchRuns(search, token, signal));

  const keys = useRef(noKeys());
  const [keyStamp, setKeyStamp] = useState(0);
  const pages = runs.loaded.map(({ page, items }) => `${page}:${items.length}:${items[0]?.id}`).join();
  useEffect(() => {
    const found = runs.loaded.map(({ items }) => learnKeys(keys.current, items));
    if (found.includes(true)) setKeyStamp((before) => before + 1);
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [pages]);

  const asked = query.get("columns");
  const chosen = useMemo(
    () => (asked === null ? defaultColumns(keys.current) : asked === "none" ? [] : readList(asked)),
    // eslint-disable-next-line react-hooks/exhaustive-deps
    [asked, keyStamp],
  );
  const columns = useMemo(() => chosen.map(columnOf).filter((column): column is Column => column !== null), [chosen]);
  const choose = useCallback((ids: string[] | null) => change({ columns: ids && (ids.length > 0 ? writeList(ids) : "none") }), [change]);

  const [closed, setClosed] = useState<Set<string>>(() => new Set());
  const toggleGroup = useCallback((value: string) => setClosed((before) => {
    const next = new Set(before);
    if (!next.delete(value)) next.add(value);
    return next;
  }), []);
  const grouped = useGroups(runs, groupColumn, JSON.stringify(search), closed);
  const counts = useRunCounts(search, groupColumn ? inGrammar(groupColumn.kind, groupColumn.key) : "attributes.status").data;
  const sizes = useMemo(() => counts && new Map(counts.groups.map(({ value, count }) => [value, count])), [counts]);
  const sortBy = useCallback((id: string) => change({ sort: sort === id ? `-${id}` : sort === `-${id}` ? null : id }), [change, sort]);
  return { search, runs, keys: keys.current, keyStamp, columns, choose, sort, sortBy, group, groupColumn, grouped, sizes, found: counts?.runs, closed, toggleGroup, filter, view, nested, change };
}

export type RunsTable = ReturnType<typeof useRunsTable>;
