// The value of an assessment: any JSON, written as people write it.
import type { Assessment } from "../../api/traces";

export const valueOf = ({ feedback, expectation }: Assessment) => feedback?.value ?? expectation?.value ?? expectation?.serialized_value?.value ?? feedback?.error?.error_message;

// What reads as JSON is that; anything else is text.
export function readValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text.trim();
  }
}

// The other way round: text that would read as something else is put in quotes.
export const asWritten = (value: unknown) => (typeof value === "string" && readValue(value) === value ? value : JSON.stringify(value));
