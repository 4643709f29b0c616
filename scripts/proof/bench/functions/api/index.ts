/** The function as deployed. */
import "../../../../../supabase/functions/api/index.ts";
