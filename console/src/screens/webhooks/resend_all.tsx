import { useEffect } from "preact/hooks";
import { useAct } from "../../operator.ts";
import { Confirm } from "../../parts/confirm.tsx";
import { ErrorNotice, Loading } from "../../parts/notices.tsx";
import { toast } from "../../parts/toasts.tsx";
import { resendText } from "./standing.ts";

interface Props {
  endpoint: { name: string; is_enabled: boolean };
  isOpen: boolean;
  onClose(): void;
}

/** Counts what an endpoint lacks, and sends it again on demand. */
export function ResendAll({ endpoint: { name, is_enabled }, isOpen, onClose }: Props) {
  const count = useAct("resend_notifications");
  const resend = useAct("resend_notifications");
  useEffect(() => {
    if (isOpen) count.mutate({ p_endpoint: name, p_dry_run: true });
  }, [isOpen, name]);
  const backlog = count.data?.[0];
  return (
    <Confirm
      title={`Resend all to ${name}`}
      isOpen={isOpen}
      onClose={onClose}
      action="Resend"
      act={async () => {
        const [{ given_up_count, waiting_count }] = await resend.mutateAsync({ p_endpoint: name, p_dry_run: false });
        toast(`${(given_up_count + waiting_count).toLocaleString("en")} notifications are due now.`);
      }}
    >
      <div aria-live="polite">
        {count.isPending ? <Loading /> : backlog && <p>{resendText(backlog)}</p>}
        <ErrorNotice error={count.error} />
      </div>
      {!is_enabled && <p class="notice warn">The endpoint is disabled: they are sent once it is enabled.</p>}
    </Confirm>
  );
}
