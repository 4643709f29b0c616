import { useEffect, useState } from "preact/hooks";
import { formatCents } from "../../format.ts";
import { useAct } from "../../operator.ts";
import { Confirm } from "../../parts/confirm.tsx";
import { Field } from "../../parts/field.tsx";
import { toast } from "../../parts/toasts.tsx";
import { amountOf, enteredCents, enteredCredits, shownPrice } from "./price.ts";
import type { Price } from "./prices.tsx";

interface Props {
  /** None: closed. */
  price: Price | undefined;
  onClose(): void;
}

/** Sets what a unit of a model costs from now on. */
export function EditPrice({ price, onClose }: Props) {
  const act = useAct("set_price");
  const [dollars, setDollars] = useState("");
  const [credits, setCredits] = useState("");
  const [source, setSource] = useState("");
  // Once for each price: what is read meanwhile must not take away what is being typed.
  useEffect(() => {
    if (!price) return;
    setDollars(shownPrice(price));
    setCredits(price.credits === null ? "" : String(price.credits));
    setSource(price.source);
  }, [price?.unit, price?.model]);
  const { unit, units } = amountOf(price ?? { unit: "page" });
  const cents = enteredCents(dollars, price?.unit ?? "page");
  const ofCredits = enteredCredits(credits);
  return (
    <Confirm
      title={`Price of ${price?.model}`}
      isOpen={price !== undefined}
      onClose={onClose}
      action="Save"
      act={async () => {
        if (cents === undefined) throw new Error("Enter the price in US dollars, zero or more.");
        if (ofCredits === undefined) throw new Error("Enter more than zero credits, or none.");
        if (source.trim() === "") throw new Error("Enter where the price is from.");
        await act.mutateAsync({
          p_unit: price!.unit,
          p_model: price!.model,
          p_cents: cents,
          p_credits: ofCredits,
          p_source: source.trim(),
        });
        toast(`The price of ${price!.model} was changed.`);
      }}
    >
      <Field label={`US dollars ${unit}`} hint={`Now ${formatCents((price?.cents ?? 0) * units)}.`}>
        <input
          inputMode="decimal"
          value={dollars}
          aria-invalid={cents === undefined}
          onInput={(event) => setDollars(event.currentTarget.value)}
        />
      </Field>
      <Field label={`Credits a ${price?.unit}`} hint="What the provider bills in; empty if it has none.">
        <input
          inputMode="decimal"
          value={credits}
          aria-invalid={ofCredits === undefined}
          onInput={(event) => setCredits(event.currentTarget.value)}
        />
      </Field>
      <Field label="Source" hint="The contract or the page that says so.">
        <input value={source} maxLength={500} onInput={(event) => setSource(event.currentTarget.value)} />
      </Field>
      <p class="muted">Earlier charges keep their price. New documents are reserved, and charged, at this one.</p>
    </Confirm>
  );
}
