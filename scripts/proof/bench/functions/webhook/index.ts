/** The function as deployed. */
import "../../../../../supabase/functions/webhook/index.ts";
