// How a state looks everywhere: one word, one colour, never colour alone.
import type { ReactNode } from "react";

export type Tone = "good" | "warn" | "bad" | "busy" | "idle";

const TONES: Record<string, Tone> = {
  OK: "good", ERROR: "bad", IN_PROGRESS: "busy", SUCCEEDED: "good", READY: "good", CACHED: "good", FINISHED: "good", promoted: "good", resolved: "good", SKIPPED: "idle",
  RUNNING: "busy", LOADING: "busy", PENDING: "idle", CANCELED: "warn", KILLED: "warn", open: "warn", raised: "warn",
  refused: "warn", FAILED: "bad", failed: "bad",
};

export const toneOf = (state: string): Tone => TONES[state] ?? "idle";

export function StatePill({ state }: { state: string }) {
  const text = state.length > 2 ? state[0].toUpperCase() + state.slice(1).toLowerCase().replaceAll("_", " ") : state;
  return <span className={`pill ${toneOf(state)}`}>{text}</span>;
}

export function Empty({ children }: { children: ReactNode }) {
  return <div className="empty">{children}</div>;
}

export function Loading({ height = 120 }: { height?: number }) {
  return <div className="skeleton" style={{ height }} role="status" aria-label="Loading" />;
}

export function ErrorBox({ error, retry }: { error: unknown; retry?: () => void }) {
  const message = error instanceof Error ? error.message : String(error);
  return (
    <div className="errorbox" role="alert">
      <span>{message}</span>
      {retry && (
        <button className="field" type="button" onClick={retry}>
          Try again
        </button>
      )}
    </div>
  );
}

interface Answer<T> {
  data: T | undefined;
  error: unknown;
  isPending: boolean;
  refetch: () => unknown;
}

// The four states of every part of a page: loading, failed, empty, there.
export function Ask<T>({ answer, height, empty, isEmpty, children }: {
  answer: Answer<T>;
  height?: number;
  empty?: ReactNode;
  isEmpty?: (data: T) => boolean;
  children: (data: T) => ReactNode;
}) {
  if (answer.data !== undefined) {
    if (empty && isEmpty?.(answer.data)) return <Empty>{empty}</Empty>;
    return <>{children(answer.data)}</>;
  }
  if (answer.error) return <ErrorBox error={answer.error} retry={() => answer.refetch()} />;
  return <Loading height={height} />;
}
