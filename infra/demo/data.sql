-- The demo system's rows. The same scale and reference give the same rows, byte for byte: everything is drawn from
-- hashes of row numbers, nothing from the clock or from chance. Settings: demo.scale (1 = about 100,000 rows) and
-- demo.reference (the moment that is "now" in the data). Run as the owner, on the empty schema.

SET LOCAL TimeZone = 'UTC';

-- foreign keys are checked once at the end instead of row by row, which takes four times as long
CREATE TEMP TABLE foreign_keys ON COMMIT DROP AS
    SELECT oid, conname AS name, conrelid::regclass AS owner, pg_get_constraintdef(oid) AS definition
    FROM pg_constraint
    WHERE contype = 'f' AND conparentid = 0 AND connamespace = 'public'::regnamespace;
DO $$
DECLARE foreign_key record;
BEGIN
    FOR foreign_key IN SELECT * FROM foreign_keys ORDER BY oid LOOP
        EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', foreign_key.owner, foreign_key.name);
    END LOOP;
END $$;

CREATE FUNCTION pg_temp.pick(row_number bigint, salt bigint, choices bigint) RETURNS bigint
    LANGUAGE sql IMMUTABLE AS $$ SELECT (hashint8extended(row_number, salt) & 9223372036854775807) % choices $$;
CREATE FUNCTION pg_temp.rows_of(at_scale_one integer, at_least integer) RETURNS bigint
    LANGUAGE sql STABLE AS $$
        SELECT greatest(at_least, round(at_scale_one * current_setting('demo.scale')::float8))::bigint $$;
CREATE FUNCTION pg_temp.ago(seconds bigint) RETURNS timestamptz
    LANGUAGE sql STABLE AS $$ SELECT current_setting('demo.reference')::timestamptz - seconds * interval '1 second' $$;
CREATE FUNCTION pg_temp.id_of(kind text, row_number bigint) RETURNS uuid
    LANGUAGE sql IMMUTABLE AS $$ SELECT md5(kind || row_number)::uuid $$;
CREATE FUNCTION pg_temp.prose(row_number bigint, salt bigint) RETURNS text
    LANGUAGE sql IMMUTABLE AS $$
        SELECT (ARRAY[
            'Prefers mornings; corta só as pontas. Allergic to ammonia, uses "sem amoníaco" only.',
            E'Line one\nline two\twith a tab, a backslash \\ and a \\N that is no null.',
            E'Größe der Strähnen: 2 cm – naïve café, 東京サロン, مرحبا, 💇\u200d♀ and a zero-width\u200bspace.',
            E'Windows line ends\r\nand quotes '' " ` beside \\. at the end\\',
            'Came with her sister, wants the same colour as last time, and asked twice about the price list.'
        ])[1 + pg_temp.pick(row_number, salt, 5)]
        || ' ' || md5((row_number * 7 + salt)::text) || ' ' || repeat(md5(row_number::text), pg_temp.pick(row_number, salt + 1, 2)::int)
    $$;

INSERT INTO plans VALUES
    (1, 'basic', 29, '{bookings}', '{"users": 3}'),
    (2, 'standard', 59, '{bookings,sms}', '{"users": 10}'),
    (3, 'pro', 99, '{bookings,sms,reports,"pri\"ority,support"}', '{"users": 50, "note": "sem limite \\ ∞"}'),
    (4, 'enterprise', 0, '{}', '{"users": null}');

INSERT INTO tenants (slug, name, plan_id, currency, timezone, is_active, settings, created_at, updated_at)
SELECT 'salon-' || n, 'Salão ' || n || CASE n % 4 WHEN 0 THEN ' & Filhos' WHEN 1 THEN ' "Bela"' ELSE '' END,
       1 + pg_temp.pick(n, 1, 4), (ARRAY['EUR', 'EUR', 'BRL', 'USD'])[1 + n % 4],
       (ARRAY['Europe/Lisbon', 'Europe/Madrid', 'America/Sao_Paulo', 'UTC'])[1 + n % 4], n % 12 <> 0,
       jsonb_build_object('sms', n % 2 = 0, 'opens', '09:00', 'colour', '#' || left(md5(n::text), 6)),
       pg_temp.ago(86400 * (400 + pg_temp.pick(n, 2, 700))), pg_temp.ago(3600 * (1 + pg_temp.pick(n, 3, 9000)))
FROM generate_series(1, pg_temp.rows_of(60, 24)) n;

INSERT INTO users (id, tenant_id, email, display_name, role, is_active, external_id, last_login_at, created_at)
VALUES (1, NULL, 'admin@salon.example', 'Ada Admin', 'admin', true, pg_temp.id_of('user', 1), NULL, pg_temp.ago(40000000)),
       (2, NULL, 'staff@salon.example', 'Stefan Staff', 'staff', true, pg_temp.id_of('user', 2), NULL, pg_temp.ago(40000000)),
       (3, NULL, 'readonly@salon.example', 'Rita Readonly', 'readonly', true, pg_temp.id_of('user', 3), NULL, pg_temp.ago(40000000));
INSERT INTO users (id, tenant_id, email, display_name, role, is_active, external_id, last_login_at, created_at)
SELECT n + 3, 1 + n % pg_temp.rows_of(60, 24), 'user' || n || '@salon.example',
       (ARRAY['Maria João', 'Núria Peña', 'Zoë O''Hara', 'Łukasz Żak', '山田 花子'])[1 + n % 5] || ' ' || n,
       (ARRAY['admin', 'staff', 'staff', 'readonly'])[1 + n % 4]::user_role, n % 15 <> 0, pg_temp.id_of('user', n + 3),
       CASE WHEN n % 5 > 0 THEN pg_temp.ago(60 * pg_temp.pick(n, 4, 200000)) END, pg_temp.ago(86400 * (200 + pg_temp.pick(n, 5, 300)))
FROM generate_series(1, pg_temp.rows_of(400, 60)) n;
SELECT setval(pg_get_serial_sequence('users', 'id'), (SELECT max(id) FROM users));

-- trials: of every eight tenants one ended up to ten days ago, one ends within ten days, one on the very moment
INSERT INTO subscriptions
SELECT pg_temp.id_of('subscription', id), id, plan_id,
       (CASE id % 8 WHEN 1 THEN 'trialing' WHEN 2 THEN 'trialing' WHEN 3 THEN 'trialing' WHEN 4 THEN 'past_due'
                    WHEN 5 THEN 'canceled' WHEN 6 THEN 'expired' ELSE 'active' END)::subscription_status,
       CASE id % 8 WHEN 1 THEN pg_temp.ago(60 + pg_temp.pick(id, 6, 864000)) WHEN 2 THEN pg_temp.ago(-60 - pg_temp.pick(id, 6, 864000))
                   WHEN 3 THEN pg_temp.ago(0) WHEN 6 THEN pg_temp.ago(86400 * 40) END,
       CASE WHEN id % 8 IN (0, 7) THEN pg_temp.ago(-86400 * pg_temp.pick(id, 7, 30)) END,
       CASE WHEN id % 8 = 5 THEN pg_temp.ago(86400 * 9) END, pg_temp.ago(86400 * (10 + pg_temp.pick(id, 8, 20)))
FROM tenants ORDER BY id;

INSERT INTO services (tenant_id, name, duration_minutes, net_price, popularity)
SELECT 1 + n % pg_temp.rows_of(60, 24), (ARRAY['Corte', 'Coloração', 'Brushing', 'Manicure'])[1 + n % 4] || ' ' || n,
       15 + 15 * pg_temp.pick(n, 9, 12), pg_temp.pick(n, 10, 20000) / 100.0,
       CASE n % 50 WHEN 0 THEN 'NaN' WHEN 1 THEN '-0' WHEN 2 THEN 'Infinity' ELSE pg_temp.pick(n, 11, 1000000) / 7.0 END::float8
FROM generate_series(1, pg_temp.rows_of(300, 24)) n;

INSERT INTO customers (tenant_id, full_name, phone, birthday, notes, tags, preferences, photo, created_at)
SELECT 1 + pg_temp.pick(n, 12, pg_temp.rows_of(60, 24)), 'Cliente ' || n || (ARRAY[' Sá', ' d''Ávila', ' Ångström', ' 王', ''])[1 + n % 5],
       CASE WHEN n % 6 > 0 THEN '+3519' || lpad(pg_temp.pick(n, 13, 100000000)::text, 8, '0') END,
       CASE WHEN n % 3 > 0 THEN date '1940-01-01' + pg_temp.pick(n, 14, 25000)::int END,
       CASE n % 8 WHEN 0 THEN NULL WHEN 1 THEN '' ELSE pg_temp.prose(n, 15) END,
       CASE n % 5 WHEN 0 THEN NULL WHEN 1 THEN '{}' ELSE ARRAY['vip', 'a,b', 'quo"te', NULL, 'n' || n % 90] END,
       CASE WHEN n % 4 > 0 THEN jsonb_build_object('channel', 'sms', 'stylist', n % 11, 'text', E'tab\tand "quotes" ' || n) END,
       CASE WHEN n % 10 = 0 THEN decode(repeat(md5(n::text), 4), 'hex') WHEN n % 10 = 1 THEN '' END,
       pg_temp.ago(pg_temp.pick(n, 16, 60000000))
FROM generate_series(1, pg_temp.rows_of(8000, 200)) n;

INSERT INTO bookings
SELECT n, 1 + pg_temp.pick(n, 17, pg_temp.rows_of(60, 24)), 1 + pg_temp.pick(n, 18, pg_temp.rows_of(8000, 200)),
       1 + pg_temp.pick(n, 19, pg_temp.rows_of(300, 24)),
       date_trunc('hour', pg_temp.ago(31536000 - pg_temp.pick(n, 20, 36000000))), pg_temp.pick(n, 21, 12) * interval '15 minutes',
       (ARRAY['done', 'done', 'done', 'booked', 'canceled', 'missed'])[1 + pg_temp.pick(n, 22, 6)],
       CASE WHEN n % 7 = 0 THEN pg_temp.prose(n, 23) END
FROM generate_series(1, pg_temp.rows_of(27000, 400)) n;

INSERT INTO invoices (tenant_id, issued_on, amount, document)
SELECT 1 + n % pg_temp.rows_of(60, 24), (pg_temp.ago(86400 * pg_temp.pick(n, 24, 700)) AT TIME ZONE 'UTC')::date,
       pg_temp.pick(n, 25, 9000000) / 100.0, decode(repeat(md5(n::text) || md5((n + 1)::text), 3), 'hex')
FROM generate_series(1, pg_temp.rows_of(1000, 40)) n;

-- every third client has been silent for more than 30 days, and every tenth is new and has not called yet
INSERT INTO api_clients (tenant_id, name, key_prefix, key_hash, capabilities, is_active, created_at, updated_at)
SELECT 1 + n % pg_temp.rows_of(60, 24), 'Integração ' || n, 'sk_' || lpad(to_hex(n), 8, '0'), sha256(n::text::bytea),
       jsonb_build_array('read', 'n' || n % 3), n % 9 <> 0, pg_temp.ago(86400 * CASE WHEN n % 10 = 0 THEN 1 ELSE 300 END), pg_temp.ago(86400)
FROM generate_series(1, pg_temp.rows_of(60, 30)) n;

INSERT INTO api_access_logs (client_id, method, endpoint, status_code, duration_ms, address, created_at)
SELECT id, (ARRAY['GET', 'GET', 'GET', 'POST', 'PATCH'])[1 + pg_temp.pick(n, 27, 5)],
       '/api/v1/' || (ARRAY['bookings', 'customers', 'services', 'availability'])[1 + pg_temp.pick(n, 28, 4)] || '/' || pg_temp.pick(n, 29, 5000),
       (ARRAY[200, 200, 200, 200, 200, 201, 304, 404, 429, 500])[1 + pg_temp.pick(n, 30, 10)], pg_temp.pick(n, 31, 90000) / 100.0,
       CASE WHEN n % 3 > 0 THEN ('10.' || n % 200 || '.' || pg_temp.pick(n, 32, 250) || '.7')::inet END,
       pg_temp.ago(CASE WHEN id % 3 = 0 THEN 31 * 86400 ELSE 0 END + pg_temp.pick(n, 33, 140 * 86400))
FROM (SELECT n, 1 + 10 * pg_temp.pick(n, 26, pg_temp.rows_of(60, 30) / 10) + pg_temp.pick(n, 34, 9) AS id
      FROM generate_series(1, pg_temp.rows_of(38000, 800)) n) calls;

INSERT INTO notification_logs (tenant_id, user_id, channel, title, message, status, error_message, retry_count, metadata, sent_at, created_at)
SELECT 1 + n % pg_temp.rows_of(60, 24), 4 + pg_temp.pick(n, 35, pg_temp.rows_of(400, 60)), (ARRAY['in_app', 'push_web', 'sms', 'whatsapp'])[1 + n % 4],
       'Lembrete ' || n, pg_temp.prose(n, 36), status, CASE WHEN status = 'failed' THEN E'provider said:\n"timeout" \\ ' || n END,
       CASE WHEN status = 'failed' THEN n % 4 ELSE 0 END, jsonb_build_object('booking', n, 'ops_resends', 0),
       CASE WHEN status IN ('sent', 'delivered') THEN created_at + interval '2 seconds' END, created_at
FROM (SELECT n, (ARRAY['sent', 'delivered', 'delivered', 'delivered', 'failed', 'pending', 'skipped', 'sent'])[1 + pg_temp.pick(n, 37, 8)] AS status,
             pg_temp.ago(pg_temp.pick(n, 38, 180 * 86400)) AS created_at
      FROM generate_series(1, pg_temp.rows_of(14000, 300)) n) notes;

INSERT INTO ops_alerts (category, severity, message, tenant_id, notification_log_id, created_at, resolved_at, resolved_by)
SELECT (ARRAY['notification_failure', 'security_incident', 'system'])[1 + n % 3], (ARRAY['info', 'warning', 'warning', 'critical'])[1 + n % 4],
       'Alert ' || n || ': ação necessária', CASE WHEN n % 4 > 0 THEN 1 + n % 24 END, CASE WHEN n % 3 = 0 THEN 1 + pg_temp.pick(n, 39, 300) END,
       pg_temp.ago(3600 * (200 + n)), CASE WHEN n % 5 > 0 THEN pg_temp.ago(3600 * n) END, CASE WHEN n % 5 > 0 THEN 1 END
FROM generate_series(1, pg_temp.rows_of(80, 20)) n;

INSERT INTO account_lockouts (user_id, reason, locked_at, resolved_at, resolved_by)
SELECT 4 + pg_temp.pick(n, 40, pg_temp.rows_of(400, 60)), 'too many wrong passwords', pg_temp.ago(3600 * (100 + n)),
       CASE WHEN n % 3 > 0 THEN pg_temp.ago(3600 * n) END, CASE WHEN n % 3 > 0 THEN 1 END
FROM generate_series(1, pg_temp.rows_of(40, 12)) n;

INSERT INTO consents
SELECT pg_temp.id_of('consent', n), 1 + pg_temp.pick(n, 41, pg_temp.rows_of(8000, 200)), (ARRAY['marketing', 'reminders', 'photos'])[1 + n % 3],
       (ARRAY['consent', 'contract'])[1 + n % 2], pg_temp.ago(86400 * (30 + pg_temp.pick(n, 42, 500))),
       CASE WHEN n % 6 = 0 THEN pg_temp.ago(86400 * pg_temp.pick(n, 43, 30)) END,
       CASE WHEN n % 4 > 0 THEN pg_temp.ago(86400 * (pg_temp.pick(n, 44, 400) - 300)) END, jsonb_build_object('form', 'v' || n % 4, 'ip', '192.0.2.' || n % 250)
FROM generate_series(1, pg_temp.rows_of(5000, 100)) n;

INSERT INTO data_requests
SELECT pg_temp.id_of('request', n), 1 + pg_temp.pick(n, 45, 200), (ARRAY['access', 'rectification', 'erasure', 'portability'])[1 + n % 4],
       (ARRAY['pending', 'processing', 'completed', 'rejected'])[1 + n / 4 % 4], pg_temp.ago(86400 * (3 * n)), pg_temp.ago(86400 * (3 * n - 30)),
       CASE WHEN n / 4 % 4 > 1 THEN pg_temp.ago(86400 * (3 * n - 20)) END
FROM generate_series(1, 24) n;

INSERT INTO audit_events (at, action, actor, effect, model, object_id, payload)
SELECT pg_temp.ago(3600 * (pg_temp.rows_of(600, 60) - n + 1)),
       (ARRAY['RUN_API_MAINTENANCE', 'PURGE_API_LOGS', 'DEACTIVATE_IDLE_API_CLIENTS', 'PREVIEW_PURGE_API_LOGS', 'RESOLVE_ALERT'])[1 + n % 5],
       (ARRAY['admin@salon.example', 'schedule'])[1 + n % 2], CASE WHEN n % 5 = 3 THEN 'dry-run' ELSE 'live' END, 'api_access_logs', n::text,
       jsonb_build_object('deleted', n % 50, 'note', E'caf\u00e9 \\ "x"')
FROM generate_series(1, pg_temp.rows_of(600, 60)) n;

INSERT INTO page_views
SELECT 1 + pg_temp.pick(n, 46, pg_temp.rows_of(60, 24)), '/' || (ARRAY['', 'precos', 'equipa', 'marcar?x=1&y=é'])[1 + n % 4],
       pg_temp.ago(60 * pg_temp.pick(n / 2, 47, 40000)), CASE WHEN n % 9 > 0 THEN pg_temp.pick(n / 2, 48, 100000) / 3.0 END
FROM generate_series(1, pg_temp.rows_of(6000, 120)) n;

INSERT INTO "LegacyImport"
SELECT CASE WHEN n % 2 = 0 THEN 'Ref ' ELSE 'réf-' END || n, CASE WHEN n % 4 > 0 THEN 1 + n % 24 END,
       (pg_temp.ago(86400 * n) AT TIME ZONE 'UTC')::timestamp(3), E'col1;"col ""2""";\\N;\t' || pg_temp.prose(n, 49), n % 17
FROM generate_series(1, pg_temp.rows_of(400, 40)) n;

DO $$
DECLARE foreign_key record;
BEGIN
    FOR foreign_key IN SELECT * FROM foreign_keys ORDER BY oid LOOP
        EXECUTE format('ALTER TABLE %s ADD CONSTRAINT %I %s', foreign_key.owner, foreign_key.name, foreign_key.definition);
    END LOOP;
END $$;

REFRESH MATERIALIZED VIEW bookings_by_tenant;
