/** The function as it is deployed. */
import "../../../../../supabase/functions/webhook/index.ts";
