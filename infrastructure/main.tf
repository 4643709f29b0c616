# The Supabase projects themselves, which the CLI does not manage, by Supabase's provider
# (https://registry.terraform.io/providers/supabase/supabase/latest/docs). `npm run deploy` manages what supabase/config.toml
# declares, the Data API, Auth and Storage: two managers of one setting would undo each other. It also manages access to the
# database: the provider cannot enforce TLS, and a deployment tests the rules and takes back those that lock the functions
# out (enforce_ssl and database_networks in supabase/environments.toml).

terraform {
  required_providers {
    supabase = {
      source  = "supabase/supabase"
      version = "~> 1.0"
    }
  }
}

variable "access_token" {
  type        = string
  sensitive   = true
  description = "From https://supabase.com/dashboard/account/tokens."
}

variable "organization_id" {
  type        = string
  description = "The organisation's slug: in the dashboard's address, and in the organisation's settings."
}

variable "environments" {
  description = "The projects, by the names that supabase/environments.toml gives them."
  type = map(object({
    region            = string
    default_pool_size = number
  }))
  default = {
    staging = {
      region            = "eu-central-1"
      default_pool_size = 15
    }
    production = {
      region            = "eu-central-1"
      default_pool_size = 15
    }
  }
}

variable "database_passwords" {
  type        = map(string)
  sensitive   = true
  description = "One an environment; the SUPABASE_DB_PASSWORD of its .env file."
}

provider "supabase" {
  access_token = var.access_token
}

resource "supabase_project" "pipeline" {
  for_each = var.environments

  organization_id   = var.organization_id
  name              = "pipeline-${each.key}"
  database_password = var.database_passwords[each.key]
  region            = each.value.region

  lifecycle {
    # A password from the dashboard must stay, and a mistake must not replace a project.
    ignore_changes  = [database_password]
    prevent_destroy = true
  }
}

resource "supabase_settings" "pipeline" {
  for_each = var.environments

  project_ref = supabase_project.pipeline[each.key].id

  pooler = jsonencode({
    default_pool_size = each.value.default_pool_size
  })
}

output "project_refs" {
  description = "What supabase/environments.toml calls project_ref."
  value       = { for name, project in supabase_project.pipeline : name => project.id }
}
