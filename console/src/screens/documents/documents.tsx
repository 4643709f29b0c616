import type { ScreenProps } from "../../screens.ts";
import { DocumentList } from "./document_list.tsx";
import { DocumentPage } from "./document_page.tsx";
import "./documents.css";

export default function Documents({ rest: [id] }: ScreenProps) {
  return id ? <DocumentPage key={id} id={id} /> : <DocumentList />;
}
