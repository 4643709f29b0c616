import { useCallback, useState } from "preact/hooks";
import type { ScreenProps } from "../../screens.ts";
import { DocumentList } from "./document_list.tsx";
import { DocumentPage } from "./document_page.tsx";
import { DropZone } from "./drop_zone.tsx";
import "./files.css";
import { type Intake, sortOut } from "./intake.ts";
import { useLimits } from "./intake_panel.tsx";
import { useUploads } from "./uploads.tsx";
import { go } from "../../route.ts";

/** The user's documents: uploads, how far each has come, and what can be done with them. */
export default function Files({ rest: [id] }: ScreenProps) {
  const limits = useLimits();
  const { uploads } = useUploads();
  const [notTaken, setNotTaken] = useState<Pick<Intake, "refused" | "isCut"> | null>(null);
  const take = useCallback(({ files, refused, isCut }: Intake) => {
    const sorted = sortOut(files, limits);
    const all = [...refused, ...sorted.refused];
    const isNothing = files.length === 0 && refused.length === 0;
    setNotTaken(all.length > 0 || isCut || isNothing ? { refused: all, isCut } : null);
    if (sorted.files.length > 0) uploads!.addFiles(sorted.files);
    // From the page of a document: where what becomes of the files is seen.
    if (id !== undefined) go(["files"]);
  }, [limits, uploads, id]);
  return (
    <>
      {id === undefined
        ? <DocumentList take={take} notTaken={notTaken} close={() => setNotTaken(null)} />
        : <DocumentPage key={id} id={id} />}
      {uploads && <DropZone take={take} />}
    </>
  );
}
