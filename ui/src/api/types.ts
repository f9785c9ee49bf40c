// The native API's answers as docs/openapi.yaml describes them: schema.d.ts is made from it before types are checked
// (npm run types). Times are milliseconds since the epoch.
import type { components } from "./schema";

type Schemas = components["schemas"];

export type Metric = [step: number, timeMs: number, value: number];

export type Status = Schemas["Status"];
export type Deployment = Schemas["Deployment"];
export type DeploymentChange = Schemas["DeploymentChange"];
export type ForecastPoint = Schemas["ForecastPoint"];
export type PerformanceDay = Schemas["PerformanceDay"];
export type Performance = Schemas["Performance"];
export type FeatureDrift = Schemas["FeatureDrift"];
export type DriftDay = Schemas["DriftDay"];
export type Alert = Schemas["Alert"];
export type Firing = Schemas["Firing"];
export type Task = Schemas["Task"];
export type DatasetInput = Schemas["Dataset"];
export type TrackingRun = Schemas["Run"];
export type Experiment = Schemas["Experiment"];
export type ArtifactEntry = Schemas["ArtifactEntry"];
export type Model = Schemas["Model"];
export type ModelDetails = Schemas["ModelDetails"];
export type ModelVersion = Schemas["ModelVersion"];
export type Why = Schemas["Why"];
export type TreadleEvent = Schemas["Event"];
export type Artifact = Schemas["TaskArtifact"];
export type Finding = Schemas["Finding"];
export type Decision = Schemas["Decision"];
export type Gate = Schemas["Gate"];
export type Approval = Schemas["Approval"];
export type HistoryEntry = Schemas["HistoryEntry"];
// Of a run or of one of its tasks.
export type RunState = Schemas["RunState"] | Schemas["TaskState"];
// Lists leave the tasks out.
export type PipelineRun = Schemas["PipelineRunSummary"] & { tasks?: Task[] };

// A run as MLflow's protocol has it, with its lists as records.
export interface Run {
  id: string;
  name: string;
  experiment: string;
  user: string;
  status: string;
  startMs: number;
  endMs: number | null;
  params: Record<string, string>;
  tags: Record<string, string>;
  metrics: Record<string, number>;
}
