import { useEffect, useState } from "preact/hooks";

interface Props {
  number: number;
  pageCount: number;
  setNumber(number: number): void;
  label: string;
}

/** The number of the page, to be written over. */
export function PageNumber({ number, pageCount, setNumber, label }: Props) {
  const [text, setText] = useState(String(number));
  useEffect(() => setText(String(number)), [number]);
  const take = () => {
    const wanted = Number(text);
    if (Number.isInteger(wanted) && wanted >= 1) setNumber(Math.min(pageCount, wanted));
    // Whatever was written, the box says which page is shown.
    setText(String(Number.isInteger(wanted) && wanted >= 1 ? Math.min(pageCount, wanted) : number));
  };
  return (
    <input
      class="page-number"
      aria-label={label}
      inputMode="numeric"
      value={text}
      onInput={(event) => setText(event.currentTarget.value)}
      onChange={take}
      onKeyDown={(event) => event.key === "Enter" && take()}
    />
  );
}
