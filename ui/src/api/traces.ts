// Traces of an experiment, and one trace with its spans, through MLflow's protocol.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { getJson, postJson, segment, sendJson } from "./client";
import type { Page } from "./pages";

const MLFLOW = "/ajax-api/3.0/mlflow";
export const TRACE_PAGE = 500; // as many as the protocol gives at once

export interface Assessment {
  assessment_id: string;
  assessment_name: string;
  span_id?: string;
  source: { source_type: string; source_id?: string };
  create_time: string;
  feedback?: { value?: unknown; error?: { error_code?: string; error_message?: string } };
  expectation?: { value?: unknown; serialized_value?: { value: string } };
  rationale?: string;
  valid?: boolean;
}

export interface TraceInfo {
  trace_id: string;
  trace_location?: { mlflow_experiment?: { experiment_id: string } };
  request_time: string;
  execution_duration?: string; // "0.077s"
  state: string;
  request_preview?: string;
  response_preview?: string;
  trace_metadata?: Record<string, string>;
  tags?: Record<string, string>;
  assessments?: Assessment[];
}

interface AnyValue {
  string_value?: string;
  bool_value?: boolean;
  int_value?: number | string;
  double_value?: number;
  array_value?: { values?: AnyValue[] };
  kvlist_value?: { values?: { key: string; value: AnyValue }[] };
}

interface WireSpan {
  span_id: string;
  parent_span_id?: string | null;
  name: string;
  start_time_unix_nano: number | string;
  end_time_unix_nano?: number | string;
  attributes?: { key: string; value: AnyValue }[];
  events?: { name: string; time_unix_nano: number | string; attributes?: { key: string; value: AnyValue }[] }[];
  status?: { code?: string; message?: string };
}

export interface SpanEvent {
  name: string;
  atMs: number; // since the start of the trace
  attributes: Record<string, unknown>;
}

export interface Span {
  id: string;
  parent: string | null;
  name: string;
  type: string;
  startMs: number; // since the start of the trace
  durationMs: number | null; // null: not ended
  error: string | null;
  inputs: unknown;
  outputs: unknown;
  attributes: Record<string, unknown>; // the others
  events: SpanEvent[];
}

export interface Trace {
  info: TraceInfo;
  spans: Span[];
}

export const durationOf = (info: TraceInfo) => (info.execution_duration ? Number.parseFloat(info.execution_duration) * 1000 : null);
export const experimentOf = (info: TraceInfo) => info.trace_location?.mlflow_experiment?.experiment_id ?? null;

function plain(value: AnyValue): unknown {
  if (value.array_value) return (value.array_value.values ?? []).map(plain);
  if (value.kvlist_value) return Object.fromEntries((value.kvlist_value.values ?? []).map((item) => [item.key, plain(item.value)]));
  if (value.int_value !== undefined) return Number(value.int_value);
  return value.string_value ?? value.bool_value ?? value.double_value ?? null;
}

const attributesOf = (list: WireSpan["attributes"] = []) => Object.fromEntries(list.map(({ key, value }) => [key, plain(value)]));

function spanOf(span: WireSpan, zero: number): Span {
  const { "mlflow.spanInputs": inputs, "mlflow.spanOutputs": outputs, "mlflow.spanType": type, ...attributes } = attributesOf(span.attributes);
  const start = Number(span.start_time_unix_nano);
  const end = Number(span.end_time_unix_nano ?? 0);
  return {
    id: span.span_id,
    parent: span.parent_span_id || null,
    name: span.name,
    type: typeof type === "string" ? type : "",
    startMs: (start - zero) / 1e6,
    durationMs: end > 0 ? (end - start) / 1e6 : null,
    error: span.status?.code === "STATUS_CODE_ERROR" ? span.status.message || "failed" : null,
    inputs,
    outputs,
    attributes,
    events: (span.events ?? []).map((event) => ({ name: event.name, atMs: (Number(event.time_unix_nano) - zero) / 1e6, attributes: attributesOf(event.attributes) })),
  };
}

export async function searchTraces(experiment: string, filter: string, order: string, token: string, signal?: AbortSignal): Promise<Page<TraceInfo>> {
  const answer = await postJson<{ traces?: TraceInfo[]; next_page_token?: string }>(
    `${MLFLOW}/traces/search`,
    {
      locations: [{ type: "MLFLOW_EXPERIMENT", mlflow_experiment: { experiment_id: experiment } }],
      filter,
      order_by: [order],
      max_results: TRACE_PAGE,
      ...(token && { page_token: token }),
    },
    signal,
  );
  return { items: answer.traces ?? [], next: answer.next_page_token || null };
}

export const useTrace = (id: string) =>
  useQuery({
    queryKey: ["traces", "one", id],
    queryFn: async ({ signal }): Promise<Trace> => {
      const { trace } = await getJson<{ trace: { trace_info: TraceInfo; spans?: WireSpan[] } }>(`${MLFLOW}/traces/get?trace_id=${segment(id)}`, signal);
      const spans = trace.spans ?? [];
      const zero = Math.min(...spans.map((span) => Number(span.start_time_unix_nano)));
      return { info: trace.trace_info, spans: spans.map((span) => spanOf(span, zero)) };
    },
  });

function useChange<Input>(work: (input: Input) => Promise<unknown>) {
  const queries = useQueryClient();
  return useMutation({ mutationFn: work, onSuccess: () => queries.invalidateQueries({ queryKey: ["traces"] }) });
}

export interface Feedback {
  one: Assessment | null; // the one that is changed
  name: string;
  value: unknown;
  rationale: string;
}

const assessmentsOf = (trace: string) => `${MLFLOW}/traces/${segment(trace)}/assessments`;

export const useAssess = (trace: string) =>
  useChange(({ one, name, value, rationale }: Feedback) => {
    const assessment = { assessment_name: name, feedback: { value }, rationale };
    if (one) return sendJson("PATCH", `${assessmentsOf(trace)}/${segment(one.assessment_id)}`, { assessment, update_mask: "assessmentName,feedback,rationale" });
    const time = new Date().toISOString();
    const source = { source_type: "HUMAN", source_id: "page" };
    return postJson(assessmentsOf(trace), { assessment: { ...assessment, trace_id: trace, source, create_time: time, last_update_time: time } });
  });

export const useDropAssessment = (trace: string) => useChange((id: string) => sendJson("DELETE", `${assessmentsOf(trace)}/${segment(id)}`, {}));
