// The only place that talks to the server. Errors carry the server's own words.
export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

async function fail(response: Response): Promise<never> {
  let message = `The server answered ${response.status}.`;
  try {
    const body = await response.json();
    // Treadle's own form, then MLflow's.
    message = body?.error?.message ?? body?.message ?? message;
  } catch {
    // Not JSON: the status has to do.
  }
  throw new ApiError(response.status, message);
}

export async function getJson<T>(path: string, signal?: AbortSignal): Promise<T> {
  const response = await fetch(path, { signal, headers: { Accept: "application/json" } });
  if (!response.ok) await fail(response);
  return response.json() as Promise<T>;
}

export async function getText(path: string, signal?: AbortSignal): Promise<string> {
  const response = await fetch(path, { signal });
  if (!response.ok) await fail(response);
  return response.text();
}

type Method = "POST" | "PUT" | "PATCH" | "DELETE";

export async function sendJson<T>(method: Method, path: string, body: unknown, signal?: AbortSignal): Promise<T> {
  const response = await fetch(path, {
    method,
    signal,
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!response.ok) await fail(response);
  return response.json() as Promise<T>;
}

export const postJson = <T>(path: string, body: unknown, signal?: AbortSignal) => sendJson<T>("POST", path, body, signal);

export const segment = encodeURIComponent;

// The condition that a name holds this text. A quote cannot be written inside a string of the search grammar: "_" stands for
// any character.
export const nameHolds = (text: string) => `name ILIKE '%${text.replaceAll("'", "_")}%'`;
