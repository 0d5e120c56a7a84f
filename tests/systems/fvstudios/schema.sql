-- FVStudios, as far as Sereno's jobs look at it: Supabase, keys by gen_random_uuid(), native enums and text with CHECK,
-- and row-level security with policies that ask auth.uid(). A login that neither owns the tables nor may pass by the
-- policies sees no row, and no error.

CREATE SCHEMA auth;
CREATE TABLE auth.users (
    id              uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    email           varchar(255) NOT NULL UNIQUE,
    last_sign_in_at timestamptz,
    created_at      timestamptz NOT NULL DEFAULT now(),
    deleted_at      timestamptz
);
CREATE FUNCTION auth.uid() RETURNS uuid LANGUAGE sql STABLE AS
    $$ SELECT nullif(current_setting('request.jwt.claim.sub', true), '')::uuid $$;

CREATE TYPE user_role AS ENUM ('admin', 'agency_owner', 'agency_manager', 'agency_client', 'independent_producer');
CREATE TYPE user_status AS ENUM ('active', 'inactive', 'suspended', 'pending');
CREATE TYPE alert_type AS ENUM ('performance', 'security', 'system', 'business', 'compliance');
CREATE TYPE alert_severity AS ENUM ('info', 'warning', 'error', 'critical');
CREATE TYPE alert_status AS ENUM ('active', 'acknowledged', 'resolved', 'dismissed');
CREATE TYPE report_type AS ENUM ('gdpr', 'lgpd', 'sox', 'iso27001', 'custom');
CREATE TYPE report_status AS ENUM ('draft', 'generating', 'completed', 'failed');
CREATE TYPE log_level AS ENUM ('debug', 'info', 'warn', 'error', 'critical');
CREATE TYPE log_category AS ENUM ('auth', 'api', 'database', 'backup', 'security', 'system');

CREATE TABLE agencies (
    id                  uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name                varchar(255) NOT NULL,
    email               varchar(255) NOT NULL UNIQUE,
    subscription_plan   varchar(50) NOT NULL DEFAULT 'free' CHECK (subscription_plan IN ('free', 'starter', 'professional', 'enterprise')),
    subscription_status user_status NOT NULL DEFAULT 'active',
    created_at          timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE profiles (
    id        uuid PRIMARY KEY,
    agency_id uuid REFERENCES agencies,
    role      text NOT NULL,
    full_name text,
    email     text
);
CREATE TABLE user_profiles (
    id            uuid PRIMARY KEY REFERENCES auth.users ON DELETE CASCADE,
    agency_id     uuid REFERENCES agencies ON DELETE CASCADE,
    email         varchar(255) NOT NULL,
    full_name     varchar(255),
    role          user_role NOT NULL DEFAULT 'agency_client',
    status        user_status NOT NULL DEFAULT 'active',
    last_login_at timestamptz,
    created_at    timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE alert_rules (
    id         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name       text NOT NULL,
    type       alert_type NOT NULL,
    severity   alert_severity NOT NULL,
    conditions jsonb NOT NULL DEFAULT '[]',
    is_active  boolean NOT NULL DEFAULT true,
    agency_id  uuid REFERENCES agencies ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE alerts (
    id              uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    rule_id         uuid NOT NULL REFERENCES alert_rules ON DELETE CASCADE,
    type            alert_type NOT NULL,
    severity        alert_severity NOT NULL,
    status          alert_status NOT NULL DEFAULT 'active',
    title           text NOT NULL,
    agency_id       uuid REFERENCES agencies ON DELETE CASCADE,
    triggered_at    timestamptz NOT NULL DEFAULT now(),
    acknowledged_at timestamptz,
    resolved_at     timestamptz
);
CREATE INDEX idx_alerts_triggered_at ON alerts (triggered_at DESC);
CREATE TABLE system_alerts (
    id          uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    alert_type  text NOT NULL,
    severity    text NOT NULL CHECK (severity IN ('low', 'medium', 'high', 'critical')),
    message     text NOT NULL,
    is_resolved boolean NOT NULL DEFAULT false,
    created_at  timestamptz NOT NULL DEFAULT now(),
    resolved_at timestamptz
);

CREATE TABLE backup_configs (
    id             uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    agency_id      uuid REFERENCES agencies ON DELETE CASCADE,
    backup_type    text NOT NULL CHECK (backup_type IN ('full', 'incremental', 'critical_only')),
    schedule       text NOT NULL,
    retention_days integer NOT NULL DEFAULT 30,
    include_tables text[] NOT NULL DEFAULT '{}',
    last_backup    timestamptz,
    next_backup    timestamptz,
    is_active      boolean NOT NULL DEFAULT true
);
CREATE TABLE backup_records (
    id            text PRIMARY KEY,
    agency_id     uuid REFERENCES agencies ON DELETE CASCADE,
    backup_type   text NOT NULL,
    file_path     text NOT NULL,
    file_size     bigint NOT NULL DEFAULT 0,
    checksum      text,
    status        text NOT NULL CHECK (status IN ('pending', 'running', 'completed', 'failed')),
    started_at    timestamptz NOT NULL,
    completed_at  timestamptz,
    error_message text,
    metadata      jsonb NOT NULL DEFAULT '{}',
    created_by    uuid NOT NULL REFERENCES profiles
);
CREATE TABLE recovery_points (
    id            uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    backup_id     text NOT NULL REFERENCES backup_records ON DELETE CASCADE,
    recovery_type text NOT NULL CHECK (recovery_type IN ('full_restore', 'partial_restore', 'point_in_time')),
    created_at    timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE data_consents (
    id           uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id      uuid NOT NULL REFERENCES auth.users,
    agency_id    uuid REFERENCES agencies ON DELETE CASCADE,
    consent_type text NOT NULL,
    purpose      text NOT NULL,
    legal_basis  text NOT NULL,
    granted_at   timestamptz NOT NULL,
    withdrawn_at timestamptz,
    expires_at   timestamptz,
    ip_address   inet,
    is_active    boolean NOT NULL DEFAULT true
);
CREATE TABLE data_requests (
    id           uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id      uuid NOT NULL REFERENCES auth.users,
    agency_id    uuid REFERENCES agencies ON DELETE CASCADE,
    request_type text NOT NULL CHECK (request_type IN ('access', 'rectification', 'erasure', 'portability', 'objection')),
    status       text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'processing', 'completed', 'rejected')),
    requested_at timestamptz NOT NULL,
    processed_at timestamptz,
    deadline     timestamptz
);
CREATE TABLE compliance_rules (
    id          uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name        text NOT NULL,
    regulation  text NOT NULL,
    description text,
    is_active   boolean NOT NULL DEFAULT true
);
CREATE TABLE compliance_reports (
    id           uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    agency_id    uuid REFERENCES agencies ON DELETE CASCADE,
    report_type  report_type NOT NULL,
    period_start timestamptz NOT NULL,
    period_end   timestamptz NOT NULL,
    status       report_status NOT NULL DEFAULT 'draft',
    findings     jsonb NOT NULL DEFAULT '{}',
    generated_by uuid NOT NULL REFERENCES profiles,
    created_at   timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE sensitive_data_registry (
    id             uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    table_name     text NOT NULL,
    column_name    text NOT NULL,
    data_category  text NOT NULL,
    retention_days integer,
    UNIQUE (table_name, column_name)
);

CREATE TABLE audit_trail (
    id         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    table_name text NOT NULL,
    record_id  text NOT NULL,
    action     text NOT NULL CHECK (action IN ('INSERT', 'UPDATE', 'DELETE')),
    old_values jsonb,
    new_values jsonb,
    user_id    uuid,
    agency_id  uuid,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX idx_audit_trail_created_at ON audit_trail (created_at DESC);
CREATE TABLE system_logs (
    id          uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    level       log_level NOT NULL,
    category    log_category NOT NULL,
    message     text NOT NULL,
    details     jsonb NOT NULL DEFAULT '{}',
    agency_id   uuid REFERENCES agencies ON DELETE CASCADE,
    duration_ms integer,
    created_at  timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX idx_system_logs_created_at ON system_logs (created_at DESC);
CREATE TABLE performance_metrics (
    id           uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    metric_name  text NOT NULL,
    metric_value numeric NOT NULL,
    recorded_at  timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE system_health_checks (
    id               uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    check_name       text NOT NULL,
    status           text NOT NULL CHECK (status IN ('healthy', 'degraded', 'critical')),
    response_time_ms integer,
    checked_at       timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE client_notifications (
    id          uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    agency_id   uuid NOT NULL REFERENCES agencies ON DELETE CASCADE,
    user_id     uuid REFERENCES auth.users,
    title       text NOT NULL,
    message     text NOT NULL,
    status      varchar(20) NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'sent', 'delivered', 'read', 'failed')),
    retry_count integer NOT NULL DEFAULT 0,
    max_retries integer NOT NULL DEFAULT 3,
    created_at  timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE notification_history (
    id              uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    notification_id uuid REFERENCES client_notifications ON DELETE CASCADE,
    channel         text NOT NULL,
    sent_at         timestamptz NOT NULL
);
CREATE TABLE webhooks (
    id           uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    agency_id    uuid REFERENCES agencies ON DELETE CASCADE,
    name         text NOT NULL,
    url          text NOT NULL,
    secret_token text,
    is_active    boolean NOT NULL DEFAULT true,
    created_at   timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE webhook_events (
    id            uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    webhook_id    uuid NOT NULL REFERENCES webhooks ON DELETE CASCADE,
    event_type    text NOT NULL,
    payload       jsonb NOT NULL,
    status        text NOT NULL CHECK (status IN ('pending', 'sending', 'success', 'failed', 'retrying')),
    attempt_count integer NOT NULL DEFAULT 0,
    triggered_at  timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE global_settings (
    id         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    key        text NOT NULL UNIQUE,
    value      jsonb NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE agency_settings (
    id        uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    agency_id uuid NOT NULL REFERENCES agencies ON DELETE CASCADE,
    key       text NOT NULL,
    value     jsonb NOT NULL,
    UNIQUE (agency_id, key)
);
CREATE TABLE settings_history (
    id          uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    setting_key text NOT NULL,
    old_value   jsonb,
    new_value   jsonb,
    changed_by  uuid,
    changed_at  timestamptz NOT NULL DEFAULT now()
);

CREATE VIEW backup_statistics AS
    SELECT agency_id, backup_type, count(*) AS total_backups, count(*) FILTER (WHERE status = 'completed') AS successful_backups,
           sum(file_size) AS total_size, max(completed_at) AS last_backup
    FROM backup_records GROUP BY agency_id, backup_type;
CREATE VIEW scheduled_backups AS
    SELECT c.id, c.agency_id, a.name AS agency_name, c.backup_type, c.schedule, c.next_backup
    FROM backup_configs c LEFT JOIN agencies a ON a.id = c.agency_id WHERE c.is_active;

CREATE FUNCTION cleanup_old_logs() RETURNS integer LANGUAGE plpgsql AS $$
DECLARE gone integer; more integer;
BEGIN
    DELETE FROM system_logs WHERE created_at < now() - interval '90 days' AND level NOT IN ('error', 'critical');
    GET DIAGNOSTICS gone = ROW_COUNT;
    DELETE FROM system_logs WHERE created_at < now() - interval '1 year';
    GET DIAGNOSTICS more = ROW_COUNT;
    gone := gone + more;
    DELETE FROM system_health_checks WHERE checked_at < now() - interval '7 days';
    GET DIAGNOSTICS more = ROW_COUNT;
    RETURN gone + more;
END $$;
CREATE FUNCTION cleanup_old_alerts() RETURNS integer LANGUAGE plpgsql AS $$
DECLARE gone integer;
BEGIN
    DELETE FROM alerts WHERE status IN ('resolved', 'dismissed') AND triggered_at < now() - interval '90 days';
    GET DIAGNOSTICS gone = ROW_COUNT;
    RETURN gone;
END $$;
CREATE FUNCTION cleanup_old_notifications() RETURNS integer LANGUAGE plpgsql AS $$
DECLARE gone integer;
BEGIN
    DELETE FROM client_notifications WHERE status IN ('read', 'delivered') AND created_at < now() - interval '90 days';
    GET DIAGNOSTICS gone = ROW_COUNT;
    RETURN gone;
END $$;
CREATE FUNCTION check_data_request_deadlines() RETURNS TABLE (request_id uuid, days_left integer) LANGUAGE sql STABLE AS $$
    SELECT id, extract(day FROM deadline - now())::integer FROM data_requests
    WHERE status IN ('pending', 'processing') AND deadline < now() + interval '5 days'
$$;

-- the policies: members see their agency's rows, and what belongs to no agency; each person sees their own rows
DO $$
DECLARE name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['user_profiles', 'alert_rules', 'alerts', 'backup_configs', 'backup_records', 'data_consents', 'data_requests',
                                'compliance_reports', 'audit_trail', 'system_logs', 'client_notifications', 'webhooks', 'agency_settings'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY %I ON %I USING (agency_id IN (SELECT p.agency_id FROM profiles p WHERE p.id = auth.uid()))',
                       name || '_of_agency', name);
    END LOOP;
    FOREACH name IN ARRAY ARRAY['system_alerts', 'recovery_points', 'compliance_rules', 'sensitive_data_registry', 'performance_metrics',
                                'system_health_checks', 'notification_history', 'webhook_events', 'global_settings', 'settings_history'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY %I ON %I USING (EXISTS (SELECT FROM profiles p WHERE p.id = auth.uid() AND p.role = ''admin''))',
                       name || '_for_admins', name);
    END LOOP;
END $$;
ALTER TABLE agencies ENABLE ROW LEVEL SECURITY;
CREATE POLICY agencies_own ON agencies USING (id IN (SELECT p.agency_id FROM profiles p WHERE p.id = auth.uid()));
