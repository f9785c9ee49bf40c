// Experiments and the search of runs, which goes through MLflow's protocol: it has the order and the deleted ones.
import { keepPreviousData, useMutation, useQueries, useQuery, useQueryClient } from "@tanstack/react-query";
import { getJson, nameHolds, postJson, segment } from "./client";
import type { Page } from "./pages";
import { trackingRunQuery } from "./queries";
import type { Experiment, Metric, Run, TrackingRun } from "./types";

const MLFLOW = "/ajax-api/2.0/mlflow";
export const RUN_PAGE = 1000;

export type View = "active" | "deleted";

const VIEWS = { active: "ACTIVE_ONLY", deleted: "DELETED_ONLY" } as const;

export interface RunSearch {
  experiment: string;
  filter: string;
  orderBy: string[];
  view: View;
  most?: number; // of one page
}

interface Pair {
  key: string;
  value: string;
}

interface MlflowRun {
  info: { run_id: string; run_name: string; experiment_id: string; user_id?: string; status: string; start_time: number; end_time?: number };
  data: { params?: Pair[]; tags?: Pair[]; metrics?: { key: string; value: number | string }[] };
}

const record = (pairs: Pair[] = []) => Object.fromEntries(pairs.map(({ key, value }) => [key, value]));

const runOf = ({ info, data }: MlflowRun): Run => ({
  id: info.run_id,
  name: info.run_name,
  experiment: info.experiment_id,
  user: info.user_id ?? "",
  status: info.status,
  startMs: info.start_time,
  endMs: info.end_time ?? null,
  params: record(data.params),
  tags: record(data.tags),
  metrics: Object.fromEntries((data.metrics ?? []).map(({ key, value }) => [key, Number(value)])),
});

export async function searchRuns(search: RunSearch, token: string, signal?: AbortSignal): Promise<Page<Run>> {
  const answer = await postJson<{ runs?: MlflowRun[]; next_page_token?: string }>(
    `${MLFLOW}/runs/search`,
    {
      experiment_ids: [search.experiment],
      filter: search.filter,
      order_by: search.orderBy,
      run_view_type: VIEWS[search.view],
      max_results: search.most ?? RUN_PAGE,
      ...(token && { page_token: token }),
    },
    signal,
  );
  return { items: (answer.runs ?? []).map(runOf), next: answer.next_page_token ?? null };
}

export interface RunCounts {
  groups: { value: string | null; count: number }[];
  more: boolean;
  runs: number;
}

// How many of the runs found have each value of a column, however many of them are loaded. Asked again with the runs.
export const useRunCounts = (search: RunSearch, by: string) =>
  useQuery({
    queryKey: ["run-pages", "counts", search.experiment, search.filter, search.view, by],
    queryFn: ({ signal }) =>
      getJson<RunCounts>(`/api/v1/run-groups?${new URLSearchParams({ experiment_id: search.experiment, filter: search.filter, view: search.view, by })}`, signal),
  });

export interface ExperimentSearch {
  text: string;
  order: string;
  view: View;
}

export async function searchExperiments(search: ExperimentSearch, token: string, signal?: AbortSignal): Promise<Page<Experiment>> {
  const query = new URLSearchParams({ view: search.view, order_by: search.order });
  if (search.text) query.set("filter", nameHolds(search.text));
  if (token) query.set("page_token", token);
  const answer = await getJson<{ experiments: Experiment[]; next_page_token?: string }>(`/api/v1/experiments?${query}`, signal);
  return { items: answer.experiments, next: answer.next_page_token ?? null };
}

export const useExperiment = (id: string) =>
  useQuery({
    queryKey: ["experiments", id],
    queryFn: ({ signal }) =>
      getJson<{ experiment: { experiment_id: string; name: string; lifecycle_stage: string; tags?: Pair[] } }>(
        `${MLFLOW}/experiments/get?experiment_id=${segment(id)}`,
        signal,
      ),
    select: ({ experiment }) => ({ id: experiment.experiment_id, name: experiment.name, deleted: experiment.lifecycle_stage === "deleted", tags: record(experiment.tags) }),
  });

export function useCreateExperiment() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (name: string) => postJson<{ experiment_id: string }>(`${MLFLOW}/experiments/create`, { name }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["experiments"] }),
  });
}

// Deletes or restores one by one and in order, as the protocol has it; the first refusal ends it.
function useChange(noun: "run" | "experiment", verb: "delete" | "restore") {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async (ids: string[]) => {
      for (const id of ids) await postJson(`${MLFLOW}/${noun}s/${verb}`, { [`${noun}_id`]: id });
    },
    onSettled: () => Promise.all(["run-pages", "runs", "experiments"].map((key) => queries.invalidateQueries({ queryKey: [key] }))),
  });
}

export const useDeleteRuns = () => useChange("run", "delete");
export const useRestoreRuns = () => useChange("run", "restore");
export const useDeleteExperiments = () => useChange("experiment", "delete");
export const useRestoreExperiments = () => useChange("experiment", "restore");

export const runOfRecord = (record: TrackingRun): Run => ({
  id: record.id,
  name: record.name,
  experiment: record.experiment_id,
  user: record.user,
  status: record.status,
  startMs: record.start_ms,
  endMs: record.end_ms ?? null,
  params: record.params,
  tags: record.tags,
  metrics: Object.fromEntries(Object.entries(record.metrics).map(([key, value]) => [key, Number(value)])),
});

// Runs by their ids, in that order; those that cannot be had are told as errors.
export function useRuns(ids: string[]) {
  return useQueries({
    queries: ids.map(trackingRunQuery),
    combine: (answers) => ({
      runs: answers.flatMap(({ data }) => (data ? [runOfRecord(data)] : [])),
      error: answers.find((answer) => answer.error)?.error ?? null,
      pending: answers.some((answer) => answer.isPending),
    }),
  });
}

// The newest runs of all experiments.
export const useNewestRuns = (most: number) =>
  useQuery({
    queryKey: ["run-pages", "newest", most],
    queryFn: ({ signal }) => getJson<{ runs: TrackingRun[] }>(`/api/v1/runs?limit=${most}`, signal),
    select: ({ runs }) => runs.map(runOfRecord),
  });

const ASKED_AT_ONCE = 100;

// The runs of a long list, in which `ids` repeat when one run has several places: only those of the places that are in view are
// asked for, many in one question. Runs that cannot be had are left out.
export function useRunsInView(ids: string[], first: number, last: number) {
  const chunks = [];
  for (let at = Math.floor(first / ASKED_AT_ONCE); at * ASKED_AT_ONCE <= Math.min(last, ids.length - 1); ++at) {
    const wanted = [...new Set(ids.slice(at * ASKED_AT_ONCE, (at + 1) * ASKED_AT_ONCE))].filter((id) => /^\w+$/.test(id));
    if (wanted.length > 0) chunks.push(wanted);
  }
  return useQueries({
    queries: chunks.map((wanted) => ({
      queryKey: ["run-pages", "some", wanted.join()],
      queryFn: ({ signal }: { signal: AbortSignal }) => {
        const query = new URLSearchParams({ view: "all", limit: String(ASKED_AT_ONCE), filter: `attributes.run_id IN (${wanted.map((id) => `'${id}'`).join(", ")})` });
        return getJson<{ runs: TrackingRun[] }>(`/api/v1/runs?${query}`, signal);
      },
      placeholderData: keepPreviousData,
    })),
    combine: (answers) => answers.flatMap(({ data }) => data?.runs ?? []).map(runOfRecord),
  });
}

// How many points one line of a chart has at most. The server keeps the extremes of what it leaves out.
const POINTS = 1000;

export type Steps = [from: number, to: number] | null;

// The history of one metric in several runs, as far as the chart shows it.
export function useHistories(runs: string[], key: string, steps: Steps, enabled: boolean) {
  const range = steps ? `&from_step=${Math.floor(steps[0])}&to_step=${Math.ceil(steps[1])}` : "";
  return useQueries({
    queries: runs.map((run) => ({
      queryKey: ["runs", run, "metric", key, range],
      enabled,
      placeholderData: keepPreviousData,
      queryFn: ({ signal }: { signal: AbortSignal }) =>
        getJson<{ points: Metric[] }>(`/api/v1/runs/${segment(run)}/metrics/${segment(key)}?max_points=${POINTS}${range}`, signal),
    })),
    combine: (answers) => ({
      histories: answers.map(({ data }) => data?.points ?? NO_POINTS),
      error: answers.find((answer) => answer.error)?.error ?? null,
      pending: answers.some((answer) => answer.isPending),
    }),
  });
}
const NO_POINTS: Metric[] = [];

export const PARENT = "mlflow.parentRunId";
export const nestedIn = (run: string) => `tags.\`${PARENT}\` = '${run}'`;
// A filter, and of what it finds only the runs that were not started inside another one.
export const onlyTop = (filter: string) => `${filter ? `${filter} AND ` : ""}tags.\`${PARENT}\` IS NULL`;

// The runs that were started inside a run, the newest first.
export const useNestedRuns = (run: string, experiment: string, most: number) =>
  useQuery({
    queryKey: ["runs", run, "nested"],
    queryFn: ({ signal }) => searchRuns({ experiment, filter: nestedIn(run), orderBy: [], view: "active", most }, "", signal),
  });

export interface ModelOfRun {
  name: string;
  version: string;
}

// The registered versions that came out of a run.
export const useVersionsOfRun = (run: string) =>
  useQuery({
    queryKey: ["models", "of-run", run],
    queryFn: ({ signal }) =>
      getJson<{ model_versions?: ModelOfRun[] }>(`${MLFLOW}/model-versions/search?filter=${segment(`run_id = '${run}'`)}&max_results=100`, signal),
    select: (answer) => answer.model_versions ?? [],
  });

export interface LoggedModel {
  info: { model_id: string; name: string; status: string; model_type?: string };
}

// The models that a run logged, registered or not.
export const useLoggedModels = (run: string, experiment: string) =>
  useQuery({
    queryKey: ["runs", run, "logged-models"],
    queryFn: ({ signal }) =>
      postJson<{ models?: LoggedModel[] }>(`${MLFLOW}/logged-models/search`, { experiment_ids: [experiment], filter: `source_run_id = '${run}'` }, signal),
    select: (answer) => answer.models ?? [],
  });
