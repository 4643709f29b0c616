import { QueryClient } from "@tanstack/preact-query";

/** All that screens have read. A sign-out clears it. */
export const queries = new QueryClient({
  defaultOptions: {
    queries: { retry: 1, staleTime: 0, refetchOnWindowFocus: true },
    mutations: { retry: false },
  },
});
