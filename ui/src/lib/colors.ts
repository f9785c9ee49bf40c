// Token colours for canvases, which cannot use CSS variables. The function changes when the colour scheme does.
import { useComputedColorScheme } from "@mantine/core";
import { useCallback } from "react";

export function useColors() {
  const scheme = useComputedColorScheme("light");
  return useCallback(
    (token: string) => getComputedStyle(document.documentElement).getPropertyValue(`--t-${token}`).trim() || "#888",
    // eslint-disable-next-line react-hooks/exhaustive-deps
    [scheme],
  );
}
