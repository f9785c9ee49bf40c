// Every question the pages ask, with the key under which its answer is kept. Keys begin with the part of the server they
// depend on, so that one live event can refresh exactly those (see app/live.ts).
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { getJson, getText, segment } from "./client";
import type {
  Alert,
  ArtifactEntry,
  Deployment,
  DeploymentChange,
  DriftDay,
  Firing,
  ForecastPoint,
  ModelDetails,
  Performance,
  PipelineRun,
  Status,
  TrackingRun,
  Why,
} from "./types";

export const useStatus = () =>
  useQuery({ queryKey: ["status"], queryFn: ({ signal }) => getJson<Status>("/api/v1/status", signal) });

export const useDeployments = () =>
  useQuery({
    queryKey: ["deployments"],
    queryFn: ({ signal }) => getJson<{ deployments: Deployment[] }>("/api/v1/deployments", signal),
    select: (answer) => answer.deployments,
  });

export const useDeploymentHistory = (name: string) =>
  useQuery({
    queryKey: ["deployments", name, "history"],
    queryFn: ({ signal }) =>
      getJson<{ history: DeploymentChange[] }>(`/api/v1/deployments/${segment(name)}/history`, signal),
    select: (answer) => answer.history,
  });

export const useForecast = (name: string) =>
  useQuery({
    queryKey: ["predictions", name],
    queryFn: ({ signal }) =>
      getJson<{ points: ForecastPoint[] }>(`/api/v1/deployments/${segment(name)}/forecast?limit=10000`, signal),
    select: (answer) => answer.points,
    placeholderData: keepPreviousData,
  });

export const usePerformance = (name: string) =>
  useQuery({
    queryKey: ["performance", name],
    queryFn: ({ signal }) => getJson<Performance>(`/api/v1/deployments/${segment(name)}/performance`, signal),
    placeholderData: keepPreviousData,
  });

export const useDrift = (name: string) =>
  useQuery({
    queryKey: ["reports", name],
    queryFn: ({ signal }) => getJson<{ series: DriftDay[] }>(`/api/v1/deployments/${segment(name)}/drift`, signal),
    select: (answer) => answer.series,
    placeholderData: keepPreviousData,
  });

export const useAlerts = (deployment?: string) =>
  useQuery({
    queryKey: ["alerts", deployment ?? ""],
    queryFn: ({ signal }) =>
      getJson<{ alerts: Alert[] }>(
        deployment ? `/api/v1/alerts?deployment=${segment(deployment)}` : "/api/v1/alerts",
        signal,
      ),
    select: (answer) => answer.alerts,
  });

export const useFirings = (trigger: string) =>
  useQuery({
    queryKey: ["triggers", trigger],
    queryFn: ({ signal }) =>
      getJson<{ firings: Firing[] }>(`/api/v1/triggers/${segment(trigger)}/firings`, signal),
    select: (answer) => answer.firings,
    retry: false,
  });

export const usePipelineRuns = (limit = 1000) =>
  useQuery({
    queryKey: ["pipeline-runs", limit],
    queryFn: ({ signal }) => getJson<{ runs: PipelineRun[] }>(`/api/v1/pipeline-runs?limit=${limit}`, signal),
    select: (answer) => answer.runs,
    placeholderData: keepPreviousData,
  });

export const usePipelineRun = (id: string | undefined) =>
  useQuery({
    queryKey: ["pipeline-run", id],
    enabled: Boolean(id),
    queryFn: ({ signal }) => getJson<PipelineRun>(`/api/v1/pipeline-runs/${segment(id ?? "")}`, signal),
  });

export const trackingRunQuery = (id: string) => ({
  queryKey: ["runs", id, "record"],
  queryFn: ({ signal }: { signal: AbortSignal }) => getJson<TrackingRun>(`/api/v1/runs/${segment(id)}`, signal),
});

// Nothing is asked without an id.
export const useTrackingRun = (id: string | undefined) => useQuery({ ...trackingRunQuery(id ?? ""), enabled: Boolean(id) });

// Whose files: a run's or a logged model's.
export interface Keeper {
  kind: "runs" | "logged-models";
  id: string;
}

export const filesOf = ({ kind, id }: Keeper) => `/api/v1/${kind}/${segment(id)}/artifacts`;

export const useArtifacts = (keeper: Keeper, path: string) =>
  useQuery({
    queryKey: [keeper.kind, keeper.id, "artifacts", path],
    queryFn: ({ signal }) => getJson<{ artifacts: ArtifactEntry[] }>(`${filesOf(keeper)}?path=${segment(path)}`, signal),
    select: (answer) => answer.artifacts,
  });

export const useStepLogs = (run: string, task: string, live: boolean) =>
  useQuery({
    queryKey: ["pipeline-run", run, "logs", task],
    queryFn: ({ signal }) => getText(`/api/v1/pipeline-runs/${segment(run)}/tasks/${segment(task)}/logs`, signal),
    refetchInterval: live ? 1000 : false,
    retry: false,
  });

export const useModel = (name: string) =>
  useQuery({
    queryKey: ["models", name],
    enabled: name !== "",
    queryFn: ({ signal }) => getJson<ModelDetails>(`/api/v1/models/${segment(name)}`, signal),
  });

export const useWhy = (predictionId: string | null) =>
  useQuery({
    queryKey: ["why", predictionId],
    enabled: predictionId !== null,
    queryFn: ({ signal }) => getJson<Why>(`/api/v1/why?prediction_id=${segment(predictionId ?? "")}`, signal),
  });
