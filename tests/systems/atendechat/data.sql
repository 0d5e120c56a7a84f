-- Rows of AtendeChat around the moment `systems.now`; the same moment gives the same rows. All times are UTC.

CREATE FUNCTION pg_temp.at(since interval) RETURNS timestamp(3) LANGUAGE sql STABLE AS
    $$ SELECT (current_setting('systems.now')::timestamptz AT TIME ZONE 'UTC' + since)::timestamp(3) $$;
CREATE FUNCTION pg_temp.id(kind text, number bigint) RETURNS text LANGUAGE sql IMMUTABLE AS
    $$ SELECT 'c' || left(md5(kind || number), 24) $$;

INSERT INTO "Company"
SELECT pg_temp.id('company', n), 'Empresa ' || n || CASE n WHEN 3 THEN ' & Cia "Ltda"' ELSE '' END, pg_temp.at(-n * interval '30 days'), pg_temp.at('-1 day')
FROM generate_series(1, 16) n;

-- six users each: owner, admin, admin who left (inactive), two agents, viewer
INSERT INTO "User"
SELECT pg_temp.id('user', (c - 1) * 6 + u), pg_temp.id('company', c), 'pessoa' || c || '.' || u || '@atende.example', 'Pessoa ' || u,
       '$argon2id$x', (ARRAY['OWNER', 'ADMIN', 'ADMIN', 'AGENT', 'AGENT', 'VIEWER'])[u]::"Role", u <> 3, pg_temp.at(-c * interval '29 days'), pg_temp.at('-2 days')
FROM generate_series(1, 16) c, generate_series(1, 6) u;

INSERT INTO "Plan" VALUES
    ('plan_free', 'FREE', 'Grátis', 30, 1, 500), ('plan_pro', 'PRO', 'Pro', 90, 5, 10000),
    ('plan_business', 'BUSINESS', 'Business', 365, 20, 100000), ('plan_custom', 'CUSTOM', 'Sob medida', 730, 999, 9999999);

-- trials of the companies 1 to 8: ended 40 days ago, a second ago (to the millisecond), ends now, in a second, in three
-- days less a minute, in seven days, in 20 days, and one that ended but was canceled; then every other status
INSERT INTO "Subscription"
SELECT pg_temp.id('subscription', n), pg_temp.id('company', n), (ARRAY['plan_pro', 'plan_business', 'plan_free', 'plan_custom'])[1 + n % 4],
       (ARRAY['stripe', 'manual'])[1 + n % 2],
       CASE WHEN n < 8 THEN 'trialing' ELSE (ARRAY['canceled', 'active', 'active', 'past_due'])[1 + n % 4] END,
       pg_temp.at(ends - interval '14 days'), pg_temp.at(ends), CASE WHEN n = 8 OR (n > 8 AND n % 4 = 0) THEN pg_temp.at('-5 days') END,
       pg_temp.at(-n * interval '30 days'), pg_temp.at('-1 day')
FROM generate_series(1, 16) n,
     LATERAL (SELECT coalesce((ARRAY['-40 days', '-1 second', '0', '1 second', '71 hours 59 minutes', '7 days', '20 days', '-3 days'])[n]::interval,
                              (n - 12) * interval '6 days') AS ends) e;
INSERT INTO "SubscriptionEntitlement" VALUES
    (pg_temp.id('entitlement', 1), pg_temp.id('company', 2), 10, NULL), (pg_temp.id('entitlement', 2), pg_temp.id('company', 9), NULL, 50);

INSERT INTO "AuditLog"
SELECT pg_temp.id('audit', n), pg_temp.id('company', 1 + n % 16), CASE WHEN n % 5 > 0 THEN pg_temp.id('user', (n % 16) * 6 + 1 + n % 6) END,
       (enum_range(NULL::"AuditAction"))[1 + n % 23], 'User', CASE WHEN n % 3 > 0 THEN pg_temp.id('user', 1 + n % 96) END, n % 13 > 0,
       CASE WHEN n % 2 = 0 THEN '192.0.2.' || n % 250 END, CASE WHEN n % 4 = 0 THEN jsonb_build_object('n', n) END, pg_temp.at(-n * interval '11 hours')
FROM generate_series(1, 500) n;

-- events over 400 days: on both sides of what each plan retains
INSERT INTO "EventLog"
SELECT pg_temp.id('event', n), pg_temp.id('company', 1 + n % 16), (ARRAY['message.in', 'message.out', 'session.open'])[1 + n % 3], jsonb_build_object('n', n),
       pg_temp.at(-((n * 7919) % 34560000) * interval '1 second')
FROM generate_series(1, 1500) n;

INSERT INTO "Outbox"
SELECT pg_temp.id('outbox', n), 'email.send', jsonb_build_object('n', n), status,
       CASE status WHEN 'pending' THEN n % 3 WHEN 'failed' THEN 5 ELSE 1 END, 5, CASE WHEN status = 'pending' AND n % 2 = 0 THEN pg_temp.at('5 minutes') END,
       CASE WHEN status = 'failed' THEN 'SMTP 550' END, pg_temp.at(-n * interval '6 hours'), pg_temp.at(-n * interval '5 hours')
FROM (SELECT n, (ARRAY['pending', 'processing', 'completed', 'completed', 'failed'])[1 + n % 5] AS status FROM generate_series(1, 400) n) o;

-- tokens: used today, idle for 31 days and more, never used, revoked
INSERT INTO "AppToken"
SELECT pg_temp.id('token', n), pg_temp.id('company', 1 + n % 16), 'Token ' || n, md5('t' || n), n > 24,
       CASE WHEN n <= 8 THEN pg_temp.at(-n * interval '1 hour') WHEN n <= 16 THEN pg_temp.at((-22 - n) * interval '1 day') END, pg_temp.at('-200 days')
FROM generate_series(1, 30) n;
INSERT INTO "WebhookDelivery"
SELECT pg_temp.id('delivery', n), pg_temp.id('company', 1 + n % 16), 'https://hooks.example/' || n % 4, (ARRAY['success', 'success', 'failed', 'pending'])[1 + n % 4],
       1 + n % 5, CASE WHEN n % 4 = 2 THEN 'HTTP 500' END, pg_temp.at(-n * interval '7 hours'), CASE WHEN n % 4 < 2 THEN pg_temp.at(-n * interval '7 hours') END
FROM generate_series(1, 300) n;

INSERT INTO "RefreshToken"
SELECT pg_temp.id('refresh', n), pg_temp.id('user', 1 + n % 96), n % 4 = 0, pg_temp.at((n - 150) * interval '8 hours'), pg_temp.at((n - 160) * interval '8 hours' - interval '7 days')
FROM generate_series(1, 300) n;
INSERT INTO "PasswordReset" SELECT pg_temp.id('reset', n), pg_temp.id('user', n), pg_temp.at((n - 20) * interval '1 hour'), n % 2 = 0 FROM generate_series(1, 40) n;
INSERT INTO "Invite"
SELECT pg_temp.id('invite', n), pg_temp.id('company', 1 + n % 16), 'convidado' || n || '@atende.example', pg_temp.at((n - 10) * interval '1 day'), n % 3 = 0
FROM generate_series(1, 24) n;

-- every user accepted the terms once; every third withdrew the cookies later; every sixth took them again
INSERT INTO "ConsentEvent"
SELECT pg_temp.id('consent', (n - 1) * 3 + k), pg_temp.id('user', n), (enum_range(NULL::"ConsentKind"))[k], true, pg_temp.at(-(100 + n) * interval '1 day')
FROM generate_series(1, 96) n, generate_series(1, 3) k;
INSERT INTO "ConsentEvent" SELECT pg_temp.id('withdrawn', n), pg_temp.id('user', n), 'COOKIES', false, pg_temp.at(-n * interval '1 day') FROM generate_series(3, 96, 3) n;
INSERT INTO "ConsentEvent" SELECT pg_temp.id('again', n), pg_temp.id('user', n), 'COOKIES', true, pg_temp.at(-n * interval '1 hour') FROM generate_series(6, 96, 6) n;
INSERT INTO "ConsentEvent" VALUES (pg_temp.id('nobody', 1), NULL, 'TERMS', true, pg_temp.at('-500 days'));

-- of every five one is requested and one in progress; those older than 15 days are overdue by the Brazilian law's term
INSERT INTO "DsrRequest"
SELECT pg_temp.id('dsr', n), 'pessoa' || n || '.1@atende.example', (enum_range(NULL::"DsrKind"))[1 + n % 4],
       (ARRAY['COMPLETED', 'REQUESTED', 'REJECTED', 'IN_PROGRESS', 'COMPLETED'])[1 + n % 5]::"DsrStatus", pg_temp.at(-(n * 2) * interval '1 day'), pg_temp.at(-n * interval '1 day')
FROM generate_series(1, 16) n;

INSERT INTO "TestUser"
SELECT pg_temp.id('test', n), 'teste' || n, pg_temp.at((n - 10) * interval '6 hours'), CASE WHEN n < 5 THEN 'expired' ELSE 'active' END, pg_temp.at('-10 days')
FROM generate_series(1, 30) n;
