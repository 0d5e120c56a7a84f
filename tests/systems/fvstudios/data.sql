-- Rows of FVStudios around the moment `systems.now`; the same moment gives the same rows.

CREATE FUNCTION pg_temp.at(since interval) RETURNS timestamptz LANGUAGE sql STABLE AS
    $$ SELECT current_setting('systems.now')::timestamptz + since $$;
CREATE FUNCTION pg_temp.id(kind text, number bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS
    $$ SELECT md5(kind || number)::uuid $$;

-- 24 people, four for each of six agencies: owner, manager, client, and an administrator (those of even agencies inactive);
-- person 24 is deleted
INSERT INTO auth.users
SELECT pg_temp.id('user', n), 'pessoa' || n || '@fvstudios.example', CASE WHEN n % 5 > 0 THEN pg_temp.at(-n * interval '9 hours') END,
       pg_temp.at(-n * interval '20 days'), CASE WHEN n = 24 THEN pg_temp.at('-2 days') END
FROM generate_series(1, 24) n;
INSERT INTO agencies
SELECT pg_temp.id('agency', n), 'Agência ' || n, 'contato' || n || '@agencia.example', (ARRAY['free', 'starter', 'professional', 'enterprise'])[1 + n % 4],
       (ARRAY['active', 'active', 'active', 'suspended', 'pending', 'inactive'])[n]::user_status, pg_temp.at(-n * interval '60 days')
FROM generate_series(1, 6) n;
INSERT INTO profiles
SELECT pg_temp.id('user', n), pg_temp.id('agency', 1 + (n - 1) / 4), (ARRAY['agency_owner', 'agency_manager', 'agency_client', 'admin'])[1 + (n - 1) % 4],
       'Pessoa ' || n, 'pessoa' || n || '@fvstudios.example'
FROM generate_series(1, 24) n;
INSERT INTO user_profiles
SELECT p.id, p.agency_id, p.email, p.full_name, p.role::user_role,
       CASE WHEN p.role = 'admin' AND p.agency_id IN (pg_temp.id('agency', 2), pg_temp.id('agency', 4), pg_temp.id('agency', 6)) THEN 'inactive' ELSE 'active' END::user_status,
       pg_temp.at('-3 days'), pg_temp.at('-300 days')
FROM profiles p;

INSERT INTO alert_rules
SELECT pg_temp.id('rule', n), 'Regra ' || n, (enum_range(NULL::alert_type))[n], (enum_range(NULL::alert_severity))[1 + n % 4],
       '[{"metric": "error_rate", "operator": "gt", "value": 5, "timeframe_minutes": 15}]', n < 5, CASE WHEN n % 2 = 0 THEN pg_temp.id('agency', n) END, pg_temp.at('-300 days')
FROM generate_series(1, 5) n;
INSERT INTO alerts
SELECT pg_temp.id('alert', n), pg_temp.id('rule', 1 + n % 5), (enum_range(NULL::alert_type))[1 + n % 5], (enum_range(NULL::alert_severity))[1 + n / 4 % 4], status,
       'Alerta ' || n, CASE WHEN n % 3 > 0 THEN pg_temp.id('agency', 1 + n % 6) END, pg_temp.at(-n * interval '2 days'),
       CASE WHEN status IN ('acknowledged', 'resolved') THEN pg_temp.at(-n * interval '2 days' + interval '20 minutes') END,
       CASE WHEN status = 'resolved' THEN pg_temp.at(-n * interval '2 days' + interval '3 hours') END
FROM (SELECT n, (enum_range(NULL::alert_status))[1 + n % 4] AS status FROM generate_series(1, 80) n) a;
INSERT INTO system_alerts
SELECT pg_temp.id('system alert', n), 'disk', (ARRAY['low', 'medium', 'high', 'critical'])[1 + n % 4], 'Disco ' || n, n % 3 > 0, pg_temp.at(-n * interval '1 day'),
       CASE WHEN n % 3 > 0 THEN pg_temp.at(-n * interval '22 hours') END
FROM generate_series(1, 20) n;

-- its own backups: full, incremental and critical ones in every state; a configuration that nobody has run for 40 days
INSERT INTO backup_configs
SELECT pg_temp.id('config', n), pg_temp.id('agency', n), (ARRAY['full', 'incremental', 'critical_only'])[1 + n % 3], (ARRAY['0 2 * * 0', '0 2 * * *', '0 */6 * * *'])[1 + n % 3],
       (ARRAY[90, 30, 7])[1 + n % 3], CASE WHEN n % 3 = 2 THEN ARRAY['profiles', 'agencies'] ELSE '{}' END,
       CASE WHEN n = 4 THEN pg_temp.at('-40 days') WHEN n < 6 THEN pg_temp.at('-5 hours') END, pg_temp.at('19 hours'), n < 6
FROM generate_series(1, 6) n;
INSERT INTO backup_records
SELECT 'backup_' || n || '_' || left(md5(n::text), 6), pg_temp.id('agency', 1 + n % 6), (ARRAY['full', 'incremental', 'critical_only'])[1 + n % 3], '/backups/' || n || '.bak',
       1024 * n, CASE WHEN status = 'completed' THEN left(md5(n::text), 8) END, status, pg_temp.at(-n * interval '1 day'),
       CASE WHEN status = 'completed' THEN pg_temp.at(-n * interval '1 day' + interval '4 minutes') END, CASE WHEN status = 'failed' THEN 'ENOSPC' END, '{}',
       pg_temp.id('user', 4)
FROM (SELECT n, CASE WHEN n = 1 THEN 'running' WHEN n % 9 = 0 THEN 'failed' WHEN n % 25 = 0 THEN 'pending' ELSE 'completed' END AS status FROM generate_series(1, 120) n) b;
INSERT INTO recovery_points
SELECT pg_temp.id('recovery', n), (SELECT b.id FROM backup_records b WHERE b.id LIKE 'backup_' || n * 10 || '\_%'), (ARRAY['full_restore', 'partial_restore', 'point_in_time'])[1 + n % 3],
       pg_temp.at(-n * interval '5 days')
FROM generate_series(1, 8) n;

-- consents: in force, without an end, expired a second ago, expired long ago but still marked active, withdrawn
INSERT INTO data_consents
SELECT pg_temp.id('consent', n), pg_temp.id('user', 1 + n % 24), pg_temp.id('agency', 1 + (n % 24) / 4), (ARRAY['marketing', 'analytics', 'sharing'])[1 + n % 3], 'Finalidade ' || n,
       (ARRAY['consent', 'contract', 'legitimate_interest'])[1 + n % 3], pg_temp.at(-(30 + n) * interval '1 day'),
       CASE WHEN n % 5 = 4 THEN pg_temp.at(-n * interval '1 hour') END,
       pg_temp.at((ARRAY['200 days', NULL, '-1 second', '-30 days', '90 days'])[1 + n % 5]::interval), CASE WHEN n % 2 = 0 THEN inet '192.0.2.1' + n END, n % 5 <> 4
FROM generate_series(1, 120) n;
-- requests: of every four two are open; deadlines missed, today, in three days, and none at all
INSERT INTO data_requests
SELECT pg_temp.id('request', n), pg_temp.id('user', n), pg_temp.id('agency', 1 + (n - 1) / 4), (ARRAY['access', 'rectification', 'erasure', 'portability', 'objection'])[1 + n % 5],
       (ARRAY['pending', 'processing', 'completed', 'rejected'])[1 + n % 4], pg_temp.at(-(n * 2) * interval '1 day'),
       CASE WHEN n % 4 > 1 THEN pg_temp.at(-n * interval '1 day') END, CASE WHEN n <> 8 THEN pg_temp.at((15 - n * 2) * interval '1 day') END
FROM generate_series(1, 20) n;
INSERT INTO compliance_rules
SELECT pg_temp.id('compliance rule', n), 'Regra ' || n, (ARRAY['GDPR', 'LGPD'])[1 + n % 2], NULL, true FROM generate_series(1, 6) n;
INSERT INTO compliance_reports
SELECT pg_temp.id('report', n), pg_temp.id('agency', n), (enum_range(NULL::report_type))[n], pg_temp.at(-(n * 30 + 30) * interval '1 day'), pg_temp.at(-(n * 30) * interval '1 day'),
       (enum_range(NULL::report_status))[1 + n % 4], '{"score": 80}', pg_temp.id('user', 4), pg_temp.at(-(n * 30) * interval '1 day')
FROM generate_series(1, 5) n;
INSERT INTO sensitive_data_registry (id, table_name, column_name, data_category, retention_days)
SELECT md5(t || c)::uuid, t, c, k, d FROM (VALUES
    ('profiles', 'email', 'personal', 2555), ('profiles', 'full_name', 'personal', 2555), ('user_profiles', 'email', 'personal', 2555),
    ('agencies', 'email', 'contact', NULL), ('data_consents', 'ip_address', 'technical', 1095), ('audit_trail', 'old_values', 'mixed', 1825),
    ('audit_trail', 'new_values', 'mixed', 1825), ('webhooks', 'secret_token', 'credential', NULL), ('client_notifications', 'message', 'communication', 365)) r (t, c, k, d);

INSERT INTO audit_trail
SELECT pg_temp.id('trail', n), (ARRAY['profiles', 'agencies', 'data_consents', 'webhooks'])[1 + n % 4], pg_temp.id('user', 1 + n % 24)::text, action,
       CASE WHEN action <> 'INSERT' THEN jsonb_build_object('n', n) END, CASE WHEN action <> 'DELETE' THEN jsonb_build_object('n', n + 1) END,
       CASE WHEN n % 6 > 0 THEN pg_temp.id('user', 1 + n % 24) END, CASE WHEN n % 5 > 0 THEN pg_temp.id('agency', 1 + n % 6) END, pg_temp.at(-n * interval '15 hours')
FROM (SELECT n, (ARRAY['INSERT', 'UPDATE', 'UPDATE', 'DELETE'])[1 + n % 4] AS action FROM generate_series(1, 500) n) t;
-- logs over 450 days: every level on both sides of 90 days and of a year
INSERT INTO system_logs
SELECT pg_temp.id('log', n), (enum_range(NULL::log_level))[1 + n % 5], (enum_range(NULL::log_category))[1 + n % 6], 'mensagem ' || n, '{}',
       CASE WHEN n % 4 > 0 THEN pg_temp.id('agency', 1 + n % 6) END, n % 900, pg_temp.at(-((n * 7919) % 38880000) * interval '1 second')
FROM generate_series(1, 1500) n;
INSERT INTO performance_metrics
SELECT pg_temp.id('metric', n), (ARRAY['response_time', 'error_rate', 'cache_hit_rate'])[1 + n % 3], n % 97, pg_temp.at(-n * interval '1 hour') FROM generate_series(1, 240) n;
INSERT INTO system_health_checks
SELECT pg_temp.id('health', n), (ARRAY['database', 'redis', 'apis'])[1 + n % 3], (ARRAY['healthy', 'healthy', 'healthy', 'degraded', 'critical'])[1 + n % 5], 20 + n % 400,
       pg_temp.at(-n * interval '1 hour')
FROM generate_series(1, 300) n;

INSERT INTO client_notifications
SELECT pg_temp.id('notification', n), pg_temp.id('agency', 1 + n % 6), pg_temp.id('user', 1 + n % 24), 'Aviso ' || n, 'texto', status,
       CASE status WHEN 'failed' THEN 3 WHEN 'pending' THEN n % 2 ELSE 0 END, 3, pg_temp.at(-n * interval '18 hours')
FROM (SELECT n, (ARRAY['pending', 'sent', 'delivered', 'read', 'failed'])[1 + n % 5] AS status FROM generate_series(1, 300) n) c;
INSERT INTO notification_history
SELECT pg_temp.id('history', n), pg_temp.id('notification', n), (ARRAY['email', 'whatsapp'])[1 + n % 2], pg_temp.at(-n * interval '18 hours') FROM generate_series(1, 100) n;
INSERT INTO webhooks
SELECT pg_temp.id('webhook', n), pg_temp.id('agency', n), 'Gancho ' || n, 'https://hooks.example/' || n, md5(n::text), n <> 6, pg_temp.at('-200 days') FROM generate_series(1, 6) n;
INSERT INTO webhook_events
SELECT pg_temp.id('event', n), pg_temp.id('webhook', 1 + n % 6), (ARRAY['project.created', 'payment.failed', 'backup_completed'])[1 + n % 3], jsonb_build_object('n', n),
       (ARRAY['pending', 'sending', 'success', 'success', 'failed', 'retrying'])[1 + n % 6], 1 + n % 3, pg_temp.at(-n * interval '10 hours')
FROM generate_series(1, 400) n;
INSERT INTO global_settings
SELECT pg_temp.id('setting', n), (ARRAY['backup_frequency', 'max_projects', 'maintenance_mode'])[n], to_jsonb((ARRAY['daily', '50', 'false'])[n]), pg_temp.at('-50 days') FROM generate_series(1, 3) n;
INSERT INTO agency_settings SELECT pg_temp.id('agency setting', n), pg_temp.id('agency', n), 'max_projects', to_jsonb(10 * n) FROM generate_series(1, 4) n;
INSERT INTO settings_history
SELECT pg_temp.id('change', n), 'max_projects', to_jsonb(n), to_jsonb(n + 1), pg_temp.id('user', 4), pg_temp.at(-n * interval '7 days') FROM generate_series(1, 20) n;
