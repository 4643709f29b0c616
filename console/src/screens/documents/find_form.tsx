import { go } from "../../route.ts";

/** Opens the page of a document that a person has an id of. */
export function FindForm() {
  const find = (event: Event) => {
    event.preventDefault();
    const id = String(new FormData(event.currentTarget as HTMLFormElement).get("id")).trim();
    if (id) go(["documents", id]);
  };
  return (
    <form role="search" aria-label="By id" class="row document-find" onSubmit={find}>
      <label>
        <span class="hidden">Any id</span>
        <input
          type="search"
          name="id"
          required
          maxLength={200}
          placeholder="Any id: document, job, reference, request …"
          autocomplete="off"
          spellcheck={false}
        />
      </label>
      <button type="submit">Open</button>
    </form>
  );
}
