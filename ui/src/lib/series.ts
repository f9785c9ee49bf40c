// The colour of the n-th of several things shown together; tokens of the theme.
const COLORS = 8;

export const seriesToken = (index: number) => `s${index % COLORS}`;
export const seriesColor = (index: number) => `var(--t-${seriesToken(index)})`;
