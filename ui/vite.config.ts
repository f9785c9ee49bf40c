import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

export default defineConfig({
  plugins: [react()],
  build: {
    target: "es2022",
    // elk runs in its own worker and is fetched only when a pipeline graph is opened.
    chunkSizeWarningLimit: 2000,
  },
  server: { proxy: { "^/(api|ajax-api)/": process.env.TREADLE_URL ?? "http://127.0.0.1:7070" } },
});
