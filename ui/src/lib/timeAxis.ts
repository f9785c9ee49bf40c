// Labels of a time axis: days as "5 Nov", hours as "14:00", the year or the day again only where it changes.
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

export function timeLabels(seconds: number[], step: number): string[] {
  let last = "";
  return seconds.map((second) => {
    const at = new Date(second * 1000);
    const date = `${at.getUTCDate()} ${MONTHS[at.getUTCMonth()]}`;
    const year = String(at.getUTCFullYear());
    const [fine, coarse] = step < 86_400 ? [at.toISOString().slice(11, 16), date] : [date, year];
    const label = coarse === last ? fine : `${fine}\n${coarse}`;
    last = coarse;
    return label;
  });
}
