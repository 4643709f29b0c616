/** The function as it is deployed. */
import "../../../../../supabase/functions/api/index.ts";
