/** The model whose vectors are compared: of chunks and of questions. */
export const embeddingModel = "text-embedding-3-small";
