/** The operators' functions. Written by npm run generate once they exist. */
export interface Functions {
  pulse: { Args: Record<never, never>; Returns: string };
}
