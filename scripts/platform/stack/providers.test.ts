import { expect, it } from "vitest";
import { startProviders } from "./providers.ts";

it("starts simulators that answer when no key is set", async () => {
  const { functionEnv, description, stop } = await startProviders({});
  expect(functionEnv.OPENAI_API_KEY).toBeTruthy();
  expect(functionEnv.LLAMAPARSE_API_KEY).toBeTruthy();
  expect(description.filter((line) => line.includes("simulator"))).toHaveLength(
    2,
  );
  const response = await fetch(`${functionEnv.OPENAI_API_URL}/embeddings`, {
    method: "POST",
    headers: { authorization: `Bearer ${functionEnv.OPENAI_API_KEY}` },
    body: JSON.stringify({ model: "text-embedding-3-small", input: ["x"] }),
  });
  expect(response.status).toBe(200);
  await response.body?.cancel();
  await stop();
  await expect(fetch(functionEnv.LLAMAPARSE_API_URL)).rejects.toThrow();
});

it("sets no address for a real service whose key is set", async () => {
  const { functionEnv, description, stop } = await startProviders({
    LLAMAPARSE_API_KEY: "llx-key",
    OPENAI_API_KEY: "sk-key",
    LLAMAPARSE_TIER: "agentic",
  });
  expect(functionEnv).toEqual({
    LLAMAPARSE_API_KEY: "llx-key",
    OPENAI_API_KEY: "sk-key",
    LLAMAPARSE_TIER: "agentic",
  });
  expect(description.join()).not.toContain("sk-key");
  await stop();
});

it("uses a key with its address", async () => {
  const { functionEnv, stop } = await startProviders({
    LLAMAPARSE_API_KEY: "llx-key",
    LLAMAPARSE_API_URL: "https://api.cloud.eu.llamaindex.ai",
  });
  expect(functionEnv.LLAMAPARSE_API_URL).toBe(
    "https://api.cloud.eu.llamaindex.ai",
  );
  expect(functionEnv.OPENAI_API_URL).toContain("127.0.0.1");
  await stop();
});

it("refuses an address without a key", async () => {
  await expect(startProviders({ OPENAI_API_URL: "https://example.com" }))
    .rejects.toThrow("OPENAI_API_KEY");
});
