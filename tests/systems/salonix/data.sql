-- Rows of Salonix around the moment `systems.now`; the same moment gives the same rows.

CREATE FUNCTION pg_temp.at(since interval) RETURNS timestamptz LANGUAGE sql STABLE AS
    $$ SELECT current_setting('systems.now')::timestamptz + since $$;

-- tenants 1 to 12: tenant 11 is blocked; each plan three times
INSERT INTO users_tenant
SELECT n, 'Salão ' || n, 'salao-' || n, (ARRAY['basic', 'standard', 'pro', 'enterprise'])[1 + n % 4], n <> 11,
       (ARRAY['Europe/Lisbon', 'America/Sao_Paulo'])[1 + n % 2], 'EUR', '[]', true, true, true, n % 2 = 0, false,
       true, n % 2 = 0, true, n % 3 = 0, pg_temp.at(-400 * interval '1 day'), pg_temp.at(-n * interval '1 day')
FROM generate_series(1, 12) n;

-- operators 1 to 4: two ops_admin, of whom 2 is inactive; two ops_support. Then 5 users for each tenant, the oldest first
INSERT INTO users_customuser VALUES
    (1, 'pbkdf2_sha256$x', pg_temp.at('-1 hour'), true, 'ops.admin', 'Ana', 'Ops', 'ana.ops@salonix.example', true, true, pg_temp.at('-500 days'), 'ops_admin', NULL),
    (2, 'pbkdf2_sha256$x', NULL, true, 'old.admin', 'Rui', 'Antigo', 'rui.antigo@salonix.example', true, false, pg_temp.at('-900 days'), 'ops_admin', NULL),
    (3, 'pbkdf2_sha256$x', pg_temp.at('-2 hours'), false, 'ops.support', 'Sara', 'Ops', 'sara.ops@salonix.example', true, true, pg_temp.at('-300 days'), 'ops_support', NULL),
    (4, 'pbkdf2_sha256$x', pg_temp.at('-90 days'), false, 'ops.night', 'Nuno', 'Ops', 'nuno.ops@salonix.example', true, true, pg_temp.at('-200 days'), 'ops_support', NULL);
INSERT INTO users_customuser
SELECT 4 + (t - 1) * 5 + u, 'pbkdf2_sha256$x', CASE WHEN u < 4 THEN pg_temp.at(-(t * u) * interval '7 hours') END, false,
       'user' || t || '.' || u, 'Zoë' || u, 'O''Hara ' || t, 'User' || t || '.' || u || '@Salao.example', u = 1, u <> 5,
       pg_temp.at((-390 + u) * interval '1 day'), NULL, t
FROM generate_series(1, 12) t, generate_series(1, 5) u;

-- the trial of a tenant is that of its oldest user. Tenants: 1 ended 40 days ago, 2 a second ago, 3 ends now, 4 in a
-- second, 5 in three days less a minute, 6 in seven days, 7 in 20 days, 8 without an end; 9 to 12 are no trials; the
-- blocked tenant 11 was one. A younger user of tenant 9 has a trial of its own, which is not the tenant's
INSERT INTO users_userfeatureflags
SELECT u.id, u.id, t.id > 8 AND first, CASE WHEN NOT first THEN CASE WHEN t.id = 9 AND u.id % 5 = 1 THEN 'trialing' ELSE 'incomplete' END
       ELSE (ARRAY['active', 'past_due', 'trialing', 'canceled'])[greatest(1, t.id - 8)] END,
       CASE WHEN t.id > 8 AND first THEN 'pro' END, CASE WHEN t.id > 8 AND first THEN pg_temp.at('-200 days') END,
       CASE WHEN t.id = 12 AND first THEN pg_temp.at('-10 days') END,
       CASE WHEN first THEN pg_temp.at((ARRAY['-40 days', '-1 second', '0', '1 second', '71 hours 59 minutes', '7 days', '20 days', NULL,
                                              NULL, NULL, '-3 days', NULL])[t.id]::interval)
            WHEN t.id = 9 AND u.id % 5 = 1 THEN pg_temp.at('2 days') END,
       u.date_joined, pg_temp.at('-30 days')
FROM users_customuser u JOIN users_tenant t ON t.id = u.tenant_id,
     LATERAL (SELECT u.id = 5 + (t.id - 1) * 5 AS first) f;
UPDATE users_userfeatureflags SET pro_status = 'trialing' WHERE user_id IN (SELECT 5 + (t - 1) * 5 FROM generate_series(1, 8) t);
INSERT INTO users_userfeatureflags
SELECT id, id, false, 'incomplete', NULL, NULL, NULL, NULL, date_joined, date_joined FROM users_customuser WHERE tenant_id IS NULL;

INSERT INTO payments_subscription
SELECT n, 5 + (n - 1) * 5, 'sub_' || md5('subscription' || n),
       (ARRAY['trialing', 'active', 'past_due', 'canceled', 'incomplete'])[1 + n % 5], 'price_' || n % 3,
       CASE WHEN n % 6 > 0 THEN pg_temp.at((n - 6) * interval '3 days') END, n % 4 = 0
FROM generate_series(1, 12) n;

-- 1,500 notifications over half a year; every channel and every status, the newest ids not always the newest rows
INSERT INTO notifications_notificationlog
SELECT n, t, 4 + (t - 1) * 5 + 1 + n % 5, (ARRAY['in_app', 'push_web', 'push_mobile', 'sms', 'whatsapp'])[1 + n % 5],
       (ARRAY['booking', 'reminder', 'cancellation'])[1 + n % 3], 'Marcação ' || n, E'Olá,\namanhã às 10h. 💇', status,
       CASE WHEN status = 'failed' THEN 'provider said no' END,
       CASE WHEN n % 20 = 0 THEN '{"ops_resends": 1}'::jsonb ELSE '{}' END,
       CASE WHEN status IN ('sent', 'delivered') THEN made + interval '2 seconds' END,
       CASE WHEN status = 'delivered' THEN made + interval '9 seconds' END, made
FROM (SELECT n, 1 + n % 12 AS t, (ARRAY['sent', 'delivered', 'delivered', 'failed', 'pending', 'skipped', 'delivered'])[1 + n % 7] AS status,
             pg_temp.at(-((n * 7919) % 15552000) * interval '1 second') AS made
      FROM generate_series(1, 1500) n) notes;

-- open and resolved alerts; every second one points to a notification, some of which are old enough to be purged
INSERT INTO ops_opsalert
SELECT n, (ARRAY['notification_failure', 'security_incident', 'system'])[1 + n % 3], (ARRAY['info', 'warning', 'critical'])[1 + n / 3 % 3],
       'Alerta ' || n, '{}', CASE WHEN n % 4 > 0 THEN 1 + n % 12 END, CASE WHEN n % 2 = 0 THEN 1 + n * 31 % 1500 END,
       CASE WHEN n % 3 > 0 THEN pg_temp.at(-n * interval '12 hours') END, CASE WHEN n % 3 > 0 THEN 1 END,
       pg_temp.at(-n * interval '1 day'), pg_temp.at(-n * interval '12 hours')
FROM generate_series(1, 30) n;

-- lockouts 1 to 4 hold (their users are inactive), 5 to 10 are resolved
INSERT INTO ops_accountlockout
SELECT n, 4 + (n - 1) * 5 + 2, n, 'too many failed logins', 'auth.login', pg_temp.at(-n * interval '1 day'), '{"tries": 12}',
       CASE WHEN n > 4 THEN pg_temp.at(-n * interval '20 hours') END, CASE WHEN n > 4 THEN 1 END
FROM generate_series(1, 10) n;
UPDATE users_customuser SET is_active = false WHERE id IN (SELECT user_id FROM ops_accountlockout WHERE resolved_at IS NULL);

INSERT INTO ops_opssupportauditlog
SELECT n, 1 + n % 3 * 2 % 3, (ARRAY['resend_notification', 'clear_lockout', 'resolve_alert'])[1 + n % 3], 5 + n % 60, 1 + n % 12,
       jsonb_build_object('n', n), '{"status": "sent"}', pg_temp.at(-n * interval '9 hours')
FROM generate_series(1, 80) n;

INSERT INTO django_migrations VALUES (1, 'users', '0001_initial', pg_temp.at('-400 days')), (2, 'ops', '0003_lockouts', pg_temp.at('-100 days'));

SELECT setval(pg_get_serial_sequence(name, 'id'), 100000)
FROM unnest(ARRAY['users_tenant', 'users_customuser', 'users_userfeatureflags', 'payments_subscription', 'notifications_notificationlog',
                  'ops_opsalert', 'ops_accountlockout', 'ops_opssupportauditlog', 'django_migrations']) name;
