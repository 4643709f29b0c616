import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const loopback = { host: "127.0.0.1" };

export default defineConfig({ plugins: [react()], server: loopback, preview: loopback });
