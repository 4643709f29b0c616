import { useEffect, useRef, useState } from "preact/hooks";
import { useTexts } from "../../language.ts";
import { droppedFiles, type Intake } from "./intake.ts";
import { TEXTS } from "./texts.ts";

/** Takes files that are dropped anywhere on the page, and shows that it would while they are dragged over it. */
export function DropZone({ take }: { take(intake: Intake): void }) {
  const t = useTexts(TEXTS).intake;
  const [isOver, setOver] = useState(false);
  const latest = useRef(take);
  latest.current = take;
  useEffect(() => {
    const withFiles = (work: (event: DragEvent, transfer: DataTransfer) => void) => (event: DragEvent) => {
      if (event.dataTransfer?.types.includes("Files")) work(event, event.dataTransfer);
    };
    const over = withFiles((event, transfer) => {
      event.preventDefault();
      transfer.dropEffect = "copy";
      setOver(true);
    });
    const drop = withFiles((event, transfer) => {
      event.preventDefault();
      setOver(false);
      void droppedFiles(transfer).then((intake) => latest.current(intake));
    });
    // Elements within the page are left as well; the page itself is left for nothing.
    const leave = (event: DragEvent) => {
      if (event.relatedTarget === null) setOver(false);
    };
    document.addEventListener("dragover", over);
    document.addEventListener("dragleave", leave);
    document.addEventListener("drop", drop);
    return () => {
      document.removeEventListener("dragover", over);
      document.removeEventListener("dragleave", leave);
      document.removeEventListener("drop", drop);
    };
  }, []);
  return isOver ? <div class="drop-zone" aria-hidden="true">{t.release}</div> : null;
}
