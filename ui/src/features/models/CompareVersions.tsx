// Two versions beside each other: what their runs were given and what came out.
import { useMemo } from "react";
import { useRuns } from "../../api/tracking";
import type { ModelVersion, Run } from "../../api/types";
import { Empty, ErrorBox, Loading } from "../../components/State";
import { DiffTable } from "../compare/DiffTable";

export function CompareVersions({ versions }: { versions: ModelVersion[] }) {
  const ids = useMemo(() => versions.map((version) => version.run_id).filter(Boolean), [versions]);
  const { runs, error, pending } = useRuns(ids);
  const named = useMemo(
    () => versions.flatMap((version): Run[] => runs.filter(({ id }) => id === version.run_id).slice(0, 1).map((run) => ({ ...run, name: `Version ${version.version}`, tags: { ...run.tags, ...version.tags } }))),
    [versions, runs],
  );
  if (error) return <ErrorBox error={error} />;
  if (pending) return <Loading height={240} />;
  if (ids.length < versions.length) return <section className="card"><Empty>Only versions that a run made can be compared.</Empty></section>;
  return <DiffTable runs={named} />;
}
