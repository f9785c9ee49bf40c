// The native API's answers, as docs/openapi.yaml describes them. Times are milliseconds since the epoch.
export type Metric = [step: number, timeMs: number, value: number];

export interface Status {
  version: string;
  uptime_s: number;
  data_dir: string;
  alerts_open: number;
  deployments: { ready: number; failed: number };
  pipeline_runs: { running: number; failed_recent: number };
  memory_bytes: number;
}

export interface Deployment {
  name: string;
  model: string;
  version: number | string;
  state: "READY" | "LOADING" | "FAILED";
  error?: string | null;
  created_ms: number;
  updated_ms: number;
  requests: number;
  errors: number;
  p50_us: number;
  p99_us: number;
}

export interface DeploymentChange {
  version: number | string;
  from_ms: number;
  reason?: string;
  run_id?: string;
}

export interface ForecastPoint {
  key: string;
  event_ms: number;
  prediction: number;
  truth: number | null;
  prediction_id: string;
  model_version: number | string;
}

export interface PerformanceDay {
  day_ms: number;
  mae: number;
  rmse: number;
  mape: number;
  rolling_mae: number | null;
  naive_day_mae?: number | null;
  count: number;
  model_version: number | string;
}

export interface Performance {
  series: PerformanceDay[];
  baseline?: { mae?: number | null } | null;
}

export interface FeatureDrift {
  method: string;
  score: number;
  threshold: number;
  drifted: boolean;
}

export interface DriftDay {
  day_ms: number;
  share: number;
  drifted: string[];
  features: Record<string, FeatureDrift>;
}

export interface Alert {
  id: string | number;
  deployment: string;
  rule: string;
  value: number;
  threshold: number;
  day_ms: number;
  raised_ms: number;
  state: string;
  message: string;
  retrain_run_id?: string | null;
}

export interface Firing {
  id: string | number;
  time_ms: number;
  reason: string;
  run_id: string | null;
  state: string;
  outcome: string | null;
}

export type RunState = "PENDING" | "RUNNING" | "SUCCEEDED" | "CACHED" | "SKIPPED" | "FAILED" | "CANCELED";

export interface Artifact {
  uri: string;
  type: string;
  sha256?: string;
  metadata?: Record<string, unknown>;
}

export interface Task {
  name: string;
  display_name?: string;
  component: string;
  state: RunState;
  started_ms?: number | null;
  finished_ms?: number | null;
  depends_on: string[];
  parent?: string | null;
  inputs: { parameters?: Record<string, unknown>; artifacts?: Record<string, Artifact> };
  outputs: { parameters?: Record<string, unknown>; artifacts?: Record<string, Artifact> };
  error?: string | null;
}

export interface PipelineRun {
  id: string;
  run_id: string;
  name: string;
  pipeline: string;
  state: RunState;
  error?: string | null;
  created_ms: number;
  started_ms?: number | null;
  finished_ms?: number | null;
  parameters?: Record<string, unknown>;
  tasks?: Task[];
}

export interface DatasetInput {
  name: string;
  digest: string;
  source_type?: string;
  source: string;
  tags: Record<string, string>;
}

export interface TrackingRun {
  id: string;
  name: string;
  experiment_id: string;
  status: string;
  deleted: boolean;
  user: string;
  start_ms: number;
  end_ms?: number | null;
  params: Record<string, string>;
  metrics: Record<string, number | string>;
  tags: Record<string, string>;
  datasets: DatasetInput[];
  artifact_uri: string;
}

export interface Experiment {
  id: string;
  name: string;
  created_ms: number;
  updated_ms: number;
  run_count: number;
  tags: Record<string, string>;
}

export interface ArtifactEntry {
  path: string;
  is_folder: boolean;
  size: number;
}

export interface Model {
  name: string;
  latest_version: number;
  aliases: Record<string, number>;
  versions_count: number;
  updated_ms: number;
  description: string;
  tags: Record<string, string>;
}

export interface ModelDetails extends Model {
  versions: ModelVersion[];
}

export interface ModelVersion {
  version: number;
  run_id: string;
  source: string;
  description: string;
  stage: string;
  created_ms: number;
  updated_ms: number;
  aliases: string[];
  tags: Record<string, string>;
  status: string;
}

export interface Why {
  prediction: { id: string; key: string; value: number; event_ms: number };
  truth?: { value: number } | null;
  features: Record<string, number | null>;
  raw_rows: ({ line: number; timestamp?: string; features?: string[] } & Record<string, unknown>)[];
  raw_source?: { path: string; sha256: string } | null;
  deployment?: { name: string };
  model_version?: { name: string; version: number | string };
  run?: { id: string; name: string } | { hidden: true };
  training_data?: { name: string; digest: string };
  pipeline_run?: { id: string; name: string } | { hidden: true };
  commit?: string | null;
  commit_dirty?: boolean;
}

export interface TreadleEvent {
  sequence: number;
  time_ms: number;
  type: string;
  subject: string;
  payload: Record<string, unknown>;
}

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
